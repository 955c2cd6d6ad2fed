/**
 * Trains on a data set that does not fit in memory: GB gigabytes (default 10) of .npy files in a temporary folder, one epoch. Fails where the
 * anonymous memory of the process rises by more than 300 MB above what it was before. Linux: reads /proc/self/status.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adam, dense, epochs, input, meanSquaredError, model, relu, rmse, showError, trainStream, wasm } from 'gradfold'
import { streamNpy } from 'gradfold/files'

const width = 256
const rowBytes = 4 * width
const rows = Math.floor((Number(process.env.GB ?? 10) * 1e9) / rowBytes)
const limit = 300

/** a .npy file whose rows come in pieces */
const write = (path, columns, fill) => {
  const file = openSync(path, 'w')
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
  const padded = `${text.padEnd(128 - 10 - 1)}\n`
  writeSync(
    file,
    Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length, 0]), Buffer.from(padded)])
  )
  const piece = new Float32Array(16384 * columns)
  for (let from = 0; from < rows; from += 16384) {
    const count = Math.min(16384, rows - from)
    for (let i = 0; i < count; i++) fill(piece, i * columns, from + i)
    writeSync(file, new Uint8Array(piece.buffer, 0, 4 * count * columns))
  }
  closeSync(file)
}
/** whole numbers from -1 to 1 in steps of 1/64, by a mixing of (row, column) */
const number = (row, column) =>
  ((((Math.imul(row, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b)) >>> 9) % 129) - 64) / 64

const anonymous = () => Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? NaN) / 1000

const folder = mkdtempSync(join(tmpdir(), 'gradfold-stream-'))
try {
  const [x, y] = ['x.npy', 'y.npy'].map(name => join(folder, name))
  write(x, width, (to, at, row) => {
    for (let c = 0; c < width; c++) to[at + c] = number(row, c)
  })
  write(y, 1, (to, at, row) => {
    to[at] = (number(row, 0) + number(row, 7) - number(row, 100)) / 2
  })
  const stream = await streamNpy({ x, y })()
  if (stream._tag === 'Left') throw new Error(showError(stream.left))
  globalThis.gc?.()
  const before = anonymous()
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, anonymous())), 20)
  const begun = performance.now()
  const settings = {
    model: model(input(width), dense(8), relu, dense(1)),
    loss: meanSquaredError,
    optimizer: adam(0.01),
    metrics: [rmse],
    batchSize: 128,
    stop: epochs(1)
  }
  const trained = await trainStream(settings, { backend: wasm })(stream.right)()
  clearInterval(watch)
  if (trained._tag === 'Left') throw new Error(showError(trained.left))
  const seconds = (performance.now() - begun) / 1000
  const { loss, metrics } = trained.right.history[0]
  console.log(
    `${rows} rows of ${rowBytes} bytes, blocks of ${stream.right.blockSize}: loss ${loss.toPrecision(4)}, rmse ${metrics.rmse.toPrecision(4)}, ` +
      `${seconds.toFixed(0)} s, anonymous memory ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most`
  )
  if (!(peak - before < limit)) {
    console.error(`expected at most ${limit} MB more`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
