/** The inputs and targets of examples in the order of a model: tuples by place, records of targets by the names of the losses. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import {
  isFeature,
  partsOf,
  type ArrangedData,
  type DatasetOf,
  type Features,
  type Part,
  type Several
} from '../data/features.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { isDims } from '../value/shape.js'
import { headNames, type ValidTraining } from './training/heads.js'

type Shown = Pick<ValidTraining, 'input' | 'heads'>

const shown = (f: Features): string =>
  isFeature(f) ? 'one tensor' : `${partsOf(f).length}: ${Object.keys(f).join(', ')}`

const inputs = ({ input }: Shown, x: Features): E.Either<ShapeError, Several<Part>> => {
  const count = isDims(input) ? undefined : input.length
  if (count === undefined)
    return isFeature(x)
      ? E.right(x)
      : E.left(shapeError(['inputs'], 'one tensor, as the model has one input', shown(x)))
  return isFeature(x) || partsOf(x).length !== count
    ? E.left(shapeError(['inputs'], `${count} tensors, one for each input of the model`, shown(x)))
    : E.right(partsOf(x))
}

const targets = (c: Shown, y: Features): E.Either<ShapeError, Several<Part>> => {
  const names = headNames(c)
  if (names.length === 0)
    return isFeature(y)
      ? E.right(y)
      : E.left(shapeError(['targets'], 'one tensor, as the model has one output', shown(y)))
  const wanted = `${names.length} tensors, of the outputs ${names.join(', ')}`
  if (isFeature(y) || partsOf(y).length !== names.length) return E.left(shapeError(['targets'], wanted, shown(y)))
  if (Array.isArray(y)) return E.right(y as readonly Part[])
  const byName = y as Readonly<Record<string, Part>>
  return names.every(name => Object.hasOwn(byName, name))
    ? E.right(names.map(name => byName[name] as Part))
    : E.left(shapeError(['targets'], wanted, shown(y), 'records of targets have the names of the losses'))
}

export const arrangedParts = (
  c: Shown,
  x: Features,
  y: Features
): E.Either<ShapeError, Pick<ArrangedData, 'x' | 'y'>> =>
  pipe(
    E.Do,
    E.bind('x', () => inputs(c, x)),
    E.bind('y', () => targets(c, y))
  )

/** the dataset in the order of the model; one that is in this order stays as it is */
export const arranged = (c: Shown, data: DatasetOf): E.Either<ShapeError, ArrangedData> =>
  pipe(
    arrangedParts(c, data.x, data.y),
    E.map(parts => (data.weights === undefined ? parts : { ...parts, weights: data.weights }))
  )
