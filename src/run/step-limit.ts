/** The last step that a run can reach. */
import type { Progress } from '../train/progress.js'
import { stopInterpreter, stopRules, type StopRule, type StopTable } from '../train/stop/index.js'

const searched = 0x100_0000_0000

/**
 * The step at which a stop rule ends a run whose loss never improves. It is found by asking the rule about future
 * steps, so custom rules work too.
 *
 * @example horizon(epochs(3), 100) // 300
 * @returns undefined if only the loss can end the run
 */
export const stepLimit = (rule: StopRule, epochSteps: number, kinds: StopTable = stopRules): number | undefined => {
  const rules = stopInterpreter(kinds)
  const memory = rules.start(rule)
  const at = (step: number): Progress => ({
    step,
    epoch: Math.floor(step / epochSteps),
    epochEnded: step % epochSteps === 0,
    loss: Infinity,
    epochLoss: Infinity
  })
  const stops = (step: number): boolean => rules.reason(rule, at(step), memory) !== undefined
  // the rule continues at `low` and stops at `high`
  const between = (low: number, high: number): number => {
    const middle = Math.floor((low + high) / 2)
    return high - low <= 1 ? high : stops(middle) ? between(low, middle) : between(middle, high)
  }
  const from = (step: number): number | undefined =>
    stops(step) ? between(Math.floor(step / 2), step) : step >= searched ? undefined : from(step * 2)
  return from(1)
}
