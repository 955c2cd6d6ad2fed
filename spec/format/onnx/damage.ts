/** Damaged ONNX files, and what is compared with another reader of the format: `onnx-buf`, which is made from the official schema. */
import { readFileSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import * as E from 'fp-ts/lib/Either.js'
import { ModelProtoSchema } from 'onnx-buf'
import { decodeOnnx } from '../../../src/format/onnx/import/decode.js'
import { importOnnx } from '../../../src/format/onnx/import/import.js'
import { bits32, drawKey, foldIn, rootKey } from '../../../src/random/index.js'

const sound = ['lenet', 'resnet', 'mobilenet', 'vgg1d', 'mlp'].map(name =>
  readFileSync(new URL(`torch/${name}.onnx`, import.meta.url))
)

/** one to four damages: a byte or a bit changed, a piece cut out, doubled, or moved, the end cut off */
export const damagedFile = (seed: number): Uint8Array => {
  const draws = bits32(drawKey(foldIn(rootKey(25), seed)), 16)
  const draw = (i: number, n: number): number => (draws[i] as number) % n
  let bytes: Uint8Array = Uint8Array.from(sound[seed % sound.length] as Uint8Array)
  for (let k = 0; k <= draw(0, 4); k++) {
    const [kind, value] = [draw(1 + 3 * k, 7), draw(3 + 3 * k, 256)]
    // half of the damages are in the first part, where the nodes are
    const at = draw(2 + 3 * k, value % 2 === 0 ? bytes.length + 1 : Math.min(bytes.length + 1, 2500))
    const end = at + 1 + (value % 32)
    const pieces =
      kind === 0
        ? [bytes.slice(0, at), [value], bytes.slice(at + 1)]
        : kind === 1
          ? [bytes.slice(0, at), [value], bytes.slice(at)]
          : kind === 2
            ? [bytes.slice(0, at), bytes.slice(end)]
            : kind === 3
              ? [bytes.slice(0, end), bytes.slice(at)]
              : kind === 4 && value < 32
                ? [bytes.slice(0, at)]
                : [bytes.slice(0, at), [(bytes[at] ?? 0) ^ (1 << (value % 8))], bytes.slice(at + 1)]
    bytes = Uint8Array.from(pieces.flatMap(p => [...p]))
  }
  return bytes
}

/** a stored graph in few words, of which both readers must say the same */
export const saidHere = (bytes: Uint8Array): unknown => {
  const m = decodeOnnx(bytes)
  if (E.isLeft(m)) return undefined
  const { graph } = m.right
  return {
    nodes: graph.nodes.map(n => [n.op, n.domain, n.inputs, n.outputs]),
    attributes: graph.nodes.map(n =>
      Object.values(n.attributes).map(a => [a.name, a.int, a.float, a.text, a.ints, a.floats])
    ),
    tensors: graph.initializers.map(t => [
      t.name,
      t.type,
      t.dims,
      Buffer.from(t.raw ?? []).toString('base64'),
      t.floats
    ]),
    inputs: graph.inputs.map(v => v.name),
    outputs: graph.outputs.map(v => v.name)
  }
}
export const saidThere = (bytes: Uint8Array): unknown => {
  const { graph } = fromBinary(ModelProtoSchema, bytes)
  return {
    nodes: graph?.node.map(n => [n.opType, n.domain, n.input, n.output]),
    attributes: graph?.node.map(n =>
      n.attribute.map(a => [a.name, Number(a.i), a.f, new TextDecoder().decode(a.s), a.ints.map(Number), a.floats])
    ),
    tensors: graph?.initializer.map(t => [
      t.name,
      t.dataType,
      t.dims.map(Number),
      Buffer.from(t.rawData).toString('base64'),
      t.floatData
    ]),
    inputs: graph?.input.map(v => v.name),
    outputs: graph?.output.map(v => v.name)
  }
}

/** what is wrong with what a file is read as; undefined for an error, and for the graph that another reader finds */
export const otherwise = (bytes: Uint8Array): string | undefined => {
  try {
    const e = importOnnx(bytes)
    if (E.isLeft(e)) return e.left._tag === 'DecodeError' ? undefined : e.left._tag
    const [here, there] = [saidHere(bytes), saidThere(bytes)].map(s => JSON.stringify(s))
    return here === there ? undefined : 'another graph'
  } catch (e) {
    return e instanceof Error ? (e.stack ?? e.message) : String(e)
  }
}
