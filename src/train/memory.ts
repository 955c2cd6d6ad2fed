/** Memories of rules and schedules that are made of parts: one record, each part's names under its number. */
import type { Memory } from './progress.js'

export const partOf = (i: number, memory: Memory): Memory =>
  Object.fromEntries(
    Object.entries(memory).flatMap(([k, v]) => (k.startsWith(`${i}.`) ? [[k.slice(`${i}.`.length), v] as const] : []))
  )
export const joinedMemories = <A>(parts: readonly A[], f: (part: A, i: number) => Memory): Memory =>
  Object.fromEntries(parts.flatMap((p, i) => Object.entries(f(p, i)).map(([k, v]) => [`${i}.${k}`, v] as const)))
