/** What optimizers around one other optimizer share. */
import type { Optimizer, OptimizerDefinition } from './optimizer.js'

interface Around {
  readonly tag: string
  readonly optimizer: Optimizer
}

/** the label of the optimizer inside */
export const label = 'of'

/** all rules of a wrapper that only ask the optimizer inside */
export const around = {
  settings: ({ optimizer }, self) => self.settings(optimizer, label),
  check: ({ optimizer }, paths, self) => self.check(optimizer, paths),
  freezes: ({ optimizer }, path, self) => self.freezes(optimizer, path),
  lookAt: ({ optimizer }, given, self) => self.lookAt(optimizer, label, given)
} satisfies Partial<OptimizerDefinition<Around>>
