/**
 * The tables of the documentation that are made from the registries: the members in README.md, the formulas in
 * docs/reference/formulas.md. A new member appears by existing, and no table goes stale.
 * `UPDATE=readme npx vitest run spec/readme.spec.ts` writes them.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as gradfold from '../src/index.js'
import * as codec from '../src/codec.js'
import * as search from '../src/search.js'
import { readers } from '../src/data/readers.js'
import { formats } from '../src/format/formats.js'
import { activations } from '../src/layer/activation-table.js'
import { initializers } from '../src/layer/initializer.js'
import * as recurrent from '../src/layer/recurrent/index.js'
import { layers } from '../src/layer/registry.js'
import * as sequence from '../src/layer/sequence/index.js'
import * as spatial from '../src/layer/spatial/index.js'
import { constraints } from '../src/search/constraint.js'
import { dimensions } from '../src/search/dimension/index.js'
import { samplers } from '../src/search/sampler/index.js'
import { losses } from '../src/train/loss/index.js'
import { metrics } from '../src/train/metric/index.js'
import { optimizers } from '../src/train/optimizer/index.js'
import { schedules } from '../src/train/schedule/index.js'
import { stopRules } from '../src/train/stop/index.js'
import { runJson } from './run/record/run.js'

interface Row {
  readonly formula: string
  readonly name: string
  /** whether the name is a value that the package exports (an initializer is written as its name) */
  readonly exported?: false
  readonly test: string
}
const math = (tex: string): string => `$${tex.replaceAll('|', '\\vert ')}$`
const texOf = (m: object): string | undefined => ('tex' in m && typeof m.tex === 'string' ? m.tex : undefined)
/** members whose constructor has another name than their tag in files */
const constructors: Readonly<Record<string, string>> = {
  scale: 'scaleBy',
  joined: 'joinSchedules',
  random: 'randomSearch',
  grid: 'gridSearch',
  sobol: 'sobolSearch'
}
const ofFamily = (
  members: Readonly<Record<string, object>>,
  test: string,
  formula = (name: string): string => name
): readonly Row[] =>
  Object.entries(members).map(([name, m]) => ({
    formula: texOf(m) === undefined ? formula(name) : math(texOf(m) ?? ''),
    name: constructors[name] ?? name,
    // every member obeys the laws of its family; the named test is the one that checks its numbers, where there is one
    test: readFileSync(test, 'utf8').includes(name) ? test : laws
  }))

