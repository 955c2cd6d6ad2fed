/** Which parameters are meant: patterns of labels, matched against the parameters' paths, and roles. */
import { roleOf, type ParamRole } from '../../layer/definition.js'
import { exact, list, oneOf, optional, refined, type Codec } from '../../value/codec.js'
import { settingError, type SettingError } from '../../value/error.js'

/**
 * Patterns are labels, or labels joined by `/`, with `*` for any characters of a label. They match a path that has
 * these labels one right after the other, anywhere: `bias` matches `dense/bias`, `encoder` everything below that label,
 * `dense*` each dense layer.
 */
export interface Selector {
  /** only what one of these matches; everything where it is left out */
  readonly include?: readonly string[]
  /** but not what one of these matches */
  readonly exclude?: readonly string[]
  /** nor what has one of these roles in its layer, whatever the labels */
  readonly excludeRoles?: readonly ParamRole[]
}

/** what weight decay is for: everything but biases and the parameters of normalising layers */
export const exceptBiasAndNorm: Selector = Object.freeze({
  excludeRoles: Object.freeze(['bias', 'scale', 'shift'] as const)
})

const isPattern = (u: unknown): u is string =>
  typeof u === 'string' && u.split('/').every(label => /^[A-Za-z0-9_.*-]{1,64}$/.test(label))
const patterns = list(refined('a label, or labels joined by /, with * for any characters', isPattern))
export const selectorCodec: Codec<Selector> = exact('{ include, exclude, excludeRoles }', {
  include: optional(patterns),
  exclude: optional(patterns),
  excludeRoles: optional(list(oneOf('weight', 'bias', 'scale', 'shift')))
}) as Codec<Selector>

/** whether the pieces follow each other in the text, the last one at its end */
const inOrder = ([piece = '', ...rest]: readonly string[], text: string): boolean => {
  const at = text.indexOf(piece)
  return rest.length === 0 ? text.endsWith(piece) : at >= 0 && inOrder(rest, text.slice(at + piece.length))
}
const matchesLabel = (pattern: string, label: string): boolean => {
  const [first = '', ...rest] = pattern.split('*')
  return rest.length === 0 ? label === first : label.startsWith(first) && inOrder(rest, label.slice(first.length))
}
const matches =
  (pattern: string) =>
  (path: string): boolean => {
    const [wanted, labels] = [pattern.split('/'), path.split('/')]
    const isAt = (i: number): boolean => wanted.every((w, k) => matchesLabel(w, labels[i + k] as string))
    return labels.some((_, i) => i + wanted.length <= labels.length && isAt(i))
  }

/** the role of a parameter, by its path */
export type RoleOf = (path: string) => ParamRole

export const isSelected =
  ({ include, exclude = [], excludeRoles = [] }: Selector, role: RoleOf = roleOf) =>
  (path: string): boolean =>
    (include === undefined || include.some(p => matches(p)(path))) &&
    !exclude.some(p => matches(p)(path)) &&
    !excludeRoles.includes(role(path))

/** whether what is asked for is there: each pattern of `include` matches something, and something is selected */
export const checkSelector = (s: Selector, paths: readonly string[], role?: RoleOf): SettingError | undefined => {
  const there = `the model has ${paths.join(', ')}`
  const missing = s.include?.find(p => !paths.some(matches(p)))
  return missing !== undefined
    ? settingError(['include'], 'labels of parameters', missing, there)
    : paths.some(isSelected(s, role))
      ? undefined
      : settingError([], 'a selector of at least one parameter', JSON.stringify(s), there)
}
