/** A layer of Keras at every position of a sequence. */
import { perPosition } from '../../layer/sequence/per-position.js'
import { inSequence } from '../import/tree.js'
import { at, isMissing, missing, recordIn } from './config.js'
import type { Result, Row, Site } from './site.js'

export const timeDistributed = (s: Site, rowOf: (kind: string) => Row | undefined): Result => {
  const inner = recordIn(s.config, 'layer')
  const kind = at(inner, 'class_name')
  const row = typeof kind === 'string' && kind !== 'TimeDistributed' ? rowOf(kind) : undefined
  const [, ...sizes] = s.sizes
  if (row === undefined || typeof kind !== 'string')
    return missing('a layer inside that is known here', typeof kind === 'string' ? kind.slice(0, 60) : 'none')
  if (s.inputs.length !== 1 || sizes.length === 0) return missing('a sequence [positions, ...]', 'another input')
  const result = row({ ...s, kind, config: recordIn(inner, 'config'), inputs: [sizes], sizes })
  return isMissing(result) ? result : { ...result, layers: [perPosition(inSequence(result.layers))] }
}