const laws = 'spec/laws/laws.spec.ts'
const sections: Readonly<Record<string, readonly Row[]>> = {
  'Forward and backward': [
    { formula: math('z^l = a^{l-1} W^l + b^l,\\; a^l = f(z^l)'), name: 'dense', test: 'spec/train/backprop.spec.ts' },
    {
      formula: math(
        "\\delta^{l-1} = (W^l)^T \\delta^l \\odot f'(z^{l-1}),\\; \\partial E / \\partial W = \\delta a^T,\\; \\partial E / \\partial b = \\delta"
      ),
      name: 'backprop',
      test: 'spec/train/backprop.spec.ts'
    },
    {
      formula: math("f'(x) \\approx \\frac{f(x + \\epsilon) - f(x - \\epsilon)}{2 \\epsilon}"),
      name: 'numericalGradient',
      test: 'spec/backend/gradient-check.spec.ts'
    },
    {
      formula: 'analytic against numerical gradient, the worst coordinate',
      name: 'checkGradient',
      test: 'spec/backend/gradient-check.spec.ts'
    },
    {
      formula: 'the gradient of a function of expressions, as an expression',
      name: 'grad',
      test: 'spec/expr/gradient.spec.ts'
    }
  ],
  Activations: ofFamily(activations, 'spec/layer/activations.spec.ts'),
  Losses: ofFamily(losses, 'spec/train/loss/golden.spec.ts'),
  Optimizers: ofFamily(optimizers, 'spec/train/optimizer/golden.spec.ts'),
  Schedules: ofFamily(schedules, laws),
  'Initial weights': Object.keys(initializers).map(name => ({
    formula: `\`'${name}'\``,
    name,
    exported: false as const,
    test: laws
  })),
  'Normalisation and dropout': [
    {
      formula: math('\\gamma \\frac{x - \\mu_B}{\\sqrt{\\sigma_B^2 + \\epsilon}} + \\beta'),
      name: 'batchNorm',
      test: 'spec/layer/batch-norm.spec.ts'
    },
    {
      formula: math('\\gamma \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\epsilon}} + \\beta \\text{ over the last axis}'),
      name: 'layerNorm',
      test: 'spec/layer/layer-norm.spec.ts'
    },
    {
      formula: math(
        'y_{ijo} = b_o + \\sum_{u, v, c} x_{i s + u d - p,\\, j s + v d - q,\\, c}\\, w_{u v c o} \\text{, and along one and three axes}'
      ),
      name: 'conv2d',
      test: 'spec/layer/golden-layers.spec.ts'
    },
    {
      formula: math(
        'y_{i s + u d - p,\\, j s + v d - q,\\, o} \\mathrel{+}= \\sum_c x_{i j c}\\, w_{u v c o} \\text{, then } + b_o'
      ),
      name: 'convTranspose2d',
      test: 'spec/layer/golden-layers.spec.ts'
    },
    {
      formula: math(
        '\\gamma \\frac{x - \\mu_g}{\\sqrt{\\sigma_g^2 + \\epsilon}} + \\beta \\text{ for each group of channels}'
      ),
      name: 'groupNorm',
      test: 'spec/layer/golden-layers.spec.ts'
    },
    {
      formula: math('\\gamma \\frac{x}{\\sqrt{\\overline{x^2} + \\epsilon}} \\text{ over the last axis}'),
      name: 'rmsNorm',
      test: 'spec/layer/golden-layers.spec.ts'
    },
    {
      formula: math('\\left\\vert \\partial y_c / \\partial x \\right\\vert'),
      name: 'saliency',
      test: 'spec/infer/saliency.spec.ts'
    },
    {
      formula: math('\\max\\left(\\sum_k \\overline{\\partial y_c / \\partial A_k}\\, A_k,\\, 0\\right)'),
      name: 'gradCam',
      test: 'spec/infer/saliency.spec.ts'
    },
    {
      formula: math('x m / (1 - p) \\text{ in training, or } x (1 - p) \\text{ in inference}'),
      name: 'dropout',
      test: 'spec/layer/dropout.spec.ts'
    }
  ],
  'Stop rules': ofFamily(stopRules, 'spec/train/train.spec.ts', name =>
    name === 'lossBelow' ? 'until the error is small enough' : name
  ),
  Metrics: ofFamily(metrics, 'spec/train/metric/values.spec.ts')
}

const table = Object.entries(sections)
  .map(([title, rows]) =>
    [
      `**${title}**`,
      '',
      '| formula | value | checked by |',
      '|---|---|---|',
      ...rows.map(r => `| ${r.formula} | \`${r.name}\` | \`${r.test}\` |`),
      ''
    ].join('\n')
  )
  .join('\n')
/** the file with what stands between the comments of this name replaced */
const withPart = (text: string, name: string, content: string): string => {
  const [open, close] = [`<!-- ${name}: made by spec/readme.spec.ts -->`, `<!-- /${name} -->`]
  const [before, rest = ''] = text.split(open)
  const [, after] = rest.split(close)
  return `${before ?? ''}${open}\n\n${content}\n${close}${after ?? ''}`
}

const names = (members: object): string =>
  Object.keys(members)
    .map(name => `\`${constructors[name] ?? name}\``)
    .join(' ')
/** the layers that a folder exports, or those of no such folder */
const layersOf = (...folders: readonly object[]): object =>
  Object.fromEntries(Object.entries(layers).filter(([name]) => folders.some(folder => name in folder)))
