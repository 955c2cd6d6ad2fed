/** Nested loops over a collapsed iteration space; walkers (byte offsets, indexes) advance with them. */
import { block, br_if, func, i32, local, loop, type Func, type Local } from '../assemble/index.js'
import type { Expr } from '../../../expr/op.js'
import type { Dims } from '../../../value/shape.js'
import type { Body } from '../../kernel/body.js'
import { i4, integer, set, type Push } from './lanes.js'
import { startOf, width, type AddressOf, type Library, type Scope, type Start } from './scope.js'

export type Procedure = Func
export interface Where {
  readonly address: AddressOf
  readonly library: Library
}

/** adds to an integer local */
export const advance = (l: Local, by: number | Push): void => {
  if (by === 0) return
  local.get(l)
  if (typeof by === 'number') i32.const(by | 0)
  else by()
  i32.add()
  local.set(l)
}

/** runs the inside until the counter, which starts above 0, is 0 */
const countDown = (counter: Local<'i32'>, inside: () => void): void => {
  loop(() => {
    inside()
    local.get(counter)
    i32.const(1)
    i32.sub()
    local.tee(counter)
    br_if(0)
  })
}

/** runs the inside `count` times */
export const times = (counter: Local, count: number, inside: () => void): void => {
  if (count <= 0) return
  if (count === 1) {
    inside()
    return
  }
  set(counter, integer(count))
  countDown(counter as Local<'i32'>, inside)
}

/** runs the inside as often as the counter says at the start, possibly 0 times */
export const repeat = (counter: Local<'i32'>, inside: () => void): void => {
  block(() => {
    local.get(counter)
    i32.eqz()
    br_if(0)
    countDown(counter, inside)
  })
}

const key = (d: Dims, first?: number, start?: Start): string =>
  `${d.join(',')}${first === undefined ? '' : ` from ${first}`}${start === undefined ? '' : ` moves ${start.by} of ${start.counter.id}`}`

export const withLocals = (
  types: readonly ('i32' | 'f32' | 'f64' | 'v128')[],
  body: (locals: readonly Local[]) => void
): Procedure => {
  return func({ in: [], locals: types, out: [] }, (_, locals) => {
    body(locals)
  })
}

/** how an output is written */
export interface OutputWalk {
  readonly steps: Dims
  readonly start: Start | undefined
}
interface Walker {
  readonly steps: Dims
  readonly first: number
  readonly start?: Start | undefined
}
/** the walkers of a kernel, each once */
const walkersOf = (body: Body, outputs: readonly OutputWalk[]): ReadonlyMap<string, Walker> => {
  const walkers = new Map<string, Walker>()
  const add = (steps: Dims, start: Start | undefined): void => {
    walkers.set(key(steps, undefined, start), { steps, first: 0, start })
  }
  for (const { steps, view } of body.reads) add(steps, startOf(view))
  for (const { steps, start } of outputs) add(steps, start)
  for (const p of body.places) walkers.set(key(p.steps, p.first), p)
  return walkers
}

/** the first vector of each computed value and the number of its vectors; and the number of all vectors */
const vectorsOf = (body: Body) => {
  const places = new Map<Expr, readonly [number, number]>()
  const count = body.nodes.reduce((at, n) => {
    places.set(n, [at, width(n.dtype)])
    return at + width(n.dtype)
  }, 0)
  return { places, count }
}

/** loads the words of all keys, each into all lanes of a vector */
const loadKeys = (body: Body, s: Scope): void => {
  for (const [k, view] of body.keys) {
    const base = s.address(view.buffer) + view.offset * 4
    s.keyWords(k).forEach((l, i) => {
      set(
        l,
        i4.splat(() => {
          integer(base + i * (view.stride[0] as number) * 4)()
          i32.load({})
        })
      )
    })
  }
}

/**
 * A function without arguments that works on memory. `emit` gets the scope, loop counters and extra vectors.
 */
export const procedure = (
  body: Body,
  outputs: readonly OutputWalk[],
  needs: { readonly counters: number; readonly extra: number },
  where: Where,
  emit: (
    s: Scope,
    counters: readonly Local[],
    extra: readonly Local[],
    walkers: readonly { readonly steps: Dims; readonly local: Local }[]
  ) => void
): Procedure => {
  const walks = walkersOf(body, outputs)
  const steps = [...walks.values()]
  const keys = [...body.keys.keys()]
  const values = vectorsOf(body)
  const integers = steps.length + needs.counters
  const vectors = values.count + 2 * keys.length + 1
  const types: readonly ('i32' | 'v128')[] = [
    ...Array.from({ length: integers }, () => 'i32' as const),
    ...Array.from({ length: vectors + needs.extra }, () => 'v128' as const)
  ]
  return withLocals(types, locals => {
    const vector = (i: number): Local => locals[integers + i] as Local
    const byKey = new Map([...walks.keys()].map((name, i) => [name, locals[i] as Local]))
    steps.forEach(({ first, start }, i) => {
      if (first !== 0) set(locals[i] as Local, integer(first))
      if (start !== undefined)
        set(locals[i] as Local, () => {
          integer(where.address(start.counter))()
          i32.load({})
          i32.const(start.by)
          i32.mul()
        })
    })
    const s: Scope = {
      ...where,
      vectors: n => {
        const [at, w] = values.places.get(n) ?? [0, 1]
        return w === 1 ? [vector(at)] : [vector(at), vector(at + 1)]
      },
      walker: (d, first, start) => byKey.get(key(d, first, start)) as Local,
      keyWords: k => {
        const at = values.count + 2 * keys.indexOf(k)
        return [vector(at), vector(at + 1)]
      },
      spare: vector(vectors - 1)
    }
    loadKeys(body, s)
    emit(
      s,
      locals.slice(steps.length, integers),
      locals.slice(integers + vectors),
      steps.map((w, i) => ({ steps: w.steps, local: locals[i] as Local }))
    )
  })
}

/** Nested loops over the counts. Walkers advance by `step(loop)`, and end where they began. */
export const nest = (
  counts: Dims,
  counters: readonly Local[],
  walkers: readonly { readonly local: Local; readonly step: (loop: number) => number }[],
  inside: () => void,
  depth = 0
): void => {
  if (depth >= counts.length) {
    inside()
    return
  }
  const count = counts[depth] as number
  times(counters[depth] as Local, count, () => {
    nest(counts, counters, walkers, inside, depth + 1)
    for (const w of walkers) advance(w.local, w.step(depth))
  })
  if (depth > 0) for (const w of walkers) advance(w.local, -count * w.step(depth))
}
