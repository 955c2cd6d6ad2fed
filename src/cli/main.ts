#!/usr/bin/env node
/** The command gradfold. */
import { readFileSync } from 'node:fs'
import * as IORef from 'fp-ts/lib/IORef.js'
import { run } from './command.js'
import { exitCodes } from './exit.js'

const { stdin, stdout, stderr, env } = process

// A reader that has seen enough (`gradfold train run.json | head`) ends the command as Ctrl-C does: quietly, and what is recorded is saved.
// What cannot be written for another reason (a disk that is full) is a failure: nobody has read how the run ended.
const closed = IORef.newIORef(false)()
const unwritten = (e: NodeJS.ErrnoException): void => {
  if (e.code !== 'EPIPE') {
    if (!stderr.destroyed) stderr.write(`gradfold: output: expected a place that can be written, got ${e.code}\n`)
    process.exit(exitCodes.failed)
  }
  if (!closed.read()) process.kill(process.pid, 'SIGINT')
  closed.write(true)()
}
stdout.on('error', unwritten)
stderr.on('error', unwritten)

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
  onInterrupt: f => {
    process.once('SIGINT', f)
    return () => void process.off('SIGINT', f)
  }
})