const special = { ...layersOf(spatial), ...layersOf(recurrent, sequence) }
const otherLayers = Object.fromEntries(Object.entries(layers).filter(([name]) => !(name in special)))
const memberRows: readonly (readonly [family: string, members: object, where: string])[] = [
  ['layers', otherLayers, 'docs/guide/models.md'],
  ['layers of images', layersOf(spatial), 'docs/guide/convolution.md'],
  ['recurrent nets, attention', layersOf(recurrent, sequence), 'docs/guide/sequences.md'],
  ['activations', activations, 'docs/guide/models.md'],
  ['initializers (by name)', initializers, 'docs/guide/models.md'],
  ['losses', losses, 'docs/guide/training.md'],
  ['metrics', metrics, 'docs/guide/training.md'],
  ['optimizers', optimizers, 'docs/guide/training.md'],
  ['schedules', schedules, 'docs/guide/training.md'],
  ['stop rules', stopRules, 'docs/guide/training.md'],
  ['data in run files', readers, 'docs/guide/data.md'],
  ['file formats', formats, 'docs/guide/formats.md'],
  ['hyperparameter search', { ...samplers, ...dimensions, ...constraints }, 'docs/guide/search.md']
]
const memberTable = [
  '| family | members |',
  '|---|---|',
  ...memberRows.map(([family, members, where]) => `| [${family}](${where}) | ${names(members)} |`),
  ''
].join('\n')

describe.each([
  ['README.md', 'members', memberTable],
  ['docs/reference/formulas.md', 'formulas', table]
])('%s', (file, name, content) => {
  it('lists every member as it is', () => {
    const text = readFileSync(file, 'utf8')
    const wanted = withPart(text, name, content)
    if (process.env['UPDATE'] === 'readme') writeFileSync(file, wanted)
    else expect(text).toBe(wanted)
  })
})

describe('the documentation', () => {
  it('has a README of at most 200 lines', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(200)
  })
  it('names members by their constructors', () => {
    const all = { ...gradfold, ...search, ...codec }
    for (const [family, members] of memberRows)
      for (const name of Object.keys(members))
        if (members !== initializers) expect(all, family).toHaveProperty(constructors[name] ?? name)
  })
  it('names values that exist, and tests that exist', () => {
    for (const { name, test, exported } of Object.values(sections).flat()) {
      if (exported !== false) expect(gradfold, name).toHaveProperty(name)
      expect(existsSync(test), test).toBe(true)
    }
  })
  it('shows recorded runs as they are used', () => {
    const guide = readFileSync('docs/guide/runs.md', 'utf8')
    const block = /## Recorded runs in a program\n.*?```ts\n(.*?)```/s.exec(guide)?.[1] ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'gradfold-readme-'))
    const program = `
      const text = ${JSON.stringify(JSON.stringify(runJson(3)))}
      const said = []
      ${block
        .replaceAll(/^await (.*?\(\)) /gm, 'said.push(await $1)')
        .replace(
          'const outcome',
          "for (const name of ['a', 'b']) await recordRun(`${folder}/${name}`, parseRunFile(text).right, { backend: wasm })()\nconst outcome"
        )
        .replace("readText('run.json')", 'TE.of(text)')
        .replace('1200', '12')
        .replaceAll("'runs/mnist'", '`${folder}/mnist`')
        .replaceAll(/'runs\/(\w)'/g, '`${folder}/$1`')}
      console.log(JSON.stringify([outcome, ...said].map(({ _tag, right: r }) => [_tag, Object.keys(r)])))`
    const { outputText } = ts.transpileModule(
      program.replace('const said', `const folder = ${JSON.stringify(folder)}\nconst said`),
      {
        compilerOptions: { target: ts.ScriptTarget.ES2022 }
      }
    )
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', outputText], {
      encoding: 'utf8'
    })
    rmSync(folder, { recursive: true })
    expect([stderr, JSON.parse(stdout)]).toEqual([
      '',
      [
        ['Right', expect.arrayContaining(['tag', 'id', 'step', 'epoch', 'end'])],
        ['Right', ['tag', 'steps', 'epochs', 'checkpoints', 'skipped']],
        ['Right', ['changes', 'steps', 'damaged']],
        ['Right', ['recorded', 'opened', 'state']]
      ]
    ])
  })
  it('shows the study file as it is', () => {
    expect(readFileSync('docs/guide/search.md', 'utf8')).toContain(
      readFileSync('examples/iris-search.json', 'utf8').trim()
    )
  })
})
