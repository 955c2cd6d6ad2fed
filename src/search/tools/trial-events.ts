/** The trials of a study as TensorBoard compares them: by their hyperparameters. */
import * as E from 'fp-ts/lib/Either.js'
import type { EventLog } from '../../format/tensorboard/events.js'
import { plainSettings } from '../../report/tools/run-events.js'
import { given, optionsOf } from '../../value/argument.js'
import { settingError, type SettingError } from '../../value/error.js'
import type { SearchResult } from '../result.js'
import { builtInSpace, settingValues, type SpaceRegistry } from '../space.js'
import type { Trial } from '../trial.js'
import { plainValue, resultArgument } from './trial-table.js'

/** the name of a trial's folder */
const folderOf = ({ index }: Trial): string => `trial-${String(index).padStart(6, '0')}`

/**
 * A log for `encodeEvents` for each trial of a study, by the name of its folder: the metric at the epoch of its value, the scores where
 * the study asks for them, and the settings as hyperparameters.
 *
 * @example pipe(readStudyAt('studies/rate'), TE.chainEitherKW(trialEvents)) // Right({ 'trial-000000': log, ... })
 * @returns Left for anything but a study with its trials
 */
export const trialEvents = (
  result: SearchResult,
  options: { readonly registry?: SpaceRegistry } = {}
): E.Either<SettingError, Readonly<Record<string, EventLog>>> =>
  given(settingError, [resultArgument(result)], () => {
    const { registry = builtInSpace } = optionsOf(options)
    const { study, trials } = result
    const metric = `${study.metric.part === undefined ? '' : `${study.metric.part}/`}${study.metric.name}`
    const log = (t: Trial): EventLog => {
      const { outcome: o } = t
      const settings = Object.entries(settingValues(study.space, t.settings, registry)).flatMap(([path, value]) =>
        plainSettings(plainValue(value), path)
      )
      return {
        scalars:
          o.tag === 'scored'
            ? [
                { tag: metric, points: [[o.epoch, o.value]] },
                ...Object.entries(o.scores ?? {}).map(([name, x]) => ({
                  tag: `scores/${name}`,
                  points: [[o.epoch, x] as const]
                }))
              ]
            : [],
        hyperparameters: {
          group: folderOf(t),
          settings: Object.fromEntries(settings),
          metrics: [metric],
          status: o.tag === 'scored' ? 'success' : 'failure'
        }
      }
    }
    return E.right(Object.fromEntries(trials.map(t => [folderOf(t), log(t)])))
  })
