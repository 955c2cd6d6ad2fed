/** `gradfold export model.gradfold --to onnx --out model.onnx` */
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { encodeSafetensors } from '../format/safetensors.js'
import { exportTfjs } from '../format/keras/export-tfjs.js'
import { exportOnnx, type OnnxOptions } from '../format/onnx/onnx.js'
import type { ModelWeights } from '../format/tensors.js'
import type { ModelData } from '../layer/model.js'
import { folderAt } from '../run/folder.js'
import { loadPipeline } from '../run/pipeline/file.js'
import { defined } from '../value/defined.js'
import { utf8 } from '../value/text.js'
import { treeLeaves } from '../value/tree.js'
import { settingError, type Problem, type SettingError } from '../value/error.js'
import { failure, type ExitCode, type Failure } from './exit.js'
import { isTool, type ExportFlags } from './export-formats.js'
import { whole } from './format.js'
import type { Io } from './io.js'
import { printed } from './print.js'
import { writeOut } from './out.js'
import { checkPaths } from './read.js'
import { stateOfRecord } from './record.js'

interface Trained {
  readonly model: ModelData
  readonly weights: ModelWeights
  /** where its numbers come from */
  readonly said: string
  /** whether what goes in is scaled first */
  readonly scaled: boolean
}

const ofRecord = (io: Io, folder: string, flags: ExportFlags): TE.TaskEither<Failure, Trained> =>
  pipe(
    stateOfRecord(io, folder, flags),
    TE.map(({ step, there: { opened, state } }) => ({
      model: opened.training.model,
      weights: state,
      said: ` after step ${whole(step)}`,
      scaled: Object.keys(opened.datasets.scalings ?? {}).length > 0
    }))
  )
const ofPipeline = (path: string): TE.TaskEither<Failure, Trained> =>
  pipe(
    loadPipeline(path),
    TE.bimap(failure, p => ({ model: p.model, weights: p, said: '', scaled: true }))
  )

/** a network from the file of a pipeline, or from the folder of a recorded run */
const trainedAt = (io: Io, path: string, flags: ExportFlags): TE.TaskEither<Failure, Trained> =>
  pipe(
    folderAt(path).names,
    // of a file there are no names
    TE.orElse(() => TE.right<never, readonly string[]>([])),
    TE.chainW(names =>
      names.includes('run.json')
        ? ofRecord(io, path, flags)
        : flags.step === 'last'
          ? ofPipeline(path)
          : TE.left(
              failure(settingError(['step'], 'the folder of a recorded run', 'another', 'a pipeline is of one step'))
            )
    )
  )

/** the bytes of the file to write, and of files beside it by their names */
interface Files {
  readonly bytes: Uint8Array
  readonly beside: Readonly<Record<string, Uint8Array>>
}
const alone = (bytes: Uint8Array): Files => ({ bytes, beside: {} })
const filesOf = (
  { model, weights }: Trained,
  { to, out, opset, batch }: ExportFlags
): E.Either<Problem<string>, Files> =>
  to === 'safetensors'
    ? pipe(
        encodeSafetensors(
          Object.fromEntries([...treeLeaves(weights.params, 'params'), ...treeLeaves(weights.layers ?? {}, 'layers')])
        ),
        E.map(alone)
      )
    : to === 'tfjs'
      ? pipe(
          exportTfjs(model, { binary: `${basename(out).replace(/\.json$/i, '')}.bin` })(weights),
          E.map(({ json, weights: beside }) => ({ bytes: utf8(json), beside }))
        )
      : // the numbers are checked there
        pipe(exportOnnx(model, defined({ opset, batch }) as OnnxOptions)(weights), E.map(alone))

/** options that the format does not have: they would change nothing */
const checkFlags = ({ to, step, opset, batch }: ExportFlags): SettingError | undefined => {
  const [name] = Object.keys(defined({ opset, batch }))
  return to !== 'onnx' && name !== undefined
    ? settingError([name], `--to onnx beside --${name}`, `--to ${to}`, `leave --${name} out`, 'unsuitable')
    : isTool(to) && step !== 'last'
      ? settingError(
          ['step'],
          '--to onnx, tfjs or safetensors beside --step',
          `--to ${to}`,
          'all steps are written',
          'unsuitable'
        )
      : undefined
}

export const exportCommand = async (io: Io, path: string, flags: ExportFlags): Promise<ExitCode> => {
  const { out, to } = flags
  const wrongFlags = checkFlags(flags)
  // loaded when it is asked for: what reads studies
  if (isTool(to) && wrongFlags === undefined)
    return (await import('./export-tools.js')).exportToolCommand(io, path, { to, out })
  const wrong = wrongFlags ?? checkPaths('file', { out })
  return pipe(
    wrong === undefined ? trainedAt(io, path, flags) : TE.left(failure(wrong)),
    TE.bindTo('trained'),
    TE.bindW('files', ({ trained }) => pipe(TE.fromEither(filesOf(trained, flags)), TE.mapLeft(failure))),
    TE.chainFirstW(({ files }) =>
      pipe(
        Object.entries(files.beside),
        TE.traverseSeqArray(([name, bytes]) => writeOut(join(dirname(out), name), bytes, path)),
        TE.chain(() => writeOut(out, files.bytes, path))
      )
    ),
    TE.map(({ trained: { said, scaled } }) =>
      [
        `${to === 'safetensors' ? 'weights' : 'network'}${said} saved as ${out}`,
        ...(scaled && to !== 'safetensors'
          ? ['its inputs are the numbers that the network takes: columns after scaling']
          : [])
      ].join('\n')
    ),
    printed(io)
  )()
}
