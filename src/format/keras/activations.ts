/** Activations by the names that Keras and tfjs have for them. */
import { activation } from '../../layer/activation.js'
import type { ActivationName } from '../../layer/activation-table.js'
import type { Layer } from '../../layer/definition.js'
import { at, fixed, isMissing, lastAxis, missing, numberIn, plainName, type Config, type Missing } from './config.js'
import { plainly, rankIs, type Dialect, type Row } from './site.js'

/** the names of each there, the one that is written first */
const names = {
  identity: ['linear'],
  relu: ['relu'],
  relu6: ['relu6'],
  elu: ['elu'],
  selu: ['selu'],
  sigmoid: ['sigmoid'],
  tanh: ['tanh'],
  softmax: ['softmax'],
  logSoftmax: ['log_softmax'],
  softplus: ['softplus'],
  softsign: ['softsign'],
  silu: ['swish', 'silu'],
  mish: ['mish'],
  gelu: ['gelu'],
  geluTanh: ['gelu_new'],
  hardSigmoid: ['hard_sigmoid']
} as const satisfies Readonly<Partial<Record<ActivationName, readonly [string, ...string[]]>>>
const entries = Object.entries(names) as readonly (readonly [ActivationName, readonly [string, ...string[]]])[]
const byName: Readonly<Record<string, ActivationName>> = Object.fromEntries(
  entries.flatMap(([fn, all]) => all.map(name => [plainName(name), fn]))
)
/** tfjs writes `gelu_new` and cannot read it; its hard sigmoid has another slope */
const unwritten: readonly ActivationName[] = ['geluTanh', 'hardSigmoid']
/** the name that tfjs has, by that of an activation here */
export const tfjsNames: Readonly<Partial<Record<string, string>>> = Object.fromEntries(
  entries.flatMap(([fn, [name]]) => (unwritten.includes(fn) ? [] : [[fn, name]]))
)

/** the activation of a layer that a text names; none where it is linear */
export const activationIn = (c: Config, dialect: Dialect, key = 'activation'): readonly Layer[] | Missing => {
  const u = at(c, key) ?? 'linear'
  if (typeof u !== 'string')
    return missing('an activation that a text names', 'a function', 'custom activations are not read')
  const name = plainName(u)
  const fn = Object.hasOwn(byName, name) ? byName[name] : undefined
  if (fn === undefined)
    return missing(`one of the activations ${Object.values(byName).join(', ')}`, JSON.stringify(u.slice(0, 60)))
  if (fn === 'hardSigmoid' && dialect !== 'keras3')
    return missing(
      'hard sigmoid as x / 6 + 1 / 2, as Keras 3 has it',
      '0.2 x + 0.5',
      'no activation here has this slope'
    )
  return fn === 'identity' ? [] : [activation(fn)]
}

const one: Row = s => {
  const found = activationIn(s.config, s.dialect)
  return isMissing(found) ? found : plainly(rankIs(s, 1, 2, 3, 4), () => found[0] ?? activation('identity'))
}
const softmaxLayer: Row = s =>
  plainly(rankIs(s, 1, 2, 3, 4) ?? lastAxis(s.config, s.sizes), () => activation('softmax'))
const slopes = (slope: number): Layer | undefined =>
  slope === 0 ? activation('relu') : slope === 0.01 || slope === Math.fround(0.01) ? activation('leakyRelu') : undefined
const noSlope = (slope: number): Missing =>
  missing('the slope 0.01 left of 0', `${slope}`, 'leakyRelu has this one; write a custom activation')

const reluLayer: Row = s => {
  const [slope, max] = [numberIn(s.config, 'negative_slope', 0), at(s.config, 'max_value') ?? undefined]
  if (isMissing(slope)) return slope
  const wrong = fixed(s.config, { threshold: [0] })
  if (wrong !== undefined) return wrong
  if (max !== undefined)
    return max === 6 && slope === 0
      ? plainly(rankIs(s, 1, 2, 3, 4), () => activation('relu6'))
      : missing('no max_value, or 6 with a slope of 0', typeof max === 'number' ? `${max}` : 'another value')
  const layer = slopes(slope)
  return layer === undefined ? noSlope(slope) : plainly(rankIs(s, 1, 2, 3, 4), () => layer)
}
const leakyLayer: Row = s => {
  const key = at(s.config, 'negative_slope') === undefined ? 'alpha' : 'negative_slope'
  const slope = numberIn(s.config, key, 0.3)
  if (isMissing(slope)) return slope
  const layer = slopes(slope)
  return layer === undefined ? noSlope(slope) : plainly(rankIs(s, 1, 2, 3, 4), () => layer)
}
const eluLayer: Row = s => plainly(rankIs(s, 1, 2, 3, 4) ?? fixed(s.config, { alpha: [1] }), () => activation('elu'))

export const activationRows: Readonly<Record<string, Row>> = {
  Activation: one,
  Softmax: softmaxLayer,
  ReLU: reluLayer,
  LeakyReLU: leakyLayer,
  ELU: eluLayer
}
