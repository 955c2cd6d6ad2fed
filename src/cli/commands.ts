/** The commands: what each is called, takes and does. */
import { Argument, Option } from 'commander'
import { passNames } from '../backend/kernel/compile.js'
import { backendNames, defaultBackend } from '../backend/named.js'
import { auto, defaultThreads, maxThreads, type ComputeFlags } from './backend.js'
import type { ExitCode } from './exit.js'
import { explainCommand, type ExplainFlags } from './explain.js'
import type { Io } from './io.js'
import { familyNames, membersCommand } from './members.js'
import {
  atCommand,
  diffCommand,
  resumeCommand,
  verifyCommand,
  type AtFlags,
  type JsonFlag,
  type RecordFlags
} from './record.js'
import { profileCommand, type ProfileFlags } from './profile.js'
import type { ReportFlags } from './report.js'
import { searchCommand, type SearchFlags } from './search.js'
import { summaryCommand } from './summary.js'
import { trainCommand, type TrainFlags } from './train.js'

export interface CommandRecord {
  readonly name: string
  readonly description: string
  readonly args: readonly Argument[]
  readonly options: readonly Option[]
  /** a method, so that each command can say which flags its options give */
  run(io: Io, args: readonly string[], flags: object): Promise<ExitCode>
}

const runFile = new Argument('<run.json>', 'a run file, or - for standard input')
const record = new Argument('<folder>', 'the folder of a recorded run')

/** digits to a whole number; anything else stays what it is, and is refused where the number is used */
const whole = (text: string): number | string => (/^\d{1,15}$/.test(text) ? Number(text) : text)

const option = (flags: string, description: string): Option => new Option(flags, description)
const wholeOption = (flags: string, description: string): Option => option(flags, description).argParser(whole)

const backend = option('--backend <name>', 'what computes, auto: the fastest; the numbers are the same with each')
  .choices([...backendNames, auto])
  .default(defaultBackend)
const threadsOption = (description: string): Option =>
  option('--threads <n>', description).choices(Array.from({ length: maxThreads }, (_, i) => String(i + 1)))
const threads = threadsOption('threads of the wasm and native backends; the numbers do not depend on it').default(
  String(defaultThreads),
  'as many as the machine offers'
)
const fallback = option('--fallback', 'the reference backend where the other cannot run: slower, the same numbers')
const computing = [backend, threads, fallback]
const epochEvents = option('--json', 'print one JSON object per line: epoch, done, stopped, error')
const quiet = option('--quiet', 'print only how the run ended')

const running: readonly CommandRecord[] = [
  {
    name: 'train',
    description: 'trains, and prints loss and metrics of every epoch and of the final parameters',
    args: [runFile],
    options: [
      epochEvents,
      quiet,
      option('--record <folder>', 'record the run there, and resume it if it was interrupted'),
      option('--store <folder>', 'the same, in a folder there that is called after the run').conflicts('record'),
      wholeOption('--every <steps>', 'with these: checkpoints after so many steps too, besides those of epochs'),
      option('--again', 'with these: start anew what is recorded there'),
      ...computing
    ],
    run: (io, [path = ''], flags: TrainFlags) => trainCommand(io, path, flags)
  },
  {
    name: 'resume',
    description: 'resumes a recorded run that was interrupted',
    args: [record],
    options: [
      epochEvents,
      quiet,
      wholeOption('--every <steps>', 'checkpoints after so many steps too, besides those of epochs'),
      ...computing
    ],
    run: (io, [folder = ''], flags: RecordFlags) => resumeCommand(io, folder, flags)
  }
]

