import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { relu, softmax } from '../../src/layer/activation.js'
import { fanOut, parallel } from '../../src/layer/combinator/branches.js'
import { dense } from '../../src/layer/dense.js'
import { flatten } from '../../src/layer/flatten.js'
import { mergeAdd, mergeConcat } from '../../src/layer/combinator/merge.js'
import { input, inputs, model } from '../../src/layer/model.js'
import { named } from '../../src/layer/combinator/named.js'
import { repeat } from '../../src/layer/combinator/repeat.js'
import { residual } from '../../src/layer/combinator/residual.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { shared } from '../../src/layer/combinator/shared.js'
import { describeModel, layerRows } from '../../src/model/describe.js'

const table = (m: Parameters<typeof describeModel>[0]): string => {
  const r = describeModel(m)
  return E.isRight(r) ? r.right : JSON.stringify(r.left)
}

test('an MLP', () =>
  expect(table(model(input(28, 28, 1), flatten, dense(128), relu, dense(10), softmax))).toMatchInlineSnapshot(`
    "| label   | layer     | output      | parameters |
    | :------ | :-------- | :---------- | ---------: |
    | input   |           | [28, 28, 1] |            |
    | flatten | flatten   | [784]       |            |
    | dense   | dense 128 | [128]       |     100480 |
    | relu    | relu      | [128]       |            |
    | dense2  | dense 10  | [10]        |       1290 |
    | softmax | softmax   | [10]        |            |
    | total   |           |             |     101770 |"
  `))

test('layers inside layers', () => {
  const block = residual(sequential(dense(2, { bias: false }), relu, dense(4)))
  const m = model(input(4), named('body')(repeat(2)(block)), fanOut(dense(2), sequential(dense(3), relu)), mergeConcat)
  expect(table(m)).toMatchInlineSnapshot(`
    "| label                         | layer            | output     | parameters |
    | :---------------------------- | :--------------- | :--------- | ---------: |
    | input                         |                  | [4]        |            |
    | body                          | named            | [4]        |            |
    | body/repeat                   | repeat 2         | [4]        |            |
    | body/repeat/0/residual        | residual         | [4]        |            |
    | body/repeat/0/residual/dense  | dense 2, no bias | [2]        |          8 |
    | body/repeat/0/residual/relu   | relu             | [2]        |            |
    | body/repeat/0/residual/dense2 | dense 4          | [4]        |         12 |
    | body/repeat/1/residual        | residual         | [4]        |            |
    | body/repeat/1/residual/dense  | dense 2, no bias | [2]        |          8 |
    | body/repeat/1/residual/relu   | relu             | [2]        |            |
    | body/repeat/1/residual/dense2 | dense 4          | [4]        |         12 |
    | fanOut                        | fanOut           | [[2], [3]] |            |
    | fanOut/dense                  | dense 2          | [2]        |         10 |
    | fanOut/sequential             | sequential       | [3]        |            |
    | fanOut/sequential/dense       | dense 3          | [3]        |         15 |
    | fanOut/sequential/relu        | relu             | [3]        |            |
    | concat                        | concat           | [5]        |            |
    | total                         |                  |            |         65 |"
  `)
})

test('shared parameters count once', () => {
  const encoder = shared('encoder')(model(input(3), dense(2), relu))
  const m = model(inputs(input(3), input(3)), parallel(encoder, encoder), mergeAdd, dense(1))
  expect(table(m)).toMatchInlineSnapshot(`
    "| label                   | layer          | output     | parameters |
    | :---------------------- | :------------- | :--------- | ---------: |
    | input                   |                | [[3], [3]] |            |
    | parallel                | parallel       | [[2], [2]] |            |
    | parallel/encoder        | shared encoder | [2]        |            |
    | parallel/encoder/dense  | dense 2        | [2]        |            |
    | parallel/encoder/relu   | relu           | [2]        |            |
    | parallel/encoder2       | shared encoder | [2]        |            |
    | parallel/encoder2/dense | dense 2        | [2]        |            |
    | parallel/encoder2/relu  | relu           | [2]        |            |
    | add                     | add            | [2]        |            |
    | dense                   | dense 1        | [1]        |          3 |
    | shared/encoder          | shared         | [2]        |          8 |
    | total                   |                |            |         11 |"
  `)
  const rows = layerRows(m)
  expect(E.isRight(rows) && rows.right.reduce((n, r) => n + r.parameters, 0)).toBe(3 * 2 + 2 + 2 + 1)
})
