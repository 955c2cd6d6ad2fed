/**
 * `npm run sweep:imports`: 10,000 damaged files of each format of other programs, each read within two seconds and a gigabyte above the
 * file, and read as another reader of its format reads it, with numbers that it holds, or refused by a typed error.
 */
import { expect, test } from 'vitest'
import * as onnx from '../format/onnx/damage.js'
import * as tfjs from '../format/tfjs/damage.js'

const files = Number(process.env['MUTATIONS'] ?? 200)
const formats: Readonly<Record<string, (seed: number) => () => string | undefined>> = {
  onnx: seed => {
    const bytes = onnx.damagedFile(seed)
    return () => onnx.otherwise(bytes)
  },
  tfjs: seed => {
    const damaged = tfjs.damagedFiles(seed)
    return () => tfjs.otherwise(damaged)
  }
}

test.each(Object.entries(formats))(
  'damaged files end in errors, or in what their bytes say, in time and memory: %s',
  { timeout: 1_800_000 },
  (format, damagedBy) => {
    const wrong: string[] = []
    let [longest, largest] = [0, 0]
    for (let seed = 0; seed < files; seed++) {
      const read = damagedBy(seed)
      const [memory, before] = [process.memoryUsage().rss, process.cpuUsage()]
      const said = read()
      const { user, system } = process.cpuUsage(before)
      longest = Math.max(longest, (user + system) / 1e6)
      largest = Math.max(largest, process.memoryUsage().rss - memory)
      if (said !== undefined) wrong.push(`${seed}: ${said}`)
    }
    if (files > 1000)
      console.log(
        `${format}: ${files} files, ${wrong.length} wrong: at most ${longest.toFixed(2)} s, ${Math.ceil(largest / 2 ** 20)} MiB more`
      )
    expect(wrong).toEqual([])
    expect(longest).toBeLessThan(2)
    expect(largest).toBeLessThan(2 ** 30)
  }
)
