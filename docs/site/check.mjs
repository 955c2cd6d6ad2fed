// `npm run docs:check`: the site that `npm run docs` built has no broken link, its words are spelled right, its sentences follow the
// English rules, and its code compiles.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '../..')
const dist = join(here, 'dist')
if (!existsSync(join(dist, 'index.html'))) throw new Error('npm run docs builds the site first')

const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.html'))
const textOf = new Map(files.map(name => [name, readFileSync(join(dist, name), 'utf8')]))
const idsOf = new Map(
  [...textOf].map(([name, text]) => [name, new Set([...text.matchAll(/ (?:id|name)="([^"]*)"/g)].map(m => m[1]))])
)
const plain = text => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")

/** what is wrong with a link of a page, if anything; links to other sites are left alone */
const wrong = (from, link) => {
  if (/^(https?:|mailto:|data:)/.test(link)) return undefined
  const [path, fragment = ''] = plain(link).split('#')
  const there = path === '' ? from : join(dirname(from), decodeURIComponent(path.split('?')[0]))
  const isFolder = existsSync(join(dist, there)) && statSync(join(dist, there)).isDirectory()
  const to = isFolder ? join(there, 'index.html') : there
  if (!existsSync(join(dist, to))) return `${from}: no file ${link}`
  const id = decodeURIComponent(fragment)
  // TypeDoc's settings and the playground's run files are fragments without a place
  return id === '' || idsOf.get(to) === undefined || idsOf.get(to).has(id) ? undefined : `${from}: no place ${link}`
}
let links = 0
const broken = [...textOf].flatMap(([name, text]) =>
  [...text.matchAll(/<(?:a|link|script|img)\b[^>]*? (?:href|src)="([^"]*)"/g)].flatMap(([, link]) => {
    links++
    return wrong(name, link) ?? []
  })
)
for (const line of broken) console.error(line)
console.log(`${links} links in ${files.length} pages, ${broken.length} broken`)

const step = (name, program, args) => {
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) console.error(`${name}: failed`)
  return status === 0
}
const spelled = step('spelling', join(here, 'node_modules/.bin/cspell'), [
  ...['lint', '--no-progress', '-c', join(here, 'cspell.json')],
  ...[
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'docs/*.md',
    'docs/{guide,reference,internals,adr}/*.md'
  ]
])
const specs = ['spec/english.spec.ts', 'spec/docs.spec.ts', 'spec/documentation.spec.ts']
const written = step('English and code', process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...specs])
process.exitCode = broken.length === 0 && spelled && written ? 0 : 1
