import { Readable, Writable } from 'node:stream'
import { run } from '../../src/cli/command.js'
import type { Io } from '../../src/cli/io.js'

/** a stream that remembers what was written */
export class Memory extends Writable {
  text = ''
  readonly columns = 90
  constructor(readonly isTTY = false) {
    super({ decodeStrings: false })
  }
  override _write(chunk: string, _: string, done: () => void): void {
    this.text += chunk
    done()
  }
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}
/** the command, in this process; a clock that moves a second whenever it is read */
export const gradfold = async (
  args: readonly string[],
  {
    tty = false,
    stdin = '',
    env = {}
  }: { readonly tty?: boolean; readonly stdin?: string; readonly env?: Io['env'] } = {}
): Promise<Ran> => {
  const [out, err] = [new Memory(tty), new Memory(tty)]
  let time = 0
  const io: Io = {
    out,
    err,
    now: () => (time += 1000),
    animated: tty,
    stdin: () => Readable.from([new TextEncoder().encode(stdin)]),
    version: '1.2.3',
    env,
    onEndSignal: () => () => undefined
  }
  const code = await run(args, io)
  return { code, out: out.text, err: err.text }
}

/** numbers that depend on arithmetic, masked: the form of the output is what is tested */
export const masked = (text: string): string => text.replace(/\d[\d,]*(\.\d+)?(e-?\d+)?/g, '#')
