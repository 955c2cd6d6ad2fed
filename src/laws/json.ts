/** The law of everything that has a JSON form. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { sameData } from '../value/equal.js'
import { decode, parseJson, type Codec } from '../value/codec.js'
import { everySample, holds, law, worded, type Law } from './law.js'

/** json: encoding gives plain JSON, which decodes to the same data; an unknown field is refused */
export const jsonLaw = <A>(codec: Codec<A>, samples: readonly A[]): Law =>
  law('json', fc.constantFrom('unknown', 'x', 'tags'), stranger =>
    everySample(samples, sample => {
      const written = codec.encode(sample)
      const text = JSON.stringify(written) ?? ''
      return pipe(
        worded(parseJson(codec)(text)),
        E.chain(read => holds(sameData(read, sample), () => `${text} reads back as ${JSON.stringify(read)}`)),
        E.chain(() => holds(sameData(JSON.parse(text), written), () => `${text} is not all that encode gave`)),
        E.chain(() =>
          holds(
            typeof written !== 'object' || E.isLeft(decode(codec)({ ...written, [stranger]: 1 })),
            () => `a field ${stranger} is taken`
          )
        )
      )
    })
  )
