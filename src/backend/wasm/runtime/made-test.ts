/**
 * The self-test that threads take. It is the same in every process, and making it takes a fifth of the time to a first step: the build
 * for Node makes it once, and puts what came out in this file's place (esbuild.config.mjs).
 */
import type * as E from 'fp-ts/lib/Either.js'
import type { BackendError } from '../../../value/error.js'
import { makeSelfTest, type SelfTest } from './self-test.js'

export const madeSelfTest = (): E.Either<BackendError, SelfTest> => makeSelfTest()
