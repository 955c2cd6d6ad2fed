/** What `explain` says is what the engine does. */
import { describe, expect, it } from 'vitest'
import { explain } from '../../../src/backend/kernel/explain.js'
import { add, input, matmul, mul, sub } from '../../../src/expr/build.js'
import { program } from '../../../src/expr/program.js'
import { right } from '../../support/either.js'

describe('explain', () => {
  it('tells kernels with what they read and write, where buffers lie and how long, and the totals', () => {
    const [x, w] = [input('x', 'f32', [2, 3]), input('w', 'f32', [3, 4])]
    const y = add(matmul(x, w), 1)
    expect(explain(right(program({ y: mul(y, y), w: sub(w, mul(w, 0.5)) })))).toMatchInlineSnapshot(`
      "|    | kernel | size          | operations | reads | writes | flops | bytes |
      | -: | :----- | :------------ | :--------- | :---- | :----- | ----: | ----: |
      |  0 | matmul | [2, 3] [3, 4] | matmul     | x, w  | t0     |    48 |   104 |
      |  1 | map    | [2, 4]        | mul add    | t0    | y      |    16 |    64 |
      |  2 | map    | [3, 4]        | sub mul    | w     | w      |    24 |    96 |

      | buffer | type | address | bytes | kernels |
      | :----- | :--- | ------: | ----: | ------: |
      | w      | f32  |     512 |    48 |  0 to 2 |
      | x      | f32  |     576 |    24 |       0 |
      | t0     | f32  |   15232 |    32 |  0 to 1 |
      | y      | f32  |   15296 |    32 |       1 |

      9 nodes, 9 after simplification, 3 kernels, 4 buffers
      88 floating-point operations, 264 bytes moved, 15616 bytes of memory"
    `)
  })
})
