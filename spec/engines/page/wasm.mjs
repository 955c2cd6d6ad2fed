import * as gradfold from '../../../dist/index.js'
import { answer } from './answer.mjs'

// threads of a page are there before the first training, and work on one after another
answer(gradfold, async threads => {
  if (threads === 1) return gradfold.wasm
  const crew = await gradfold.wasmThreadPool(threads)()
  if (crew._tag === 'Left') throw new Error(JSON.stringify(crew.left))
  return crew.right
})
