/** The types under the fastest compiler; compilers.spec.ts has the others. */
import { holdsUnder } from './suite.js'

holdsUnder('ts7')
