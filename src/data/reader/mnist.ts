import { optional, size } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import * as t from 'io-ts'
import { loadMnist, type MnistOptions } from '../files.js'
import type { Reader } from './reader.js'

/** the handwritten digits; see `loadMnist` */
export interface MnistSource extends MnistOptions {
  readonly tag: 'mnist'
}
declare module './reader.js' {
  interface BuiltInSources {
    mnist: MnistSource
  }
}

/**
 * MNIST as the source of a run or study; see `loadMnist`.
 *
 * @param options train, test: how many examples (default all of them); flat: 784 numbers instead of [28, 28, 1] (default false)
 * @example mnist({ train: 10_000, test: 1_000, flat: true })
 */
export const mnist = (options: MnistOptions = {}): MnistSource => ({ tag: 'mnist', ...defined(options) })

export const mnistReader: Reader<MnistSource> = {
  tag: 'mnist',
  fields: () => ({ train: optional(size), test: optional(size), flat: optional(t.boolean) }),
  load: loadMnist,
  samples: [mnist(), mnist({ train: 100, test: 50, flat: true })]
}
