/** The command line: what is asked for, in commander's terms. */
import { Argument, Command, CommanderError, Option } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { passNames } from '../backend/kernel/compile.js'
import { backends, defaultBackend } from '../backend/named.js'
import { defaultThreads, mostThreads, type ComputeFlags } from './backend.js'
import { exitCodes, oneLine, type ExitCode } from './exit.js'
import { explainCommand, type ExplainFlags } from './explain.js'
import { familyNames, membersCommand } from './members.js'
import { profileCommand, type ProfileFlags } from './profile.js'
import type { Terminal } from './reporter.js'
import { searchCommand, type SearchFlags } from './search.js'
import { summaryCommand } from './summary.js'
import {
  atCommand,
  diffCommand,
  resumeCommand,
  verifyCommand,
  type AtFlags,
  type JsonFlag,
  type RecordFlags
} from './record.js'
import { trainCommand, type TrainFlags } from './train.js'

export interface Io extends Terminal {
  /** calls back when the user asks the command to end (Ctrl-C), once: a second time ends it at once. Gives what takes that back. */
  readonly onInterrupt: (f: () => void) => () => void
  /** everything on standard input */
  readonly stdin: () => Promise<Uint8Array>
  readonly version: string
}

const codes = `
Exit codes:
  0  the run ended well
  1  the run failed (a number stopped being finite, the backend cannot run here), what was compared differs, or no trial gave a value
  2  nothing was run: the command line, the run file, the record or the data are wrong
  130  a recorded run or study was interrupted (Ctrl-C); it is saved, and how to go on is printed`

const file = ['<run.json>', 'a run file, or - for standard input'] as const

const record = ['<folder>', 'the folder of a recorded run'] as const

const backendOption = (): Option =>
  new Option('--backend <name>', 'what computes; the numbers are the same with each')
    .choices(Object.keys(backends))
    .default(defaultBackend)
const manyThreads = (text: string): Option =>
  new Option('--threads <n>', text).choices(Array.from({ length: mostThreads }, (_, i) => String(i + 1)))
const threadsOption = (): Option =>
  manyThreads('threads of the wasm backend; the numbers do not depend on it').default(
    String(defaultThreads),
    'as many as the machine offers'
  )
const fallbackOption = (): Option =>
  new Option('--fallback', 'the reference backend where the other cannot run: slower, the same numbers')
/** digits to a whole number; anything else stays what it is, and is refused where the number is used */
const steps = (text: string): number | string => (/^\d{1,15}$/.test(text) ? Number(text) : text)

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
  const computing = (c: Command): Command =>
    c.addOption(backendOption()).addOption(threadsOption()).addOption(fallbackOption())
  computing(
    root
      .command('train')
      .description('trains, and prints loss and metrics of every epoch and of the final parameters')
      .argument(...file)
      .option('--json', 'print one JSON object per line: epoch, done, stopped, error')
      .option('--quiet', 'print only how the run ended')
      .option('--record <folder>', 'record the run there, and go on with it if it was broken off')
      .addOption(
        new Option('--store <folder>', 'the same, in a folder there that is called after the run').conflicts('record')
      )
      .option('--every <steps>', 'with these: checkpoints after so many steps too, besides those of epochs', steps)
      .option('--again', 'with these: begin anew what is recorded there')
  )
    .addHelpText('after', codes)
    .action((path: string, flags: TrainFlags) => end(trainCommand(io, path, flags)))
  computing(root.command('resume'))
    .description('goes on with a recorded run that was broken off')
    .argument(...record)
    .option('--json', 'print one JSON object per line: epoch, done, stopped, error')
    .option('--quiet', 'print only how the run ended')
    .option('--every <steps>', 'checkpoints after so many steps too, besides those of epochs', steps)
    .addHelpText('after', codes)
    .action((folder: string, flags: RecordFlags) => end(resumeCommand(io, folder, flags)))
  computing(root.command('verify'))
    .description('does a recorded run again and says whether it is identical, or where it first differs')
    .argument(...record)
    .option('--json', 'print one JSON object: identical, different, error')
    .addHelpText('after', codes)
    .action((folder: string, flags: ComputeFlags & JsonFlag) => end(verifyCommand(io, folder, flags)))
  root
    .command('diff')
    .description('compares two recorded runs: their run files, and the first step that differs')
    .argument('<a>', 'the folder of a recorded run')
    .argument('<b>', 'another')
    .option('--json', 'print one JSON object: diff, error')
    .addHelpText('after', codes)
    .action((a: string, b: string, flags: JsonFlag) => end(diffCommand(io, a, b, flags)))
  computing(root.command('at'))
    .description('saves the weights that a recorded run had after a step, as safetensors')
    .argument(...record)
    .requiredOption('--step <n>', 'steps taken', steps)
    .requiredOption('--out <file>', 'the file to write')
    .addHelpText('after', codes)
    .action((folder: string, flags: AtFlags) => end(atCommand(io, folder, flags)))
  root
    .command('search')
    .description('searches for good settings: runs the trials of a study and prints what they gave')
    .argument('<study.json>', 'a study file, or - for standard input')
    .addOption(
      new Option('--workers <n>', 'threads that carry out trials; the results do not depend on it')
        .argParser(steps)
        .default(defaultThreads, 'as many as the machine offers')
    )
    .option('--record <folder>', 'keep every finished trial there, and go on with a study that was broken off')
    .option('--resume', 'with --record: refuse a folder that holds no study yet')
    .option('--best <file>', 'write the run file of the best trial')
    .option('--report <file>', 'write an HTML page with tables and plots')
    .option('--json', 'print one JSON object per line: trial, done, stopped, error')
    .option('--quiet', 'print only how the study ended')
    .addOption(backendOption())
    .addOption(fallbackOption())
    .addHelpText('after', codes)
    .action((path: string, flags: SearchFlags) => end(searchCommand(io, path, flags)))
  root
    .command('summary')
    .description('prints the layers of a model: labels, output shapes, parameters')
    .argument(...file)
    .addHelpText('after', codes)
    .action((path: string) => end(summaryCommand(io, path)))
  root
    .command('explain')
    .description('prints what the wasm backend makes of a training step: kernels, buffers, operations, bytes')
    .argument(...file)
    .addOption(manyThreads('threads to compile for').default('1'))
    .addOption(
      new Option('--pass <name>', 'print the program as it is after this pass of the compiler instead').choices(
        passNames
      )
    )
    .addOption(new Option('--wat', 'print the WebAssembly modules as text instead').conflicts('pass'))
    .addHelpText('after', codes)
    .action((path: string, flags: ExplainFlags) => end(explainCommand(io, path, flags)))
  root
    .command('profile')
    .description('trains for some steps and prints how long each kernel of a step takes on this machine')
    .argument(...file)
    .addOption(manyThreads('threads of the wasm backend').default('1'))
    .addOption(new Option('--steps <n>', 'steps to measure').argParser(steps).default(50))
    .addHelpText('after', codes)
    .action((path: string, flags: ProfileFlags) => end(profileCommand(io, path, flags)))
  root
    .command('members')
    .description('prints what may stand in run files and study files: tags, their fields and usual values')
    .addArgument(new Argument('[family]', 'one family alone').choices(familyNames))
    .addHelpText('after', codes)
    .action((name?: string) => end(membersCommand(io, name)))
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
