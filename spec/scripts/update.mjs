// `npm run update`: makes every derived file anew; what changed is then to be reviewed like any other change (`git diff`).
// `npm run update -- --only api,readme` makes some of them, `-- --list` says what there is, `-- --engines` adds the table of engines,
// which takes minutes and installs engines.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = ['node_modules/vitest/vitest.mjs', 'run']

/** [name, what it makes, arguments of node, more environment] */
const steps = [
  [
    'digests',
    'spec/golden/digests.json: digests of new members; those that are there stay',
    ['spec/engines/goldens.mjs', '--new']
  ],
  ['api', 'spec/api/*.txt: the exported names', [...vitest, 'spec/api', '-u']],
  [
    'readme',
    'README.md and docs/reference/formulas.md: the tables of members and formulas',
    [...vitest, 'spec/readme.spec.ts', '-t', 'lists every'],
    { UPDATE: 'readme' }
  ],
  [
    'renames',
    'docs/migrating.md: from docs/renames.json',
    [...vitest, 'spec/renames.spec.ts', '-t', 'lists every'],
    { UPDATE: 'readme' }
  ],
  ['listings', 'spec/backend/kernel/listings: kernels after each pass', [...vitest, 'spec/backend/kernel', '-u']],
  ['messages', 'spec/types/messages.txt: what the compiler says', [...vitest, 'spec/types/types.spec.ts', '-u']],
  [
    'snapshots',
    '__snapshots__: messages and help texts',
    [...vitest, 'spec/expr', 'spec/train/train.spec.ts', 'spec/run', 'spec/search', 'spec/cli/command.spec.ts', '-u']
  ],
  ['engines', 'docs/reference/engines.md: the table of engines', ['spec/engines/engines.mjs', '--readme']]
]

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, engines: { type: 'boolean' }, list: { type: 'boolean' } }
})
const only = options.only?.split(',')
const unknown = only?.filter(name => !steps.some(([step]) => step === name)) ?? []
if (unknown.length > 0) throw new Error(`--only: one of ${steps.map(([name]) => name).join(', ')}, not ${unknown}`)
const wanted = steps.filter(([name]) => only?.includes(name) ?? (name !== 'engines' || options.engines === true))

if (options.list) for (const [name, makes] of steps) console.log(`${name.padEnd(10)} ${makes}`)
else
  for (const [name, makes, args, env = {}] of wanted) {
    console.log(`\n${name}: ${makes}`)
    const { status } = spawnSync(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env }
    })
    if (status !== 0) {
      console.error(`${name}: failed`)
      process.exitCode = 1
    }
  }
