/** Settings in the precision of a training: a number may leave its range when it is rounded. */
import { settingError, type SettingError } from '../value/error.js'
import type { Fields } from '../value/codec.js'
import type { FloatType } from '../value/tensor.js'

/** why a number of a member does not fit once it is rounded: a rate that becomes 0, a share that becomes 1. Whole numbers are counts, and stay. */
export const checkRounding = (
  tag: string,
  name: string,
  range: Fields[string] | undefined,
  n: number,
  precision: FloatType
): SettingError | undefined =>
  precision !== 'f32' || range === undefined || Number.isSafeInteger(n) || range.is(Math.fround(n))
    ? undefined
    : settingError([tag, name], range.name, `${n}, which is ${Math.fround(n)} in f32`, "train with precision 'f64'")

/** the first number among a member's settings of which that can be said */
export const roundedOutOf = (
  member: { readonly tag: string },
  fields: Fields,
  precision: FloatType
): SettingError | undefined =>
  Object.entries(member).flatMap(([name, n]) =>
    typeof n === 'number' ? (checkRounding(member.tag, name, fields[name], n, precision) ?? []) : []
  )[0]
