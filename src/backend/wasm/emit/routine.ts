/** Functions that kernels of a module share, with addresses and sizes as arguments: integers in, nothing out. */
import { call, func, i32, select, v128, type Func, type Local } from 'wasmati'
import { two, type Push } from './lanes.js'

/** wasmati types arguments as tuples; `invoke` passes the right number */
export type Routine = Func<[], []>

/** wasmati types arguments and locals as tuples; ours have names, and their number depends on the routine */
export const routine = <Name extends string>(
  names: readonly Name[],
  { integers, vectors }: { readonly integers: number; readonly vectors: number },
  body: (
    arg: Readonly<Record<Name, Local<'i32'>>>,
    i: (which: number) => Local<'i32'>,
    v: (which: number) => Local<'v128'>
  ) => void
): Routine => {
  const made: unknown = func(
    {
      in: names.map(() => i32) as unknown as [],
      locals: [
        ...Array.from({ length: integers }, () => i32),
        ...Array.from({ length: vectors }, () => v128)
      ] as unknown as [],
      out: []
    },
    (args: readonly Local[], locals: readonly Local[]) => {
      body(
        Object.fromEntries(names.map((name, at) => [name, args[at]])) as Readonly<Record<Name, Local<'i32'>>>,
        which => locals[which] as Local<'i32'>,
        which => locals[integers + which] as Local<'v128'>
      )
    }
  )
  return made as Routine
}

/** makes each routine once in a module */
export type Share = (name: string, make: () => Routine) => Routine

export const invoke = (f: Routine, ...args: readonly Push[]): void => {
  for (const push of args) push()
  call(f)
}

/** integers as values on the stack */
export const i1 = {
  add: two(() => i32.add()),
  sub: two(() => i32.sub()),
  mul: two(() => i32.mul()),
  div: two(() => i32.div_u()),
  rem: two(() => i32.rem_u()),
  eq: two(() => i32.eq()),
  ne: two(() => i32.ne()),
  lt: two(() => i32.lt_u())
} as const

/** the smaller of two unsigned integers */
export const smaller =
  (a: Push, b: Push): Push =>
  () => {
    a()
    b()
    i1.lt(a, b)()
    select()
  }
