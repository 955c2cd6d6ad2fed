/** The command line, defined with commander. */
import { Command, CommanderError } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { commands } from './commands.js'
import { exitCodes, oneLine, type ExitCode } from './exit.js'
import type { Io } from './io.js'

const codes = `
Exit codes:
  0  the run ended well
  1  the run failed (a number stopped being finite, the backend cannot run here, the disk is full), what was compared differs, or no trial gave a value
  2  nothing was run: the command line, the run file, the record or the data are wrong
  130, 143, 129  a recorded run or study was interrupted (Ctrl-C, SIGTERM, SIGHUP); it is saved, and how to resume it is printed`

const shownError = (text: string): string =>
  `gradfold: ${oneLine(
    text
      .trim()
      .replace(/\n/g, ' ')
      .replace(/^error: /, '')
  )}\n`

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
      outputError: (text, write) => write(shownError(text))
    })
  for (const record of commands) {
    const { name, description, args, options } = record
    const command = root.command(name).description(description).addHelpText('after', codes)
    for (const argument of args) command.addArgument(argument)
    for (const option of options) command.addOption(option)
    command.action(() => end(record.run(io, command.args, command.opts())))
  }
  return root
}

/** reports an unexpected exception (out of memory, or a fault of gradfold) in one line like every other failure */
const unforeseen =
  (io: Io) =>
  (e: unknown): ExitCode => {
    io.err.write(`${oneLine(`gradfold: ${e instanceof Error ? `${e.name}: ${e.message}` : String(e)}`)}\n`)
    return exitCodes.failed
  }

/** Runs a command line, without the name of the command itself. Never throws. */
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
