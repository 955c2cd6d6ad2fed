/** Damaged files of tfjs models: changed values of `model.json`, changed bytes of it, and binary files of other lengths. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { importTfjs, type TfjsFiles } from '../../../src/format/keras/import-tfjs.js'
import { bits32, drawKey, foldIn, rootKey } from '../../../src/random/index.js'
import { numbersOf } from '../../../src/value/tensor.js'
import { treeLeaves } from '../../../src/value/tree.js'

const fixture = (name: string): Uint8Array =>
  Uint8Array.from(readFileSync(new URL(`fixtures/${name}`, import.meta.url)))
export const filesOf = (
  name: 'image' | 'words'
): TfjsFiles & { readonly weights: Readonly<Record<string, Uint8Array>> } => ({
  json: fixture(`${name}.json`),
  weights: { [`${name}.1.bin`]: fixture(`${name}.1.bin`), [`${name}.2.bin`]: fixture(`${name}.2.bin`) }
})
const sound = (['image', 'words'] as const).map(filesOf)

/** values that no setting expects, or that only some do */
const strange = [
  null,
  -1,
  0,
  0.5,
  1e9,
  1e308,
  '',
  'same',
  '__proto__',
  'constructor',
  '../x',
  [],
  {},
  true,
  [null, 1e9],
  [[0]]
]
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
const changedAt = (u: Json, draw: (n: number) => number, depth = 0): Json => {
  if (typeof u !== 'object' || u === null || depth > 12) return strange[draw(strange.length)] as Json
  const keys = Object.keys(u)
  const key = keys[draw(Math.max(keys.length, 1))]
  if (key === undefined || draw(9) === 0) return strange[draw(strange.length)] as Json
  if (Array.isArray(u))
    return (u as readonly Json[]).flatMap((x, i) =>
      String(i) !== key ? [x] : draw(8) === 0 ? [] : [changedAt(x, draw, depth + 1)]
    )
  const inside = (u as Readonly<Record<string, Json>>)[key] as Json
  return Object.fromEntries(
    Object.entries(u).flatMap(([k, v]) =>
      k !== key ? [[k, v]] : draw(8) === 0 ? [] : [[k, changedAt(inside, draw, depth + 1)]]
    )
  )
}

export const damagedFiles = (seed: number): TfjsFiles => {
  const draws = bits32(drawKey(foldIn(rootKey(26), seed)), 64)
  let at = 0
  const draw = (n: number): number => (draws[at++ % draws.length] as number) % n
  const { json, weights } = sound[seed % sound.length] as (typeof sound)[number]
  const kind = draw(8)
  if (kind === 0) {
    const bytes = Uint8Array.from(json as Uint8Array)
    const place = draw(bytes.length)
    bytes[place] = draw(256)
    return { json: bytes, weights }
  }
  const [name = ''] = Object.keys(weights)
  const whole = weights[name] as Uint8Array
  if (kind === 1) return { json, weights: { ...weights, [name]: whole.subarray(0, draw(whole.length)) } }
  const parsed = JSON.parse(new TextDecoder().decode(json as Uint8Array)) as Json
  return { json: JSON.stringify(changedAt(changedAt(parsed, draw), draw)), weights }
}

/** the numbers of all binary files, each as often as it is there */
const numbersIn = ({ weights }: TfjsFiles): ReadonlySet<number> => {
  const parts = weights instanceof Uint8Array ? [weights] : Object.values(weights)
  const bytes = Uint8Array.from(parts.flatMap(p => [...p]))
  return new Set(new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4)))
}
/** what is wrong with what files are read as; undefined for a typed error, and for a model of numbers that are in the files */
export const otherwise = (files: TfjsFiles): string | undefined => {
  try {
    const e = importTfjs(files)
    if (E.isLeft(e)) return ['DecodeError', 'SettingError'].includes(e.left._tag) ? undefined : e.left._tag
    const there = numbersIn(files)
    // what a layer leaves out is 0 or 1 here
    const strangers = treeLeaves(e.right.params).filter(([, t]) =>
      [...numbersOf(t)].some(x => !there.has(x) && x !== 0 && x !== 1)
    )
    return strangers.length === 0
      ? undefined
      : `numbers of ${strangers.map(([path]) => path).join(', ')} that are not in the file`
  } catch (e) {
    return e instanceof Error ? (e.stack ?? e.message) : String(e)
  }
}
