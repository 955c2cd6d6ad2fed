/** docs/reference/onnx.md: what each case is written as, and how far onnxruntime is from `predict`. */
import { fromBinary } from '@bufbuild/protobuf'
import { markdownTable } from 'markdown-table'
import { ModelProtoSchema } from 'onnx-buf'
import { exportOnnx } from '../../../src/format/onnx/onnx.js'
import { right } from '../../support/either.js'
import { cases } from './cases.js'

export interface Measured {
  readonly sha256: string
  readonly difference: number
}
const operators = (bytes: Uint8Array): string =>
  (fromBinary(ModelProtoSchema, bytes).graph?.node ?? []).map(n => n.opType).join(' ')

export const referenceOf = (measured: Readonly<Record<string, Measured>>): string => `# Layers as ONNX

Written by \`npm run sweep:onnx\`. Each sample of each layer, each activation and a few networks: the operators of its file (opset 17), and the largest difference
between onnxruntime-node 1.30.0 and \`predict\`, |a - b| / max(1, |a|), over five examples. The files of opset 18 to 21 stay within the same bound, 2e-6.
How to export: [formats](../guide/formats.md).

${markdownTable([
  ['layer', 'operators', 'difference'],
  ...cases.flatMap(({ name, model, weights, registry }) => {
    const row = measured[name]
    return row === undefined
      ? []
      : [[name, operators(right(exportOnnx(model, { registry })(weights))), String(row.difference)]]
  })
])}
`
