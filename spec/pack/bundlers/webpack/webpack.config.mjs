export default {
  mode: 'production',
  entry: './page.mjs',
  output: { path: `${import.meta.dirname}/out`, publicPath: 'auto' },
  stats: 'errors-only'
}
