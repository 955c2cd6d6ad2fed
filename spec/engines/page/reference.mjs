import * as gradfold from '../../../dist/index.js'
import { reference } from '../../../dist/ndarray.js'
import { answer } from './answer.mjs'

answer(gradfold, () => reference)
