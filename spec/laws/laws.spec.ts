import fc from 'fast-check'
import { describe, it } from 'vitest'
import { activationLaws, initializerLaws, layerLaws, type Law } from '../../src/laws/index.js'
import { builtInKinds } from '../../src/layer/registry.js'

const runs = Number(process.env['RUNS'] ?? 5)
const hold = (laws: readonly Law[]): void => {
  for (const { name, property } of laws) it(name, () => fc.assert(property, { numRuns: runs }))
}
describe('layers', () => {
  for (const kind of Object.values(builtInKinds.layers)) hold(layerLaws(kind))
})
describe('activations', () => {
  for (const [name, kind] of Object.entries(builtInKinds.activations)) hold(activationLaws(name, kind))
})
describe('initializers', () => {
  for (const [name, kind] of Object.entries(builtInKinds.initializers)) hold(initializerLaws(name, kind))
})
