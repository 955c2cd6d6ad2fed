/** What every file format must obey. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { builtInFormats, readAs, writeAs, type FileRegistry } from '../format/formats.js'
import { formatLimits, type FormatContent, type FormatDefinition, type FormatFiles } from '../format/format.js'
import { activation } from '../layer/activation.js'
import { dense } from '../layer/dense.js'
import { builtInLayers } from '../layer/registry.js'
import { model } from '../layer/model.js'
import { encodeModel } from '../model/codec.js'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import { sameData } from '../value/equal.js'
import { joinedBytes } from '../value/bytes.js'
import type { Problem } from '../value/error.js'
import { sameBits, type DType } from '../value/tensor.js'
import { jsonLaw } from './json.js'
import { about, every, everySample, holds, law, lawsOf, right, seed, worded, type Law, type Verdict } from './law.js'
import { numbers } from './values.js'

type Data = { readonly tag: string }
const dtypes: readonly DType[] = ['f32', 'f64', 'u8', 'u32', 'bool']
const network = model([3], dense(4), activation('tanh'), dense(2))

/** the parameters of a small network, in the first float type that the format holds; besides, where it holds no networks, all its types */
const contentOf = ({ holds: h }: FormatDefinition<Data>, from: number): FormatContent => {
  const float = h.dtypes.find(d => d === 'f32' || d === 'f64') ?? 'f32'
  const params = { 'dense/weight': [3, 4], 'dense/bias': [4], 'dense2/weight': [4, 2], 'dense2/bias': [2] }
  const other =
    h.model === 'always'
      ? {}
      : Object.fromEntries(h.dtypes.map((d, i) => [`other/${d}`, numbers(d, [i + 1, 2], from, [0, 2])]))
  return {
    tensors: {
      ...Object.fromEntries(
        Object.entries(params).map(([name, shape], i) => [`params/${name}`, numbers(float, shape, from + i)])
      ),
      ...other
    },
    metadata: h.metadata ? { made: 'by a law', 'a "name"': 'a\ttext ∂' } : {},
    ...(h.model === 'never' ? {} : { model: network })
  }
}

interface File {
  readonly bytes: Uint8Array
  readonly beside: Readonly<Record<string, Uint8Array>>
}
const fileOf = ({ parts, beside = {} }: FormatFiles): File => ({
  bytes: joinedBytes(parts),
  beside: Object.fromEntries(Object.entries(beside).map(([name, pieces]) => [name, joinedBytes(pieces)]))
})
const backwards = <A>(r: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(r).reverse())

const same = (a: FormatContent, b: FormatContent): Verdict =>
  pipe(
    holds(
      Object.keys(b.tensors).every(name => name in a.tensors),
      () => `read back are ${Object.keys(b.tensors).join(', ')}`
    ),
    E.chain(() =>
      every(Object.entries(a.tensors), ([name, t]) => {
        const read = b.tensors[name]
        return holds(
          read !== undefined && read.dtype === t.dtype && sameBits(t, read),
          () => `${name} reads back as other numbers`
        )
      })
    ),
    E.chain(() => holds(sameData(a.metadata, b.metadata), () => `metadata: ${JSON.stringify(b.metadata)}`)),
    E.chain(() => {
      const json = (c: FormatContent): unknown => (c.model === undefined ? undefined : encodeModel(c.model))
      return holds(sameData(json(a), json(b)), () => 'the model reads back as another one')
    })
  )

/** whether what came is a content or an error with a path: anything may come from a file, but nothing else may come of it */
const typed = (read: E.Either<Problem<string>, FormatContent>): Verdict =>
  E.isRight(read) || (read.left._tag === 'DecodeError' && Array.isArray(read.left.path) && read.left.expected !== '')
    ? right
    : E.left(`an error of another form: ${JSON.stringify(read.left)}`)

const damaged = (bytes: Uint8Array, at: number, value: number): readonly Uint8Array[] => {
  const i = Math.floor(at * bytes.length)
  return [
    bytes.subarray(0, i),
    bytes.map((byte, j) => (j === i ? value : byte)),
    Uint8Array.of(...bytes, value),
    Uint8Array.of(value, ...bytes)
  ]
}

