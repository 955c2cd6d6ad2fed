// A program that does nothing: how long the engine takes until its first line.
import { importDone, said } from './timing.mjs'

importDone()
console.log(JSON.stringify(said()))
