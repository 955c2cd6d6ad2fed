/** Functions that kernels of a module share, with addresses and sizes as arguments: integers in, nothing out. */
import { call, func, i32, select, type Func, type Local } from '../assemble/index.js'
import { two, type Push } from './lanes.js'

export type Routine = Func

/** A function whose arguments, all integers, have names. */
export const routine = <Name extends string>(
  names: readonly Name[],
  { integers, vectors }: { readonly integers: number; readonly vectors: number },
  body: (
    arg: Readonly<Record<Name, Local<'i32'>>>,
    i: (which: number) => Local<'i32'>,
    v: (which: number) => Local<'v128'>
  ) => void
): Routine => {
  const locals = [
    ...Array.from({ length: integers }, () => 'i32' as const),
    ...Array.from({ length: vectors }, () => 'v128' as const)
  ]
  return func({ in: names.map(() => 'i32' as const), locals, out: [] }, (args, all) => {
    body(
      Object.fromEntries(names.map((name, at) => [name, args[at]])) as Readonly<Record<Name, Local<'i32'>>>,
      which => all[which] as Local<'i32'>,
      which => all[integers + which] as Local<'v128'>
    )
  })
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
