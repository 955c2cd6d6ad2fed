/**
 * The entry point `gradfold/laws`: the laws of the open families, as properties for fast-check (an optional peer
 * dependency: install it to use this entry point; nothing else of gradfold loads it). The built-in members obey the
 * same laws.
 *
 * In the test suite of a library that adds a layer and a loss, with any test runner:
 *
 *     import fc from 'fast-check'
 *     import { layerLaws, lossLaws } from 'gradfold/laws'
 *     import { test } from 'vitest'
 *     import { hingeKind, scaleKind } from '../src/index.js'
 *
 *     for (const { name, property } of [...layerLaws(scaleKind), ...lossLaws(hingeKind)])
 *       test(name, () => fc.assert(property, { numRuns: 20 }))
 *
 * A law tests all samples of a definition, so these should use each setting. If a law fails, the counterexample
 * contains the drawn numbers and a sentence that says what is wrong: `sample {"layer":{"tag":"scale"},"input":[3]}:
 * output 0 is f32[1], said to be f32[3]`. The laws called `resume` train, which takes time: a few dozen runs of each
 * law are enough.
 */
export { type Law } from './law.js'
export { activationLaws } from './activation.js'
export { dimensionLaws } from './dimension.js'
export { formatLaws } from './format.js'
export { initializerLaws } from './initializer.js'
export { layerLaws } from './layer.js'
export { lossLaws } from './loss.js'
export { metricLaws } from './metric.js'
export { optimizerLaws } from './optimizer.js'
export { scheduleLaws } from './schedule.js'
export { stopLaws } from './stop.js'

/** Random networks and layers of a registry, for custom properties. */
export { anyLayer, anyDims, networks, type Network, type NetworkOptions } from './networks.js'
