/** What a study came to, as text. */
import { outcomeText, studyTablesText } from '../search/report.js'
import type { SearchResult } from '../search/result.js'
import { summaryText } from '../search/summary.js'
import { oneLine } from './exit.js'

/** what kept the first trial that failed from giving a value */
const reasonOf = ({ trials }: SearchResult): string => {
  const [first] = trials.flatMap(({ index, outcome }) =>
    'message' in outcome ? [`; trial ${index}: ${outcome.message}`] : []
  )
  return first ?? ''
}

/** all scores of a run that was trained many times, and how its trials ended */
const repeatedText = ({ trials }: SearchResult): string => {
  const failed = trials.filter(t => t.outcome.tag !== 'scored')
  return [
    summaryText(trials),
    ...failed.map(t => `without a value: trial ${t.index}, ${JSON.stringify(t.settings)}, ${outcomeText(t.outcome)}`)
  ].join('\n')
}
const lines = (text: string): string => text.split('\n').map(oneLine).join('\n')

/** the tables of a study and its best trial; of a run that was trained many times, what the trainings came to together */
export const foundText = (found: SearchResult): string => {
  const none = oneLine(`no trial gave a value${reasonOf(found)}`)
  // the best seed is chance, and the best fold an easy one
  if (found.study.metric.scores === 'all') return `${found.best === undefined ? none : lines(repeatedText(found))}\n`
  return `${[
    lines(studyTablesText(found)),
    found.best === undefined
      ? none
      : oneLine(`best: trial ${found.best.trial.index}, ${JSON.stringify(found.best.trial.settings)}`)
  ].join('\n\n')}\n`
}
