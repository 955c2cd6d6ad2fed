// The site as static files: `npm run docs` installs the tools of this folder and writes docs/site/dist. TypeDoc makes the pages: guides,
// reference, examples with their output, messages of the compiler, and the API from the docstrings. Its search needs no server.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildSync } from 'esbuild'
import { Application } from 'typedoc'
import { buildPlayground } from '../playground/build.mjs'

const here = import.meta.dirname
const root = join(here, '../..')
const pages = join(here, 'build')
const out = join(here, 'dist')

const read = path => readFileSync(join(root, path), 'utf8')
const write = (path, text) => {
  mkdirSync(dirname(join(pages, path)), { recursive: true })
  writeFileSync(join(pages, path), text)
}
/** a page with its title and the group that it is listed in */
const page = (path, group, text = read(path)) => {
  const title = /^# (.+)$/m.exec(text)?.[1] ?? path
  write(path, `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n\n${text}`)
  return join(pages, path)
}
const inFolder = (folder, ending) =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith(ending))
    .sort()
    .map(name => `${folder}/${name}`)

/** examples that need some seconds: their pages show what they claim and print; the others train for a minute or more */
const quick = /^(01|02|05|06|07|08)-/
/** what an example claims and prints, of the built package, in a process of its own */
const ran = path => {
  const outfile = join(pages, 'run', `${path}.mjs`)
  buildSync({ entryPoints: [join(root, path)], outfile, bundle: true, packages: 'external', format: 'esm' })
  const program = `import(${JSON.stringify(outfile)}).then(async m => console.log(JSON.stringify({ claim: m.claim, ...(await m.run()) })))`
  const { status, stdout, stderr, error } = spawnSync(process.execPath, ['-e', program], {
    cwd: root,
    encoding: 'utf8',
    timeout: 300_000
  })
  if (status !== 0) throw new Error(`${path}: ${stderr || error}`)
  const { claim, text, holds } = JSON.parse(stdout.trimEnd().split('\n').at(-1))
  if (!holds) throw new Error(`${path}: what it claims is not so: ${claim}`)
  return `${claim}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``
}
const example = path => {
  const name = path.slice('examples/'.length, -'.ts'.length)
  const printed = quick.test(name)
    ? ran(path)
    : `It trains for longer: \`EXAMPLES=all npx vitest run spec/examples.spec.ts -t ${name}\` runs it.`
  return page(`docs/examples/${name}.md`, 'Examples', `# ${name}\n\n${printed}\n\n\`\`\`ts\n${read(path)}\`\`\`\n`)
}

/** each program that must not compile, and what TypeScript says of it: the file is made by the compiler, and held by its test */
const messages = () => {
  const all = read('spec/types/messages.txt').trimEnd().split('\n\n')
  const blocks = all.map(block => {
    const [title, ...lines] = block.split('\n')
    return `## ${title}\n\n\`\`\`text\n${lines.map(l => l.replace(/^ {2}/, '')).join('\n')}\n\`\`\`\n`
  })
  return page(
    'docs/reference/messages.md',
    'Reference',
    `# What the compiler says\n\nEach program has a mistake. The message is that of TypeScript, at the place of the mistake.\n\n${blocks.join('\n')}`
  )
}

/** a link of every page, which the playground then takes: TypeDoc writes links as they are, whatever folder a page is in */
const playground = 'https://playground.invalid/'

const entries = ['index', 'codec', 'files', 'ndarray', 'formats', 'extend', 'search', 'report', 'laws/index']

rmSync(pages, { recursive: true, force: true })
// what pages link to beside pages
for (const name of ['LICENSE', 'docs/renames.json', 'examples', 'src', 'spec', 'findings'])
  cpSync(join(root, name), join(pages, name), { recursive: true, filter: path => !/node_modules|installed/.test(path) })
const documents = [
  ...inFolder('docs/guide', '.md').map(path => page(path, 'Guides')),
  ...inFolder('docs/reference', '.md').map(path => page(path, 'Reference')),
  messages(),
  ...inFolder('examples', '.ts').map(example),
  ...inFolder('docs/internals', '.md').map(path => page(path, 'Internals')),
  ...inFolder('docs/adr', '.md').map(path => page(path, 'Decisions')),
  ...['docs/migrating.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'].map(path => page(path, 'Project'))
]
write('README.md', read('README.md'))

const app = await Application.bootstrapWithPlugins({
  name: 'gradfold',
  entryPoints: entries.map(name => join(root, `src/${name}.ts`)),
  tsconfig: join(root, 'tsconfig.build.json'),
  plugin: ['typedoc-plugin-missing-exports'],
  // types that exported ones name, of modules that are no entry
  internalModule: 'parts',
  readme: join(pages, 'README.md'),
  projectDocuments: documents,
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  disableGit: true,
  githubPages: false,
  includeVersion: true,
  router: 'structure',
  navigation: { includeGroups: true },
  navigationLinks: { Playground: playground },
  includeHierarchySummary: false,
  externalSymbolLinkMappings: { 'fast-check': { '*': '#' } },
  searchInDocuments: true,
  skipErrorChecking: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true },
  logLevel: 'Warn',
  out
})
const project = await app.convert()
if (project === undefined) throw new Error('TypeDoc could not read the sources')
app.validate(project)
await app.generateOutputs(project)
for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(n => n.endsWith('.html'))) {
  const up = '../'.repeat(name.split(/[/\\]/).length - 1)
  const text = readFileSync(join(out, name), 'utf8')
  writeFileSync(join(out, name), text.replaceAll(playground, `${up}playground/index.html`))
}
await buildPlayground(join(out, 'playground'))
const { warningCount, errorCount } = app.logger
console.log(`the site is in ${out}: ${warningCount} warnings, ${errorCount} errors`)
if (warningCount + errorCount > 0) process.exitCode = 1
