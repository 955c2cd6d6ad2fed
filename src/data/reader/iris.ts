import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { loadIris } from '../files.js'
import { irisSpecies } from '../iris.js'
import { plainTable } from '../table/fitted.js'
import type { Reader } from './reader.js'

/** the Iris flowers, all of them as the training part; see `loadIris` */
export interface IrisSource {
  readonly tag: 'iris'
}
declare module './reader.js' {
  interface BuiltInSources {
    iris: IrisSource
  }
}

/** Iris as the source of a run or study, all 150 flowers in the training part: cut a test part with `split`. See `loadIris`. */
export const iris = (): IrisSource => ({ tag: 'iris' })

/** what the four numbers and the classes are */
const columns = plainTable({
  columns: {
    sepalLength: 'number',
    sepalWidth: 'number',
    petalLength: 'number',
    petalWidth: 'number',
    species: { categories: irisSpecies }
  },
  target: 'species'
})

export const irisReader: Reader<IrisSource> = {
  tag: 'iris',
  fields: () => ({}),
  load: () =>
    pipe(
      loadIris(),
      TE.map(train => (columns === undefined ? { train } : { train, named: { tag: 'fitted', fitted: columns } }))
    ),
  samples: [iris()]
}
