/**
 * The Iris flowers: 150 examples of four lengths in centimetres (sepal length and width, petal length and width) and one of three
 * species. Source: R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { finite, list, oneOf, parseJson } from '../value/codec.js'
import type { DataError, DecodeError } from '../value/error.js'
import { fromArrays } from './arrays.js'
import type { Dataset } from './dataset.js'

/** class numbers 0, 1, 2 */
export const irisSpecies = ['setosa', 'versicolor', 'virginica'] as const

const rows = list(t.tuple([finite, finite, finite, finite, oneOf(...irisSpecies)]))

/** Reads `[[5.1, 3.5, 1.4, 0.2, "setosa"], ...]`: x is f32 [examples, 4], y is u32 [examples]. @returns Left for any other form */
export const decodeIris = (text: string): E.Either<DecodeError | DataError, Dataset> =>
  pipe(
    parseJson(rows)(text),
    E.chainW(all =>
      fromArrays(
        all.map(([a, b, c, d]) => [a, b, c, d]),
        all.map(row => irisSpecies.indexOf(row[4])),
        irisSpecies.length
      )
    )
  )
