/** The commands: what each is called, takes and does. */
import { Argument, Option } from 'commander'
import { passNames } from '../backend/kernel/compile.js'
import { backendNames, defaultBackend } from '../backend/named.js'
import { formats } from '../format/formats.js'
import { auto, defaultThreads, maxThreads } from './backend.js'
import { collectCommand, type CollectFlags } from './collect.js'
import type { ExitCode } from './exit.js'
import { evaluateCommand, type EvaluateFlags } from './evaluate.js'
import { explainCommand, type ExplainFlags } from './explain.js'
import { initCommand, type InitFlags } from './init.js'
import { exportFormats, type ExportFlags } from './export-formats.js'
import type { ImportFlags } from './import.js'
import type { Io } from './io.js'
import { familyNames, membersCommand } from './members.js'
import { atCommand, diffCommand, resumeCommand, type AtFlags, type JsonFlag, type RecordFlags } from './record.js'
import { predictCommand, type PredictFlags } from './predict.js'
import { profileCommand, type ProfileFlags } from './profile.js'
import type { PlotFlags } from './plot.js'
import type { ReportFlags } from './report.js'
import { searchCommand, type SearchFlags } from './search.js'
import { summaryCommand } from './summary.js'
import { trainCommand, type TrainFlags } from './train.js'
import { trialCommand, type TrialFlags } from './trial.js'
import { verifyCommand, type VerifyFlags } from './verify.js'
import { workCommand, type WorkFlags } from './work.js'

const formatNames = Object.keys(formats)

export interface CommandRecord {
  readonly name: string
  readonly description: string
  readonly args: readonly Argument[]
  readonly options: readonly Option[]
  /** a method, because methods are bivariant: each command can state the type of its flags */
  run(io: Io, args: readonly string[], flags: object): Promise<ExitCode>
}

const runFile = new Argument('<run.json>', 'a run file, or - for standard input')
const record = new Argument('<folder>', 'the folder of a recorded run')

/** digits as a whole number; anything else stays text, and the code that uses the number refuses it */
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

const watch = wholeOption(
  '--watch <steps>',
  'of a record: also weights, gradients, outputs of layers and dead units every this many steps, for report'
)

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
      wholeOption('--every <steps>', 'with these: also a checkpoint every this many steps, not only after epochs'),
      watch,
      option('--serve', 'with --record: show its report in the browser while it trains, on this machine alone'),
      wholeOption('--port <n>', 'with --serve: the port (default: any that is free)'),
      option('--again', 'with these: replace the record there and start again'),
      option('--out <file>', 'save the trained pipeline there, of data with named columns: predict takes it'),
      wholeOption('--seeds <n>', 'train it with n seeds: mean, spread and interval of every score'),
      wholeOption('--folds <k>', 'k-fold cross-validation: the same for k folds').conflicts('seeds'),
      wholeOption('--workers <n>', 'with these: trainings at a time (default: as many as the machine offers)'),
      option('--queue <address>', 'with these: let the workers of a queue train: redis://, rediss:// or postgres://'),
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
      wholeOption('--every <steps>', 'also a checkpoint every this many steps, not only after epochs'),
      watch,
      ...computing
    ],
    run: (io, [folder = ''], flags: RecordFlags) => resumeCommand(io, folder, flags)
  }
]

const recorded: readonly CommandRecord[] = [
  {
    name: 'verify',
    description: 'does recorded runs again and says whether each is identical, or where it first differs',
    args: [new Argument('<folders...>', 'the folder of a recorded run, or those of several')],
    options: [
      option('--json', 'print one JSON object for each: identical, different, error'),
      wholeOption('--workers <n>', 'of several: runs at a time, each on a thread').default(
        defaultThreads,
        'as many as the machine offers'
      ),
      backend,
      threadsOption('threads of each run (default: as many as the machine offers; of several runs 1)'),
      fallback
    ],
    run: (io, folders, flags: VerifyFlags) => verifyCommand(io, folders, flags)
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
    description: 'saves the weights that a recorded run had after a step',
    args: [record],
    options: [
      wholeOption(
        '--step <n>',
        'steps taken; or best, the epoch with the smallest loss, or last'
      ).makeOptionMandatory(),
      option('--out <file>', 'the file to write; one that ends in .gradfold is a pipeline').makeOptionMandatory(),
      option('--format <name>', 'its format; by default what its name says, else safetensors').choices(formatNames),
      ...computing
    ],
    run: (io, [folder = ''], flags: AtFlags) => atCommand(io, folder, flags)
  }
]

const model = new Argument('<model>', 'a pipeline that train --out saved, or the folder of a recorded run')
const tables: readonly CommandRecord[] = [
  {
    name: 'init',
    description: 'prints a run file to begin with, for a table: its columns as they seem to be, and a small model',
    args: [new Argument('<table>', 'a CSV file')],
    options: [option('--target <columns...>', 'what is predicted; the last column where it is left out')],
    run: (io, [path = ''], flags: InitFlags) => initCommand(io, path, flags)
  },
  {
    name: 'predict',
    description: 'predicts new rows, in the units of the data, with names and probabilities of classes',
    args: [model, new Argument('<rows>', 'CSV, or a line of JSON for each row; - for standard input')],
    options: [
      option('--out <file>', 'write there instead of to standard output'),
      option('--json', 'print a line of JSON for each row'),
      option('--bad-rows <policy>', 'refuse: write nothing; keep: write them, and what is wrong as the column error')
        .choices(['refuse', 'keep'])
        .default('refuse'),
      ...computing
    ],
    run: (io, [path = '', rows = ''], flags: PredictFlags) => predictCommand(io, path, rows, flags)
  },
  {
    name: 'evaluate',
    description: 'predicts rows whose targets are known, and prints how well, in the units of the data',
    args: [model, new Argument('<rows>', 'CSV, or a line of JSON for each row; - for standard input')],
    options: [option('--json', 'print one JSON object'), ...computing],
    run: (io, [path = '', rows = ''], flags: EvaluateFlags) => evaluateCommand(io, path, rows, flags)
  }
]

