/** docs/reference/tfjs.md: what each case is written as, how far tfjs is from `predict`, and what is refused with the reason. */
import * as E from 'fp-ts/lib/Either.js'
import { markdownTable } from 'markdown-table'
import { exportTfjs, type TfjsExport } from '../../../src/format/keras/export-tfjs.js'
import type { Problem } from '../../../src/value/error.js'
import { cases, type Case } from '../onnx/cases.js'

export interface Measured {
  readonly sha256: string
  readonly difference: number
}
export const filesOf = ({ model, weights, registry }: Case): E.Either<Problem<string>, TfjsExport> =>
  exportTfjs(model, { registry })(weights)

interface Topology {
  readonly modelTopology: { readonly config: { readonly layers: readonly { readonly class_name: string }[] } }
}
const classesOf = ({ json }: TfjsExport): string =>
  (JSON.parse(json) as Topology).modelTopology.config.layers
    .map(l => l.class_name)
    .filter(name => name !== 'InputLayer')
    .join(' ')

export const referenceOf = (measured: Readonly<Record<string, Measured>>): string => {
  const all = cases.map(c => [c.name, filesOf(c)] as const)
  return `# Layers as tfjs

Written by \`npm run sweep:tfjs\`. Each sample of each layer, each activation and a few networks: the layers of its \`model.json\`, and the largest difference
between tfjs 4.22.0 (its CPU backend) and \`predict\`, |a - b| / max(1, |a|), over five examples. How to export: [formats](../guide/formats.md).

${markdownTable([
  ['layer', 'layers of tfjs', 'difference'],
  ...all.flatMap(([name, files]) => {
    const row = measured[name]
    return row === undefined || E.isLeft(files) ? [] : [[name, classesOf(files.right), String(row.difference)]]
  })
])}

## What is refused

${markdownTable([
  ['layer', 'expected', 'got'],
  ...all.flatMap(([name, files]) => (E.isLeft(files) ? [[name, files.left.expected, files.left.got]] : []))
])}
`
}