const recorded: readonly CommandRecord[] = [
  {
    name: 'verify',
    description: 'does a recorded run again and says whether it is identical, or where it first differs',
    args: [record],
    options: [option('--json', 'print one JSON object: identical, different, error'), ...computing],
    run: (io, [folder = ''], flags: ComputeFlags & JsonFlag) => verifyCommand(io, folder, flags)
  },
  {
    name: 'diff',
    description: 'compares two recorded runs: their run files, and the first step that differs',
    args: [new Argument('<a>', 'the folder of a recorded run'), new Argument('<b>', 'another')],
    options: [option('--json', 'print one JSON object: diff, error')],
    run: (io, [a = '', b = ''], flags: JsonFlag) => diffCommand(io, a, b, flags)
  },
  {
    name: 'at',
    description: 'saves the weights that a recorded run had after a step, as safetensors',
    args: [record],
    options: [
      wholeOption('--step <n>', 'steps taken').makeOptionMandatory(),
      option('--out <file>', 'the file to write').makeOptionMandatory(),
      ...computing
    ],
    run: (io, [folder = ''], flags: AtFlags) => atCommand(io, folder, flags)
  }
]

const picturing: readonly CommandRecord[] = [
  {
    name: 'report',
    description: 'writes an HTML page of a recorded run or study, or one that compares several runs',
    args: [new Argument('<folders...>', 'the folder of a recorded run or study, or those of several runs')],
    options: [
      option('--out <file>', 'the page to write (default: report.html in the folder; of several runs comparison.html)'),
      option('--no-data', 'leave out what needs the data: predictions'),
      ...computing
    ],
    // loaded when it is asked for: what draws pages takes as long to load as a short training takes
    run: async (io, folders, flags: ReportFlags) => (await import('./report.js')).reportCommand(io, folders, flags)
  }
]

const searching: readonly CommandRecord[] = [
  {
    name: 'search',
    description: 'searches for good settings: runs the trials of a study and prints what they gave',
    args: [new Argument('<study.json>', 'a study file, or - for standard input')],
    options: [
      wholeOption('--workers <n>', 'threads that carry out trials; the results do not depend on it').default(
        defaultThreads,
        'as many as the machine offers'
      ),
      option('--record <folder>', 'keep every finished trial there, and resume a study that was interrupted'),
      option('--resume', 'with --record: refuse a folder that holds no study yet'),
      option('--best <file>', 'write the run file of the best trial'),
      option('--report <file>', 'write an HTML page with tables and plots'),
      option('--json', 'print one JSON object per line: trial, done, stopped, error'),
      option('--quiet', 'print only how the study ended'),
      backend,
      fallback
    ],
    run: (io, [path = ''], flags: SearchFlags) => searchCommand(io, path, flags)
  }
]

const describing: readonly CommandRecord[] = [
  {
    name: 'summary',
    description: 'prints the layers of a model: labels, output shapes, parameters',
    args: [runFile],
    options: [],
    run: (io, [path = '']) => summaryCommand(io, path)
  },
  {
    name: 'explain',
    description: 'prints what the wasm backend makes of a training step: kernels, buffers, operations, bytes',
    args: [runFile],
    options: [
      threadsOption('threads to compile for').default('1'),
      option('--pass <name>', 'print the program as it is after this pass of the compiler instead').choices(passNames),
      option('--wat', 'print the WebAssembly modules as text instead').conflicts('pass')
    ],
    run: (io, [path = ''], flags: ExplainFlags) => explainCommand(io, path, flags)
  },
  {
    name: 'profile',
    description: 'trains for some steps and prints how long each kernel of a step takes on this machine',
    args: [runFile],
    options: [
      threadsOption('threads of the wasm backend').default('1'),
      wholeOption('--steps <n>', 'steps to measure').default(50)
    ],
    run: (io, [path = ''], flags: ProfileFlags) => profileCommand(io, path, flags)
  },
  {
    name: 'members',
    description: 'prints what may stand in run files and study files: tags, their fields and default values',
    args: [new Argument('[family]', 'one family alone').choices(familyNames)],
    options: [],
    run: (io, [name]) => membersCommand(io, name)
  }
]

export const commands: readonly CommandRecord[] = [...running, ...recorded, ...picturing, ...searching, ...describing]
