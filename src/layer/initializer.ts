/** The open family of initializers: how a parameter gets its first values. Data are a name, or a record where there are settings. */
import { normal, uniform, type DrawKey } from '../random/index.js'
import type { Definition, Family } from '../registry/definition.js'
import { inRange, list, nonEmpty, oneOf, type Fields } from '../value/codec.js'
import { sizeOf, type Dims } from '../value/shape.js'
import { orthogonal } from './orthogonal.js'
import type { Fan } from './terms.js'

/** name -> settings; extended by declaration merging */
export interface Initializers extends BuiltInInitializers {}
/** name -> settings, of those that gradfold comes with; the table below has exactly these */
export interface BuiltInInitializers {
  readonly zeros: NoSettings
  readonly ones: NoSettings
  readonly xavierNormal: NoSettings
  readonly glorotNormal: NoSettings
  readonly glorotUniform: NoSettings
  readonly heNormal: NoSettings
  readonly heUniform: NoSettings
  readonly leCunNormal: NoSettings
  readonly leCunUniform: NoSettings
  readonly orthogonal: NoSettings
  readonly constant: { readonly value: number }
  readonly truncatedNormal: { readonly std: number }
  readonly uniform: { readonly limit: number }
  readonly fanUniform: { readonly factor: number; readonly fan: 'in' | 'both' }
  readonly parts: { readonly values: readonly number[] }
}
export type NoSettings = Readonly<Record<never, never>>

/** `'heNormal'`, or `{ tag: 'constant', value: 0.1 }` */
export type Initializer = {
  [K in keyof Initializers]: [keyof Initializers[K]] extends [never] ? K : { readonly tag: K } & Initializers[K]
}[keyof Initializers]

/** a frozen copy */
export const frozen = (i: Initializer): Initializer =>
  typeof i === 'string'
    ? i
    : (Object.freeze(
        Object.fromEntries(
          Object.entries({ ...i }).map(([name, x]: readonly [string, unknown]) => [
            name,
            Array.isArray(x) ? Object.freeze([...(x as readonly unknown[])]) : x
          ])
        )
      ) as unknown as Initializer)

/** what an initializer is asked for */
export interface Wanted<S> {
  readonly key: DrawKey
  readonly shape: Dims
  readonly fan: Fan
  readonly settings: S
}
export interface InitializerDefinition<S = unknown> extends Definition {
  /** sizeOf(shape) numbers, row-major, each an f32 (an f64 parameter gets the same values), in an array made for this call: it becomes the parameter's */
  draw(wanted: Wanted<S>): Float32Array
  /** settings that the laws of initializers are tried with; not needed where there are none */
  readonly samples?: readonly S[]
}

declare module '../registry/families.js' {
  interface FamilyMembers {
    readonly initializer: Initializer
  }
}

/** the name of an initializer, with settings or without */
export const tagOf = (i: Initializer): string => (typeof i === 'string' ? i : i.tag)

const fill = (shape: Dims, value: number): Float32Array => new Float32Array(sizeOf(shape)).fill(value)
/** what every initializer with a spread does: fresh draws of spread 1, times f32(spread), rounded once */
const scaled = (draws: Float32Array, spread: number): Float32Array => {
  const s = Math.fround(spread)
  // loops: a call for each of a model's numbers would take longer than the draws
  for (let i = 0; i < draws.length; i++) draws[i] = (draws[i] as number) * s
  return draws
}
/** from -limit to limit; 2u - 1 is exact */
const within = (key: DrawKey, n: number, limit: number): Float32Array => {
  const draws = uniform(key, n)
  for (let i = 0; i < n; i++) draws[i] = 2 * (draws[i] as number) - 1
  return scaled(draws, limit)
}
/** settings are numbers of f32, as the values are: a larger one would make infinite values */
const inF32 = inRange('a finite number in f32', x => Number.isFinite(Math.fround(x)))
const positiveInF32 = inRange('a finite number above 0 in f32', x => x > 0 && Number.isFinite(Math.fround(x)))
/** a definition without its tag, which is its name in the table */
type Row<S> = Omit<InitializerDefinition<S>, 'tag' | 'fields'> & { readonly fields?: Fields }
const without = (draw: (wanted: Wanted<unknown>) => Float32Array): Row<NoSettings> => ({ draw })
const normalOf = (std: (fan: Fan) => number): Row<NoSettings> =>
  without(({ key, shape, fan }) => scaled(normal(key, sizeOf(shape)), std(fan)))
const uniformOf = (limit: (fan: Fan) => number): Row<NoSettings> =>
  without(({ key, shape, fan }) => within(key, sizeOf(shape), limit(fan)))

/**
 * The first of every n-th draw that is within 2: draws of a key don't change when more are asked for, so the result does not depend on
 * how many rounds it takes.
 */
const truncated = (key: DrawKey, n: number): Float32Array => {
  const out = new Float32Array(n)
  let open = Array.from(out.keys())
  for (let rounds = 1; open.length > 0; rounds++) {
    const draws = normal(key, n * rounds).subarray(n * (rounds - 1))
    for (const i of open) out[i] = draws[i] as number
    open = open.filter(i => Math.abs(out[i] as number) > 2)
  }
  return out
}

