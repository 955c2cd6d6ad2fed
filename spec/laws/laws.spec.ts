/** Every member of every family obeys the laws of its family: a new member is tested by existing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  activationLaws,
  dimensionLaws,
  formatLaws,
  initializerLaws,
  layerLaws,
  lossLaws,
  metricLaws,
  optimizerLaws,
  scheduleLaws,
  stopLaws,
  type Law
} from 'gradfold/laws'
import { describe, expect, it } from 'vitest'
import { formats } from '../../src/format/formats.js'
import { dimensions } from '../../src/search/dimension/index.js'
import { builtInTraining } from '../../src/train/registry.js'

/** few, since there are many laws; `RUNS=1000 npx vitest run spec/laws` tries more */
const numRuns = Number(process.env['RUNS'] ?? 5)
const hold = (family: string, laws: readonly Law[]): void => {
  describe(family, () => {
    for (const { name, property } of laws) it(name, () => fc.assert(property, { numRuns }))
  })
}

const { layers, activations, initializers, losses, optimizers, schedules, stopRules, metrics } = builtInTraining
hold(
  'layers',
  Object.values(layers).flatMap(kind => layerLaws(kind))
)
hold(
  'activations',
  Object.values(activations).flatMap(kind => activationLaws(kind))
)
hold(
  'initializers',
  Object.values(initializers).flatMap(kind => initializerLaws(kind))
)
hold(
  'losses',
  Object.values(losses).flatMap(kind => lossLaws(kind))
)
hold(
  'optimizers',
  Object.values(optimizers).flatMap(kind => optimizerLaws(kind))
)
hold(
  'schedules',
  Object.values(schedules).flatMap(kind => scheduleLaws(kind))
)
hold(
  'stop rules',
  Object.values(stopRules).flatMap(kind => stopLaws(kind))
)
hold(
  'metrics',
  Object.values(metrics).flatMap(kind => metricLaws(kind))
)
hold(
  'dimensions of a search',
  Object.values(dimensions).flatMap(kind => dimensionLaws(kind))
)
hold(
  'file formats',
  Object.values(formats).flatMap(kind => formatLaws(kind as never))
)

it('only the laws import fast-check', () => {
  const src = join(import.meta.dirname, '../../src')
  const importers = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && /from 'fast-check'/.test(readFileSync(join(src, file), 'utf8')))
    .map(file => file.split(/[\\/]/)[0])
  expect(new Set(importers)).toEqual(new Set(['laws']))
})
