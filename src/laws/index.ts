/**
 * The door `gradfold/laws`: what every member of an open family must obey, as properties for fast-check (an optional peer dependency:
 * install it to use this door; nothing else of gradfold loads it). gradfold's own members are held to the same laws.
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
 * A law speaks of all samples of the record, so these should show each setting at work. Where it fails, the counterexample holds the
 * numbers drawn and, in words, what is wrong: `sample {"layer":{"tag":"scale"},"input":[3]}: output 0 is f32[1], said to be f32[3]`.
 * Trainings take a while (the laws called resume): some tens of runs of each law say much already.
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
