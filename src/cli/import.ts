/** `gradfold import net.onnx --out net.safetensors` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBounded } from '../data/bounded.js'
import { defaultLimits } from '../data/limits.js'
import type { ImportedModel } from '../format/import/imported.js'
import { importOnnx, type OnnxImportOptions } from '../format/onnx/import/import.js'
import { encodeSafetensors } from '../format/safetensors.js'
import { canonicalJson } from '../run/digest.js'
import { encodeModel } from '../model/codec.js'
import { inside, type Problem } from '../value/error.js'
import { sizeOf } from '../value/shape.js'
import type { Tensor } from '../value/tensor.js'
import { treeLeaves } from '../value/tree.js'
import { failure, type ExitCode } from './exit.js'
import { whole } from './format.js'
import type { Io } from './io.js'
import { printed } from './print.js'
import { writeOut } from './out.js'
import { checkPaths } from './read.js'

export interface ImportFlags {
  readonly out: string
  /** names of outputs, with commas between them */
  readonly outputs?: string
}

/** the weights as tensors by name, and the model as JSON among the metadata */
const bytesOf = ({ model, params, layers }: ImportedModel): E.Either<Problem<string>, Uint8Array> =>
  pipe(
    canonicalJson(encodeModel(model)),
    E.chainW(json =>
      encodeSafetensors(
        Object.fromEntries([...treeLeaves<Tensor>(params, 'params'), ...treeLeaves<Tensor>(layers, 'layers')]),
        { model: json }
      )
    )
  )
const learned = ({ params }: ImportedModel): number =>
  treeLeaves<Tensor>(params).reduce((n, [, t]) => n + sizeOf(t.shape), 0)

export const importCommand = (io: Io, path: string, { out, outputs }: ImportFlags): Promise<ExitCode> => {
  const wrong = checkPaths('file', { out })
  const options: OnnxImportOptions = outputs === undefined ? {} : { outputs: outputs.split(',') }
  return pipe(
    wrong === undefined ? readBounded(path, defaultLimits.bytes) : TE.left(wrong),
    TE.mapLeft(failure),
    TE.chainEitherKW(bytes => pipe(importOnnx(bytes, options), E.mapLeft(inside(path)), E.mapLeft(failure))),
    TE.bindTo('net'),
    TE.bindW('bytes', ({ net }) => pipe(TE.fromEither(bytesOf(net)), TE.mapLeft(failure))),
    TE.chainFirstW(({ bytes }) => writeOut(out, bytes, path)),
    TE.map(({ net }) => `network with ${whole(learned(net))} learned numbers saved as ${out}`),
    printed(io)
  )()
}
