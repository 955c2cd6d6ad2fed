/** The command line: what is asked for, in commander's terms. */
import { Command, CommanderError, Option } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { backends, defaultBackend, defaultThreads, mostThreads } from './backend.js'
import { exitCodes, oneLine, type ExitCode } from './exit.js'
import { explainCommand } from './explain.js'
import type { Terminal } from './reporter.js'
import { summaryCommand } from './summary.js'
import { trainCommand, type TrainFlags } from './train.js'

export interface Io extends Terminal {
  /** everything on standard input */
  readonly stdin: () => Promise<Uint8Array>
  readonly version: string
}

const codes = `
Exit codes:
  0  the run ended well
  1  the run failed (a number stopped being finite, the backend cannot run here)
  2  nothing was run: the command line, the run file or the data are wrong`

const file = ['<run.json>', 'a run file, or - for standard input'] as const

const program = (io: Io, end: (code: Promise<ExitCode>) => void): Command => {
  const root = new Command('gradfold')
    .description('Trains neural networks as their run files say. The same run file gives the same bits everywhere.')
    .version(io.version)
    .addHelpText('after', codes)
    .exitOverride()
    .configureOutput({
      writeOut: text => void io.out.write(text),
      writeErr: text => void io.err.write(text),
      getOutHelpWidth: () => io.out.columns ?? 80,
      getErrHelpWidth: () => io.err.columns ?? 80,
      outputError: (text, write) =>
        write(
          `gradfold: ${oneLine(
            text
              .trim()
              .replace(/\n/g, ' ')
              .replace(/^error: /, '')
          )}\n`
        )
    })
  root
    .command('train')
    .description('trains, and prints loss and metrics of every epoch and of the final parameters')
    .argument(...file)
    .option('--json', 'print one JSON object per line: epoch, done, error')
    .option('--quiet', 'print only how the run ended')
    .addOption(
      new Option('--backend <name>', 'what computes; the numbers are the same with each')
        .choices(Object.keys(backends))
        .default(defaultBackend)
    )
    .addOption(
      new Option('--threads <n>', 'threads of the wasm backend; the numbers do not depend on it')
        .choices(Array.from({ length: mostThreads }, (_, i) => String(i + 1)))
        .default(String(defaultThreads), 'as many as the machine offers')
    )
    .addHelpText('after', codes)
    .action((path: string, flags: TrainFlags) => end(trainCommand(io, path, flags)))
  root
    .command('summary')
    .description('prints the layers of a model: labels, output shapes, parameters')
    .argument(...file)
    .addHelpText('after', codes)
    .action((path: string) => end(summaryCommand(io, path)))
  root
    .command('explain')
    .description('prints what the wasm backend makes of a training step: kernels, operations, bytes')
    .argument(...file)
    .addHelpText('after', codes)
    .action((path: string) => end(explainCommand(io, path)))
  return root
}

/** memory that runs out, or a mistake of gradfold's own: said in one line like every other failure */
const unforeseen =
  (io: Io) =>
  (e: unknown): ExitCode => {
    io.err.write(`${oneLine(`gradfold: ${e instanceof Error ? `${e.name}: ${e.message}` : String(e)}`)}\n`)
    return exitCodes.failed
  }

/** Carries out a command line, without the name of the command itself. Never throws. */
export const run = (args: readonly string[], io: Io): Promise<ExitCode> =>
  new Promise<ExitCode>(resolve => {
    const parsed = E.tryCatch(
      () => program(io, resolve).parse(args, { from: 'user' }),
      e => e
    )
    if (E.isRight(parsed)) return
    const e = parsed.left
    if (!(e instanceof CommanderError)) resolve(unforeseen(io)(e))
    else resolve(e.exitCode === 0 ? exitCodes.ok : exitCodes.refused)
  }).catch(unforeseen(io))
