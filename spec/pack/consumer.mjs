// Run by plain Node in a project that has installed the packed package: every entry loads and gives something.
import * as core from 'gradfold'
import * as codec from 'gradfold/codec'
import * as laws from 'gradfold/laws'
import * as arrays from 'gradfold/ndarray'

const entries = { core, codec, laws, arrays }
const empty = Object.keys(entries).filter(name => Object.keys(entries[name]).length === 0)
if (empty.length > 0) throw new Error(`nothing exported: ${empty.join(', ')}`)
console.log('consumer: ok')