/**
 * name -> definition. `in` and `out` are how many numbers feed one output, and how many outputs one
 * number feeds.
 */
const table = {
  /** 0 everywhere, as biases begin */
  zeros: without(({ shape }) => new Float32Array(sizeOf(shape))),
  /** 1 everywhere */
  ones: without(({ shape }) => fill(shape, 1)),
  /** normal, deviation sqrt(1 / in) (Glorot and Bengio 2010, as it is often taught) */
  xavierNormal: normalOf(fan => Math.sqrt(1 / fan.in)),
  /** normal, deviation sqrt(2 / (in + out)) (Glorot and Bengio 2010) */
  glorotNormal: normalOf(fan => Math.sqrt(2 / (fan.in + fan.out))),
  /** uniform from -limit to limit, limit sqrt(6 / (in + out)): the deviation of glorotNormal (Glorot and Bengio 2010) */
  glorotUniform: uniformOf(fan => Math.sqrt(6 / (fan.in + fan.out))),
  /** normal, deviation sqrt(2 / in), for relu (He et al. 2015) */
  heNormal: normalOf(fan => Math.sqrt(2 / fan.in)),
  /** uniform, limit sqrt(6 / in): the deviation of heNormal (He et al. 2015) */
  heUniform: uniformOf(fan => Math.sqrt(6 / fan.in)),
  /** normal, deviation sqrt(1 / in), for selu (LeCun et al. 1998) */
  leCunNormal: normalOf(fan => Math.sqrt(1 / fan.in)),
  /** uniform, limit sqrt(3 / in): the deviation of leCunNormal (LeCun et al. 1998) */
  leCunUniform: uniformOf(fan => Math.sqrt(3 / fan.in)),
  /** a matrix [all axes but the last, last] with orthonormal rows or columns (Saxe et al. 2013) */
  orthogonal: without(({ key, shape }) => {
    const columns = shape.at(-1) ?? 1
    const rows = sizeOf(shape) / columns
    return orthogonal(normal(key, rows * columns), rows, columns)
  }),
  /** the value everywhere. @example dense(8, { initializer: { tag: 'constant', value: 0.1 } }) */
  constant: {
    fields: { value: inF32 },
    draw: ({ shape, settings }) => fill(shape, settings.value),
    samples: [{ value: 0.1 }]
  },
  /** normal, deviation std, drawn again beyond two deviations. @example dense(8, { initializer: { tag: 'truncatedNormal', std: 0.02 } }) */
  truncatedNormal: {
    fields: { std: positiveInF32 },
    draw: ({ key, shape, settings }) => scaled(truncated(key, sizeOf(shape)), settings.std),
    samples: [{ std: 0.02 }]
  },
  /** uniform from -limit to limit. @example dense(8, { initializer: { tag: 'uniform', limit: 0.05 } }) */
  uniform: {
    fields: { limit: positiveInF32 },
    draw: ({ key, shape, settings }) => within(key, sizeOf(shape), settings.limit),
    samples: [{ limit: 0.05 }]
  },
  /**
   * uniform, limit sqrt(factor / n), with n = in for the fan 'in', and in + out for 'both'. For a bias the fan is that of its weights.
   *
   * @example dense(8, { biasInitializer: { tag: 'fanUniform', factor: 1, fan: 'in' } }) // PyTorch's
   */
  fanUniform: {
    fields: { factor: positiveInF32, fan: oneOf('in', 'both') },
    draw: ({ key, shape, fan, settings }) =>
      within(key, sizeOf(shape), Math.sqrt(settings.factor / (settings.fan === 'in' ? fan.in : fan.in + fan.out))),
    samples: [
      { factor: 1, fan: 'in' },
      { factor: 6, fan: 'both' }
    ]
  },
  /**
   * The last axis in equal parts, with one value each; the last part also has what is left over. So begin the biases of gates.
   *
   * @example dense(8, { initializer: { tag: 'parts', values: [0, 1] } }) // 4 columns of 0, 4 of 1
   */
  parts: {
    fields: { values: nonEmpty(list(inF32)) },
    draw: ({ shape, settings: { values } }) => {
      const columns = shape.at(-1) ?? 1
      const width = Math.max(1, Math.floor(columns / values.length))
      return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
        const part = Math.min(values.length - 1, Math.floor((i % columns) / width))
        return values[part] as number
      })
    },
    samples: [{ values: [0, 1, 0, 0] }]
  }
} satisfies { readonly [K in keyof BuiltInInitializers]: Row<BuiltInInitializers[K]> }

/** The initializers that gradfold comes with, by name. */
export const initializers: Family<InitializerDefinition> = Object.freeze(
  Object.fromEntries(
    Object.entries<Omit<Row<never>, 'samples'>>(table).map(([tag, { fields = {}, ...rest }]) => [
      tag,
      Object.freeze({ ...rest, tag, fields: () => fields }) as InitializerDefinition
    ])
  )
)
