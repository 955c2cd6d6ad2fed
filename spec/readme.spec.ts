/**
 * The table of formulas in the README, made from the registries: a new member appears by existing, and the table cannot go stale.
 * `UPDATE=readme npx vitest run spec/readme.spec.ts` writes it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as gradfold from '../src/index.js'
import { activations } from '../src/layer/activation-table.js'
import { initializers } from '../src/layer/initializer.js'
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
const ofFamily = (
  members: Readonly<Record<string, object>>,
  test: string,
  formula = (name: string): string => name
): readonly Row[] =>
  Object.entries(members).map(([name, m]) => ({
    formula: texOf(m) === undefined ? formula(name) : math(texOf(m) ?? ''),
    name,
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
const [open, close] = ['<!-- formulas: made by spec/readme.spec.ts -->', '<!-- /formulas -->']

describe('README', () => {
  const readme = readFileSync('README.md', 'utf8')
  const [before, rest = ''] = readme.split(open)
  const [, after] = rest.split(close)
  const wanted = `${before ?? ''}${open}\n\n${table}\n${close}${after ?? ''}`

  it('lists every formula as it is', () => {
    if (process.env['UPDATE'] === 'readme') writeFileSync('README.md', wanted)
    else expect(readme).toBe(wanted)
  })
  it('names values that exist, and tests that exist', () => {
    for (const { name, test, exported } of Object.values(sections).flat()) {
      if (exported !== false) expect(gradfold, name).toHaveProperty(name)
      expect(existsSync(test), test).toBe(true)
    }
  })
  it.each(['From data to predictions', 'Search'])('shows under %s a program that runs, with what it prints', title => {
    const block = new RegExp(`## ${title}\\n\\n\`\`\`ts\\n(.*?)\\n// ([^\\n]*)\\n\`\`\``, 's').exec(readme)
    const { outputText } = ts.transpileModule(block?.[1] ?? '', { compilerOptions: { target: ts.ScriptTarget.ES2022 } })
    // the built package, by its own name
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', outputText], {
      encoding: 'utf8'
    })
    expect([stdout.trim(), stderr]).toEqual([block?.[2], ''])
  })
  it('shows recorded runs as they are used', () => {
    const block = /## Runs\n.*?```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
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
    expect(readme).toContain(readFileSync('examples/iris-search.json', 'utf8').trim())
  })
})
