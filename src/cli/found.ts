/** What a study came to, as text. */
import { studyTablesText } from '../search/report.js'
import type { SearchResult } from '../search/result.js'
import { oneLine } from './exit.js'

/** what kept the first trial that failed from giving a value */
const reasonOf = ({ trials }: SearchResult): string => {
  const [first] = trials.flatMap(({ index, outcome }) =>
    'message' in outcome ? [`; trial ${index}: ${outcome.message}`] : []
  )
  return first ?? ''
}

/** the tables of a study, and its best trial */
export const foundText = (found: SearchResult): string =>
  `${[
    studyTablesText(found).split('\n').map(oneLine).join('\n'),
    found.best === undefined
      ? oneLine(`no trial gave a value${reasonOf(found)}`)
      : oneLine(`best: trial ${found.best.trial.index}, ${JSON.stringify(found.best.trial.settings)}`)
  ].join('\n\n')}\n`
