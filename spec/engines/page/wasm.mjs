import * as gradfold from '../../../dist/index.js'
import { answer } from './answer.mjs'

answer(gradfold, gradfold.wasmThreads)
