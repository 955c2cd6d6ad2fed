#!/usr/bin/env node
/** The command gradfold. */
import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { run } from './command.js'

const { stdin, stdout, stderr, env } = process

// a reader that has seen enough (`gradfold train run.json | head`) ends the command, quietly
stdout.on('error', () => process.exit())
stderr.on('error', () => process.exit())

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

process.exitCode = await run(process.argv.slice(2), {
  out: stdout,
  err: stderr,
  now: () => performance.now(),
  animated: stderr.isTTY && env['TERM'] !== 'dumb',
  stdin: async () => new Uint8Array(await buffer(stdin)),
  version,
  onInterrupt: f => {
    process.once('SIGINT', f)
    return () => void process.off('SIGINT', f)
  }
})
