/**
 * Barriers: a counter and a generation number in shared memory. A thread polls first, because the others mostly arrive
 * soon; then it sleeps until it is woken.
 */
import {
  block,
  br,
  br_if,
  call,
  func,
  i32,
  if_,
  local,
  loop,
  memory,
  unreachable,
  type Func,
  type ImportFunc,
  type Local
} from '../assemble/index.js'
import { arrivedAddr, generationAddr, spinCountAddr } from '../../kernel/thread-memory.js'

/** the last thread to arrive starts the next generation and wakes all others */
const release = (threads: number, mine: Local<'i32'>, left: Local<'i32'>): void => {
  i32.const(0)
  i32.const(0)
  i32.atomic.store({ offset: arrivedAddr })
  i32.const(0)
  local.get(mine)
  i32.const(1)
  i32.add()
  i32.atomic.store({ offset: generationAddr })
  i32.const(0)
  i32.const(threads)
  memory.atomic.notify({ offset: generationAddr })
  local.set(left)
}
/** the other threads poll for the next generation for a while, then sleep until it begins */
const wait = (mine: Local<'i32'>, left: Local<'i32'>, sleep: ImportFunc): void => {
  i32.const(0)
  i32.load({ offset: spinCountAddr })
  i32.const(1)
  i32.or()
  local.set(left)
  const moved = (): void => {
    i32.const(0)
    i32.atomic.load({ offset: generationAddr })
    local.get(mine)
    i32.ne()
  }
  block(() => {
    loop(() => {
      moved()
      br_if(1)
      local.get(left)
      i32.const(1)
      i32.sub()
      local.tee(left)
      br_if(0)
    })
    loop(() => {
      local.get(mine)
      call(sleep)
      if_(() => {
        unreachable()
      })
      moved()
      br_if(1)
      br(0)
    })
  })
}

/**
 * `sleep` waits until the generation differs from the given one, and returns 1 if it gave up: then a thread is dead,
 * and the trap becomes an error.
 */
export const emitBarrier = (threads: number, sleep: ImportFunc): Func =>
  func({ in: [], locals: ['i32', 'i32'], out: [] }, (_, [mine, left]) => {
    i32.const(0)
    i32.atomic.load({ offset: generationAddr })
    local.set(mine)
    i32.const(0)
    i32.const(1)
    i32.atomic.rmw.add({ offset: arrivedAddr })
    i32.const(threads - 1)
    i32.eq()
    if_(
      () => release(threads, mine, left),
      () => wait(mine, left, sleep)
    )
  })