/** contents that a format says it cannot hold */
const tooMuch = (definition: FormatDefinition<Data>, from: number): readonly FormatContent[] => {
  const { holds: h } = definition
  const content = contentOf(definition, from)
  const { model: _, ...bare } = content
  return [
    ...dtypes
      .filter(d => !h.dtypes.includes(d))
      .map(d => ({ ...content, tensors: { ...content.tensors, more: numbers(d, [2], from, [0, 2]) } })),
    ...(h.metadata ? [] : [{ ...content, metadata: { a: 'text' } }]),
    ...(h.model === 'never' ? [{ ...content, model: network }] : []),
    ...(h.model === 'always' ? [bare] : [])
  ]
}

type Write = (format: Data, content: FormatContent) => Verdict<File>
type Read = (format: Data, file: File) => E.Either<Problem<string>, FormatContent>
const hostileLaw = (definition: FormatDefinition<Data>, write: Write, read: Read): Law =>
  law(
    'hostile',
    fc.tuple(
      seed,
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.nat({ max: 255 }),
      fc.uint8Array()
    ),
    ([from, at, value, any]) =>
      everySample(definition.samples, format =>
        pipe(
          write(format, contentOf(definition, from)),
          E.chain(({ bytes, beside }) =>
            every([any, ...damaged(bytes, at, value)], broken => typed(read(format, { bytes: broken, beside })))
          )
        )
      )
  )

/**
 * The laws of a file format, for each of its samples:
 * - json: its settings go to JSON and back, and each has a default: the tag alone is a format
 * - round: what is written reads back, every bit of it, with texts and the network where the format holds them
 * - order: the same content in another order gives the same bytes
 * - hostile: bytes of anything, and a file that was cut off, changed or continued, give a content or a typed error
 * - holds: what the format cannot hold is refused
 *
 * @param registry what else its samples need; the definition itself is added
 * @example for (const { name, property } of formatLaws(mine)) test(name, () => fc.assert(property))
 */
export const formatLaws = <F extends Data>(
  definition: FormatDefinition<F>,
  registry: FileRegistry = builtInLayers
): readonly Law[] => {
  const mine = definition as unknown as FormatDefinition<Data>
  const all = extend({ ...builtInFormats, ...registry }, { formats: [definition as unknown as FormatDefinition] })
  const options = { registry: all }
  const { samples, tag } = mine
  const write: Write = (format, content) => pipe(worded(writeAs(format, options)(content)), E.map(fileOf))
  const read: Read = (format, { bytes, beside }) =>
    readAs(format, { ...options, beside, limits: { ...formatLimits, bytes: 1_000_000 } })(bytes)
  return lawsOf(`format ${tag}`, [
    jsonLaw(codecsOf(all).format, samples as never),
    law('default', seed, () => pipe(worded(writeAs({ tag }, options)(contentOf(mine, 1))), about('the tag alone'))),
    law('round', seed, from =>
      everySample(samples, format =>
        pipe(
          write(format, contentOf(mine, from)),
          E.chain(file => worded(read(format, file))),
          E.chain(back => same(contentOf(mine, from), back))
        )
      )
    ),
    law('order', seed, from =>
      everySample(samples, format => {
        const content = contentOf(mine, from)
        const turned = { ...content, tensors: backwards(content.tensors), metadata: backwards(content.metadata) }
        return pipe(
          E.Do,
          E.bind('a', () => write(format, content)),
          E.bind('b', () => write(format, turned)),
          E.chain(({ a, b }) => holds(sameData(Array.from(a.bytes), Array.from(b.bytes)), () => 'other bytes'))
        )
      })
    ),
    hostileLaw(mine, write, read),
    law('holds', seed, from =>
      everySample(samples, format =>
        every(tooMuch(mine, from), c =>
          holds(E.isLeft(writeAs(format, options)(c)), () => 'it is written nevertheless')
        )
      )
    )
  ])
}