const exporting: readonly CommandRecord[] = [
  {
    name: 'export',
    description: 'writes the network of a trained model, or a recorded run or study, as files of other programs',
    args: [new Argument('<path>', 'the file of a pipeline, or the folder of a recorded run or study')],
    options: [
      option(
        '--to <format>',
        'of a model, onnx or tfjs: the network and its weights; safetensors: the weights. Of a run or study, tensorboard: event files; csv, parquet: tables of steps and epochs, or of trials. Of a study, optuna: its journal'
      )
        .choices(exportFormats)
        .makeOptionMandatory(),
      option(
        '--out <path>',
        'the file to write, for tfjs model.json with a .bin beside it; for tensorboard, csv and parquet the folder'
      ).makeOptionMandatory(),
      wholeOption(
        '--step <n>',
        'of a recorded run: steps taken; or best, the epoch with the smallest loss, or last'
      ).default('last'),
      wholeOption('--opset <n>', 'of onnx: the version of its operators, 17 to 21 (default: 17)'),
      wholeOption('--batch <n>', 'of onnx: examples in a batch (default: any number)'),
      ...computing
    ],
    // loaded when it is asked for: what writes protobuf
    run: async (io, [path = ''], flags: ExportFlags) => (await import('./export.js')).exportCommand(io, path, flags)
  },
  {
    name: 'import',
    description: 'reads the network of a file of another program, and writes its model and weights as safetensors',
    args: [new Argument('<file>', 'an ONNX file, or the model.json of tfjs with its binary files beside it')],
    options: [
      option(
        '--out <file>',
        'the file to write: weights as tensors, the model as JSON in its metadata'
      ).makeOptionMandatory(),
      option(
        '--outputs <names>',
        'of ONNX: which outputs of the file the network gives, with commas between (default: all)'
      )
    ],
    run: async (io, [path = ''], flags: ImportFlags) => (await import('./import.js')).importCommand(io, path, flags)
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
  },
  {
    name: 'plot',
    description: 'prints a curve of a recorded run, finished or not, as text',
    args: [record],
    options: [
      option('--of <name>', 'what is drawn: loss, a metric, a setting, or one of these of epochs').default('loss')
    ],
    run: async (io, [folder = ''], flags: PlotFlags) => (await import('./plot.js')).plotCommand(io, folder, flags)
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
      option('--queue <address>', 'let the workers of a queue run the trials: redis://, rediss:// or postgres://'),
      option('--resume', 'with --record: refuse a folder that holds no study yet'),
      option('--best <file>', 'write the run file of the best trial'),
      option('--report <file>', 'write an HTML page with tables and plots'),
      option('--json', 'print one JSON object per line: trial, done, stopped, error'),
      option('--quiet', 'print only how the study ended'),
      backend,
      fallback
    ],
    run: (io, [path = ''], flags: SearchFlags) => searchCommand(io, path, flags)
  },
  {
    name: 'work',
    description: 'takes trials from a queue and runs them, until it is stopped',
    args: [new Argument('<address>', 'redis://, rediss:// or postgres://, as for search --queue')],
    options: [
      wholeOption('--workers <n>', 'trials at a time, each on a thread').default(
        defaultThreads,
        'as many as the machine offers'
      ),
      wholeOption(
        '--lock <seconds>',
        'silence after which this worker counts as lost, and others run its trials'
      ).default(30),
      option('--quiet', 'print nothing but problems'),
      backend,
      fallback
    ],
    run: (io, [address = ''], flags: WorkFlags) => workCommand(io, address, flags)
  },
  {
    name: 'trial',
    description: 'runs one trial of a study and keeps it in a folder that many processes share: for batch systems',
    args: [new Argument('<study.json>', 'a study file, or - for standard input')],
    options: [
      wholeOption(
        '--index <n>',
        "the trial's number in the study (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX)"
      ),
      wholeOption('--first <n>', 'a number that is added to the index, for systems that count from 0').default(0),
      option('--out <folder>', 'the folder of the study').makeOptionMandatory(),
      option('--json', 'print the trial as one JSON object'),
      backend,
      threadsOption('threads of the trial (default: SLURM_CPUS_PER_TASK or SLURM_CPUS_ON_NODE, else the machine)'),
      fallback
    ],
    run: (io, [path = ''], flags: TrialFlags) => trialCommand(io, path, flags)
  },
  {
    name: 'collect',
    description: 'says which trials a study in a folder needs next, or what it came to',
    args: [new Argument('<folder>', 'the folder of a study')],
    options: [
      option('--study <study.json>', 'start the folder with this study file'),
      option('--array', 'print only the numbers of the trials, as --array of Slurm takes them; nothing at the end'),
      option('--json', 'print one JSON object: round, done, error').conflicts('array')
    ],
    run: (io, [folder = ''], flags: CollectFlags) => collectCommand(io, folder, flags)
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
    description: 'prints what run files and study files may contain: tags, their fields and default values',
    args: [new Argument('[family]', 'one family alone').choices(familyNames)],
    options: [],
    run: (io, [name]) => membersCommand(io, name)
  }
]

export const commands: readonly CommandRecord[] = [
  ...running,
  ...tables,
  ...recorded,
  ...exporting,
  ...picturing,
  ...searching,
  ...describing
]
