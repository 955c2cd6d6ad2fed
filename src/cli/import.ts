/** `gradfold import net.onnx --out net.safetensors`, and the same of a `model.json` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBounded } from '../data/bounded.js'
import { defaultLimits } from '../data/limits.js'
import type { ImportedModel } from '../format/import/imported.js'
import { formatLimits } from '../format/format.js'
import { importTfjs, tfjsPaths } from '../format/keras/import-tfjs.js'
import { importOnnx, type OnnxImportOptions } from '../format/onnx/import/import.js'
import { encodeSafetensors } from '../format/safetensors.js'
import { canonicalJson } from '../run/digest.js'
import { encodeModel } from '../model/codec.js'
import { readBeside } from '../run/weights.js'
import { placeOf } from '../run/folder.js'
import { failIf, inside, settingError, type Problem } from '../value/error.js'
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

type Importing = TE.TaskEither<Problem<string>, ImportedModel>

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

const ofOnnx = (path: string, bytes: Uint8Array, outputs: string | undefined): Importing => {
  const options: OnnxImportOptions = outputs === undefined ? {} : { outputs: outputs.split(',') }
  return TE.fromEither(pipe(importOnnx(bytes, options), E.mapLeft(inside(path))))
}
/** a model.json, with the files beside it that it names */
const ofTfjs = (path: string, json: Uint8Array, outputs: string | undefined): Importing =>
  outputs !== undefined
    ? TE.left(settingError(['outputs'], 'an ONNX file beside --outputs', path, 'leave --outputs out', 'unsuitable'))
    : pipe(
        placeOf(path),
        TE.bindTo('place'),
        TE.bindW('paths', () => TE.fromEither(tfjsPaths(json))),
        TE.bindW('weights', ({ place: [folder], paths }) => readBeside(folder, formatLimits)(paths)),
        TE.chainEitherKW(({ weights }) => importTfjs({ json, weights })),
        TE.mapLeft((e): Problem<string> => (e._tag === 'FileError' ? e : inside(path)(e as Problem<string>)))
      )

export const importCommand = (io: Io, path: string, { out, outputs }: ImportFlags): Promise<ExitCode> => {
  const wrong = checkPaths('file', { out })
  const read = /\.json$/i.test(path) ? ofTfjs : ofOnnx
  return pipe(
    TE.fromEither(failIf(wrong)),
    TE.chainW(() => readBounded(path, defaultLimits.bytes)),
    TE.chainW(bytes => read(path, bytes, outputs)),
    TE.mapLeft(failure),
    TE.bindTo('net'),
    TE.bindW('bytes', ({ net }) => pipe(TE.fromEither(bytesOf(net)), TE.mapLeft(failure))),
    TE.chainFirstW(({ bytes }) => writeOut(out, bytes, path)),
    TE.map(({ net }) => `network with ${whole(learned(net))} learned numbers saved as ${out}`),
    printed(io)
  )()
}
