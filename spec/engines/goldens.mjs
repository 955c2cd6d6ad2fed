// Makes spec/golden/digests.json: what the golden runs give on the reference backend. The compiled engine must agree before it is written.
// To be run when the numerics contract changes or a member is added (`node spec/engines/goldens.mjs`), never to quiet a difference.
import { readFileSync, writeFileSync } from 'node:fs'
import * as gradfold from '../../dist/index.js'
import { reference } from '../../dist/ndarray.js'
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

const about = 'SHA-256 of the golden runs of spec/engines/golden.mjs on the reference backend'
writeFileSync(file, `${JSON.stringify({ about, digests }, null, 1)}\n`)
const changed = differing(before, digests)
console.log(`${Object.keys(digests).length} digests, ${changed.length} of them new or changed\n${changed.join('\n')}`)
