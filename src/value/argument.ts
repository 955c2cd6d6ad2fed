/** What untyped callers pass by mistake, found before it is used: public functions that can fail give Left and never throw. */
import * as E from 'fp-ts/lib/Either.js'
import { maxDepth, showUnknown } from './codec.js'
import { isTensor } from './tensor.js'

type Fail<P> = (path: readonly string[], expected: string, got: string, hint: string) => P

export const isObject = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/** options as an object, even if the caller passed none */
export const optionsOf = <O extends object>(o: O): Partial<O> => (isObject(o) ? o : {})

/** an argument, its description, and whether it is valid */
export interface Argument {
  readonly path: readonly string[]
  readonly value: unknown
  readonly expected: string
  readonly is: (u: unknown) => boolean
  readonly hint?: string
}

const isEither = (u: unknown): boolean => isObject(u) && (u['_tag'] === 'Left' || u['_tag'] === 'Right')
/** in a few words, because an argument may be a whole dataset */
const show = (u: unknown): string =>
  isEither(u)
    ? `an Either (${String((u as { readonly _tag: unknown })._tag)})`
    : Array.isArray(u)
      ? 'a list'
      : isObject(u)
        ? 'an object'
        : showUnknown(u)

/** the error for the first invalid argument, if there is one */
export const wrongArgument = <P>(fail: Fail<P>, args: readonly Argument[]): P | undefined => {
  const wrong = args.find(a => !a.is(a.value))
  return wrong === undefined
    ? undefined
    : fail(
        wrong.path,
        wrong.expected,
        show(wrong.value),
        isEither(wrong.value) ? 'take the value out of the Either first, as with E.chain' : (wrong.hint ?? '')
      )
}

/** the result, where the arguments are what they should be */
export const given = <P, Err, A>(
  fail: Fail<P>,
  args: readonly Argument[],
  result: () => E.Either<Err, A>
): E.Either<P | Err, A> => {
  const wrong = wrongArgument(fail, args)
  return wrong === undefined ? result() : E.left(wrong)
}

/** Whether data are leaves inside one another; each part is looked at once, and data that hold themselves are refused. */
const isNested = (
  u: unknown,
  isLeaf: (u: unknown) => boolean,
  partsOf: (u: unknown) => readonly unknown[] | undefined
): boolean => {
  const known = new Set<unknown>()
  const holds = (part: unknown, depth: number): boolean => {
    if (isLeaf(part) || known.has(part)) return true
    const parts = depth > maxDepth ? undefined : partsOf(part)
    if (parts === undefined || !parts.every(p => holds(p, depth + 1))) return false
    known.add(part)
    return true
  }
  return holds(u, 0)
}
const listOf = (u: unknown): readonly unknown[] | undefined => (Array.isArray(u) ? u : undefined)

const isSizes = (u: unknown): boolean => Array.isArray(u) && isNested(u, x => typeof x === 'number', listOf)
const isModel = (u: unknown): boolean => isObject(u) && isSizes(u['input']) && isObject(u['layer'])
const isRunner = (u: unknown): boolean =>
  isObject(u) && typeof u['compile'] === 'function' && typeof u['loop'] === 'function'
const isTree = (u: unknown): boolean =>
  isNested(u, isTensor, part => (isObject(part) ? Object.values(part) : undefined))
const isExamples = (u: unknown): boolean => isNested(u, isTensor, listOf)
const isFeature = (u: unknown): boolean => isObject(u) && isTensor(u['tensor'])
/** a feature, or columns of one that are there */
const isPart = (u: unknown): boolean => {
  if (!isObject(u) || !isTensor(u['tensor'])) return false
  const { columns, tensor } = u
  const width = tensor.shape.length === 2 ? (tensor.shape[1] ?? 0) : 0
  if (columns === undefined) return true
  const { from, count } = optionsOf(columns as { readonly from?: unknown; readonly count?: unknown })
  return isCount(from) && isCount(count) && count > 0 && from + count <= width
}
const isCount = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0
const areWeights = (u: unknown): boolean => u === undefined || isFeature(u)
const isKey = (u: unknown): boolean => isObject(u) && Array.isArray(u['words']) && u['words'].length === 2

