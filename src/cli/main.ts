#!/usr/bin/env node
/** The command gradfold. */
import { readFileSync } from 'node:fs'
import * as IORef from 'fp-ts/lib/IORef.js'
import { run } from './command.js'
import { exitCodes } from './exit.js'
import { endSignals, type EndSignal } from './io.js'

const { stdin, stdout, stderr, env } = process

// A reader that closes the pipe early (`gradfold train run.json | head`) ends the command quietly, as Ctrl-C does, and
// the record is saved. Any other write error (a full disk) is a failure: the output of the run is incomplete.
const asked = IORef.newIORef(false)()
const unwritten =
  (stream: NodeJS.WriteStream) =>
  (e: NodeJS.ErrnoException): void => {
    // a closed terminal gives EIO
    if (e.code !== 'EPIPE' && !(e.code === 'EIO' && stream.isTTY)) {
      if (!stderr.destroyed) stderr.write(`gradfold: output: expected a place that can be written, got ${e.code}\n`)
      process.exit(exitCodes.failed)
    }
    if (!asked.read()) process.kill(process.pid, 'SIGINT')
    asked.write(true)()
  }
stdout.on('error', unwritten(stdout))
stderr.on('error', unwritten(stderr))

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

process.exitCode = await run(process.argv.slice(2), {
  out: stdout,
  err: stderr,
  now: () => performance.now(),
  animated: stderr.isTTY && env['TERM'] !== 'dumb',
  stdin: () => stdin,
  version,
  env,
  onEndSignal: f => {
    const first = IORef.newIORef(true)()
    const heard = (signal: NodeJS.Signals): void => {
      asked.write(true)()
      if (first.read()) f(signal as EndSignal)
      first.write(false)()
    }
    process.once('SIGINT', heard)
    process.once('SIGTERM', heard)
    process.on('SIGHUP', heard)
    return () => {
      for (const signal of endSignals) process.off(signal, heard)
    }
  }
})
