// Prints how long each compiler takes for ResNet-18 above an empty program that imports the same, the best of three each.
// node spec/types/resnet.mjs, after `npm run build`
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'node_modules/.cache/gradfold-resnet')
mkdirSync(folder, { recursive: true })
const names = 'batchNorm, conv2d, dense, globalAveragePool, input, model, relu, residualBlock'
const programs = {
  empty: `import { ${names} } from 'gradfold'\nexport const all = [${names}]\n`,
  resnet18: `import { ${names}, type ParamsOf } from 'gradfold'
export const net = model(
  input(32, 32, 3), conv2d(64, 3, { padding: 1, bias: false }), batchNorm(), relu,
  residualBlock(64), residualBlock(64), residualBlock(128, { stride: 2 }), residualBlock(128),
  residualBlock(256, { stride: 2 }), residualBlock(256), residualBlock(512, { stride: 2 }), residualBlock(512),
  globalAveragePool, dense(10)
)
declare const params: ParamsOf<typeof net>
export const shape: readonly [3, 3, 64, 64] = params.residual.conv2d2.weight.shape
`
}
for (const [name, text] of Object.entries(programs)) {
  writeFileSync(join(folder, `${name}.ts`), text)
  const compilerOptions = {
    ...{ target: 'ES2022', lib: ['ES2022'], module: 'nodenext', strict: true, skipLibCheck: true, noEmit: true },
    ...{ types: ['node'], extendedDiagnostics: true, paths: { gradfold: [join(root, 'dist/index.d.ts')] } }
  }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }))
}
const run = (compiler, name) => {
  const args = [join(root, 'node_modules', compiler, 'bin/tsc'), '-p', join(folder, `${name}.json`)]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const of = what => Number(new RegExp(`${what}:\\s+([\\d.]+)`).exec(stdout)?.[1])
  if (stdout.includes('error')) throw new Error(stdout)
  return { instantiations: of('Instantiations'), seconds: of('Total time') }
}
const best = (compiler, name) =>
  [1, 2, 3].map(() => run(compiler, name)).reduce((a, b) => (b.seconds < a.seconds ? b : a))
for (const [compiler, title] of [
  ['ts5', '5.9'],
  ['typescript', '6'],
  ['ts7', '7']
]) {
  const [empty, net] = [best(compiler, 'empty'), best(compiler, 'resnet18')]
  console.log(
    `TypeScript ${title}: ${(net.seconds - empty.seconds).toFixed(2)} s and ${net.instantiations - empty.instantiations} instantiations above ${empty.seconds} s`
  )
}
