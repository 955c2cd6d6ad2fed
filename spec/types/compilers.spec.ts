/** The types under the other compilers that users have: the same verdicts, in the same words. */
import { holdsUnder } from './suite.js'

holdsUnder('ts5', 'typescript')
