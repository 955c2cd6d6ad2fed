import { expect, test } from 'vitest'
import { counted } from '../../src/value/error.js'

test('one thing is not several', () => {
  expect([0, 1, 2].map(n => counted(n, 'epoch'))).toEqual(['0 epochs', '1 epoch', '2 epochs'])
  expect([1, 12].map(n => counted(n, 'batch', x => `about ${x}`))).toEqual(['about 1 batch', 'about 12 batches'])
})
