/** `gradfold verify`: repeats recorded runs. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { verifyRecord, type Verdict } from '../run/record/verify.js'
import { checkWorkers } from '../search/runner/runner.js'
import { inThreads } from '../search/runner/threads.js'
import { counted } from '../value/error.js'
import { backendName, backendOf, defaultThreads, reportFallback, type ComputeFlags } from './backend.js'
import { errorJson, verdictJson } from './events.js'
import { errorLine, exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import { whole } from './format.js'
import type { Io } from './io.js'
import { compared, damageText, fromRecords, numberText, skippedText, tensorText, type JsonFlag } from './record.js'
import { tellFailure } from './reporter.js'

export interface VerifyFlags extends Omit<ComputeFlags, 'threads'>, JsonFlag {
  /** default: as many as the machine offers; for several records 1 */
  readonly threads?: string
  readonly workers: number | string
}

const verdictText = (v: Verdict): readonly string[] =>
  v.tag === 'identical'
    ? [
        `identical: ${counted(v.steps, 'step', whole)}, ${counted(v.epochs, 'epoch')}, ${counted(v.checkpoints, 'checkpoint')}`
      ]
    : [
        `different at step ${whole(v.step)}: ${v.at}`,
        ...tensorText(v.tensor),
        ...numberText(v.number, 'recorded', 'right')
      ]

const asideText = (v: Verdict): readonly string[] =>
  v.tag === 'identical' ? skippedText(v.skipped) : damageText([v.damage])
const isSame = (v: Verdict): boolean => v.tag === 'identical'

const verifyOne = (io: Io, folder: string, flags: VerifyFlags): Promise<ExitCode> => {
  const verified = pipe(
    backendOf(io, { ...flags, threads: flags.threads ?? String(defaultThreads) }),
    TE.chain(backend => pipe(verifyRecord(folder, { backend }), fromRecords(folder)))
  )
  return compared(io, flags, verified, { lines: verdictText, json: verdictJson, same: isSame, aside: asideText })
}

/** what a run came to, with the name of its folder */
const tellVerdict = (io: Io, json: boolean, folder: string, v: Verdict): ExitCode => {
  const [first = '', ...more] = verdictText(v)
  const text = (lines: readonly string[]): string => lines.map(l => `${oneLine(l)}\n`).join('')
  io.out.write(json ? verdictJson(v, folder) : text([`${folder}: ${first}`, ...more.map(l => `  ${l}`)]))
  io.err.write(text(asideText(v).map(l => `${folder}: ${l}`)))
  return isSame(v) ? exitCodes.ok : exitCodes.failed
}
const tellProblem = (io: Io, json: boolean, folder: string, f: Failure): ExitCode => {
  // the path of a file names the folder already
  const named = f.problem.path[0]?.toString().startsWith(folder) === true
  if (json) io.out.write(errorJson(f, folder))
  io.err.write(`${errorLine(f.problem, named ? undefined : folder)}\n`)
  return exitCodeOf(f)
}
/** one that differs or failed counts before one that could not be read */
const worst = (codes: readonly ExitCode[]): ExitCode =>
  codes.includes(exitCodes.failed)
    ? exitCodes.failed
    : codes.includes(exitCodes.refused)
      ? exitCodes.refused
      : exitCodes.ok

/** repeats runs on threads; says each, in the order given, as soon as it and those before it are done */
const verifyMany = async (io: Io, folders: readonly string[], flags: VerifyFlags): Promise<ExitCode> => {
  const json = flags.json ?? false
  const pool = inThreads(Math.min(Number(flags.workers), folders.length), {
    backend: backendName(io, flags.backend),
    threads: Number(flags.threads ?? 1),
    fallback: flags.fallback === true ? reportFallback(io) : undefined
  })
  const begun = folders.map(folder => ({ folder, result: pipe(pool.verify(folder), fromRecords(folder))() }))
  const codes = await pipe(
    begun,
    T.traverseSeqArray(({ folder, result }) =>
      pipe(
        () => result,
        TE.match(
          f => tellProblem(io, json, folder, f),
          v => tellVerdict(io, json, folder, v)
        )
      )
    )
  )()
  await pool.close()
  return worst(codes)
}

export const verifyCommand = (io: Io, folders: readonly string[], flags: VerifyFlags): Promise<ExitCode> => {
  const wrong = checkWorkers(Number(flags.workers))
  if (wrong !== undefined) {
    const f = failure(wrong)
    tellFailure(io, flags.json ?? false, f)
    return Promise.resolve(exitCodeOf(f))
  }
  const [only, ...others] = folders
  return only !== undefined && others.length === 0 ? verifyOne(io, only, flags) : verifyMany(io, folders, flags)
}
