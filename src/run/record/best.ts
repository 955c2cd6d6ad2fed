/** Which of a record's states are the best and the last. */
import type { Recorded } from './folder.js'

/** what an epoch is judged by: its validation loss, or the loss over its own batches; NaN is worse than any number */
const lossOf = ({ loss, validation }: Recorded['links'][number]): number => {
  const judged = validation?.loss ?? loss
  return Number.isNaN(judged) ? Infinity : judged
}

/** the step at the end of the epoch with the smallest loss, of equally good ones the earliest; undefined before the first epoch's end */
export const bestStep = ({ links }: Pick<Recorded, 'links'>): number | undefined =>
  links.reduce<Recorded['links'][number] | undefined>(
    (best, link) => (best === undefined || lossOf(link) < lossOf(best) ? link : best),
    undefined
  )?.step

/** the last step that is recorded */
export const lastStep = ({ end, steps }: Pick<Recorded, 'end' | 'steps'>): number => end?.step ?? steps?.count ?? 0
