// Makes spec/golden/digests.json: what the golden runs give on the reference backend. The compiled engine must agree before it is written.
// To be run when the numerics contract changes, never to quiet a difference. With `--new` (`npm run update`) only digests of new members are
// added: where one that is there would change, nothing is written.
import { readFileSync, writeFileSync } from 'node:fs'
import * as gradfold from '../../dist/node/index.js'
import { reference } from '../../dist/node/ndarray.js'
import { differing, goldenRuns } from './golden.mjs'

const file = new URL('../golden/digests.json', import.meta.url)
const before = (() => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).digests
  } catch {
    return {}
  }
})()

const digests = await goldenRuns(gradfold, reference)
const wrong = differing(digests, await goldenRuns(gradfold, gradfold.wasm))
if (wrong.length > 0) throw new Error(`the backends differ, nothing is written:\n${wrong.join('\n')}`)

const changed = differing(before, digests)
const known = changed.filter(name => name in before)
if (process.argv.includes('--new') && known.length > 0)
  throw new Error(`these golden runs have other bits now, nothing is written:\n${known.join('\n')}`)

const about = 'SHA-256 of the golden runs of spec/engines/golden.mjs on the reference backend'
writeFileSync(file, `${JSON.stringify({ about, digests }, null, 1)}\n`)
console.log(`${Object.keys(digests).length} digests, ${changed.length} of them new or changed\n${changed.join('\n')}`)