export const modelArgument = (value: unknown): Argument => ({
  path: ['model'],
  value,
  expected: 'a model',
  is: isModel,
  hint: 'model(input(...), ...) makes one'
})
export const shapeArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a shape such as [28, 28, 1]',
  is: isSizes
})
export const backendArgument = (value: unknown): Argument => ({
  path: ['backend'],
  value,
  expected: 'a backend, such as wasm',
  is: isRunner,
  hint: 'pass one as the option backend'
})
export const registryArgument = (value: unknown): Argument => ({
  path: ['registry'],
  value,
  expected: 'a registry, such as builtIn',
  is: u => isObject(u) && isObject(u['layers'])
})
export const datasetArgument = (value: unknown): Argument => ({
  path: ['data'],
  value,
  expected: 'a dataset',
  is: u => isObject(u) && isFeature(u['x']) && isFeature(u['y']) && areWeights(u['weights']),
  hint: 'dataset and fromArrays make one'
})
/** one, or a tuple or record of several */
const areSeveral =
  (is: (u: unknown) => boolean) =>
  (u: unknown): boolean =>
    is(u) || (isObject(u) && Object.keys(u).length > 0 && Object.values(u).every(is))
/** a dataset of one or several inputs and targets */
export const examplesDataArgument = (value: unknown): Argument => ({
  ...datasetArgument(value),
  is: u => isObject(u) && areSeveral(isPart)(u['x']) && areSeveral(isPart)(u['y']) && areWeights(u['weights'])
})
/** the inputs or the targets of a batch */
export const batchPartArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a tensor, or several in a tuple or a record',
  is: areSeveral(isTensor)
})
/** datasets of a source: the training part, perhaps a test part */
export const datasetsArgument = (value: unknown): Argument => ({
  path: ['data'],
  value,
  expected: 'datasets, { train, test }',
  is: u => isObject(u) && datasetArgument(u['train']).is(u['train'])
})
/** a tree of tensors: parameters, running statistics */
export const treeArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a tree of tensors',
  is: u => !isTensor(u) && isTree(u)
})
/** a tensor, or a tree of them */
export const tensorsArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a tensor, or a tree of tensors',
  is: isTree
})
export const examplesArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a tensor, or a list of them',
  is: isExamples
})
export const tensorArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a tensor',
  is: isTensor
})
export const keyArgument = (value: unknown): Argument => ({
  path: ['key'],
  value,
  expected: 'a key',
  is: isKey,
  hint: 'rootKey(seed) makes one'
})
/** a state of a training */
const isState = (u: unknown): boolean =>
  isObject(u) && isObject(u['params']) && isObject(u['progress']) && isObject(u['layers'])
export const stateArgument = (value: unknown): Argument => ({
  path: ['state'],
  value,
  expected: 'a state of a training',
  is: isState,
  hint: 'startState makes one, train returns one'
})
/** the result of a training */
export const trainedArgument = (value: unknown): Argument => ({
  path: ['trained'],
  value,
  expected: 'the result of a training',
  is: u => isObject(u) && isObject(u['training']) && isState(u['state']) && Array.isArray(u['history']),
  hint: 'train returns one'
})
export const functionArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a function',
  is: u => typeof u === 'function'
})
export const objectArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'an object',
  is: isObject
})

/** refuses unknown options: a typing mistake would silently mean the default */
export const knownOptions = <O extends object>(
  options: O,
  known: { readonly [K in keyof Required<O>]: true }
): Argument => ({
  path: ['options'],
  value: isObject(options) ? Object.keys(options).find(name => !Object.hasOwn(known, name)) : undefined,
  expected: `only ${Object.keys(known).join(', ')}`,
  is: u => u === undefined
})
