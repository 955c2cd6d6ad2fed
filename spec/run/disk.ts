/** A folder on a disk in memory: it forgets what was not synced when the power goes, and fails where it is told to. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Folder, Output } from '../../src/run/folder.js'
import { fileError, type FileError } from '../../src/value/error.js'

/** a file: what is in it, and how much of that is on the disk for certain */
interface Content {
  bytes: Uint8Array
  synced: boolean
  /** what was on the disk for certain before it grew */
  base?: Uint8Array
}
type Names = Map<string, Content>
/** a change of the names that is not yet on the disk for certain */
type Change = (names: Names) => void

export interface Disk {
  readonly folder: Folder
  /** operations asked for so far */
  readonly operations: () => number
  readonly openFiles: () => number
  /** what the names say now */
  readonly now: () => Image
  /** everything that may be there after the power has gone */
  readonly images: () => readonly Image[]
}
/** file name -> content */
export type Image = ReadonlyMap<string, Uint8Array>

export const faults = [
  'error before', // the operation says it failed, and did nothing
  'error after', // it says it failed, but was done
  'crash before', // the power goes
  'crash after'
] as const
export interface Fault {
  /** the operation, counted from 0 */
  readonly at: number
  readonly how: (typeof faults)[number]
}

/** what a process does not live to see */
export class PowerCut extends Error {}

const subsets = <A>(items: readonly A[]): readonly (readonly A[])[] =>
  items.reduce<readonly (readonly A[])[]>((all, a) => [...all, ...all.map(s => [...s, a])], [[]])

/** what may be on the disk of a file that was not synced: nothing of it, some, all, or room for all of it */
const remains = ({ bytes, synced, base = new Uint8Array() }: Content): readonly Uint8Array[] => {
  if (synced) return [bytes]
  const same = base.findIndex((b, i) => b !== bytes[i])
  const kept = Math.min(same < 0 ? base.length : same, bytes.length)
  const room = new Uint8Array(bytes.length)
  room.set(bytes.subarray(0, kept))
  return [
    base,
    bytes.slice(0, (kept + bytes.length) >> 1),
    bytes.slice(0, Math.max(kept, bytes.length - 1)),
    bytes,
    room
  ]
}

const imagesOf = (names: Names): readonly Image[] =>
  [...names].reduce<readonly Image[]>(
    (all, [name, content]) => all.flatMap(image => remains(content).map(bytes => new Map([...image, [name, bytes]]))),
    [new Map()]
  )
/** equal for equal images */
export const keyOf = (image: Image): string =>
  [...image]
    .map(([name, bytes]) => `${name}:${Buffer.from(bytes).toString('base64')}`)
    .sort()
    .join()

/** a folder in a folder: its files are those whose names begin with its own; to sync it is to sync them all */
const inside = (folder: Folder, inner: string): Folder => {
  const of = (name: string): string => `${inner}/${name}`
  return {
    ...folder,
    path: `${folder.path}/${inner}`,
    names: TE.map((all: readonly string[]) => all.flatMap(n => (n.startsWith(of('')) ? [n.slice(of('').length)] : [])))(
      folder.names
    ),
    size: name => folder.size(of(name)),
    read: (name, from, length) => folder.read(of(name), from, length),
    create: name => folder.create(of(name)),
    extend: (name, keep) => folder.extend(of(name), keep),
    rename: (from, to) => folder.rename(of(from), of(to)),
    remove: name => folder.remove(of(name)),
    within: name => inside(folder, of(name))
  }
}

/** @param takes how many of the bytes handed to it a file takes at a time */
export const diskOf = (image: Image, fault?: Fault, takes: (n: number) => number = n => n): Disk => {
  const start = (): Names => new Map([...image].map(([name, bytes]) => [name, { bytes, synced: true }]))
  const names = start()
  let certain = new Map(names)
  let changes: Change[] = []
  let count = 0
  let open = 0
  let made = 0

  const operation =
    <A>(name: string, effect: () => A | FileError): TE.TaskEither<FileError, A> =>
    async () => {
      const how = fault?.at === count++ ? fault.how : undefined
      const refused = (): TE.TaskEither<FileError, never> => TE.left(fileError([name], 'a disk that works', 'EIO'))
      if (how === 'crash before') throw new PowerCut()
      if (how === 'error before') return refused()()
      const result = effect()
      if (how === 'crash after') throw new PowerCut()
      if (how === 'error after') return refused()()
      return typeof result === 'object' && result !== null && '_tag' in result
        ? TE.left<FileError, A>(result)()
        : TE.right<FileError, A>(result)()
    }
  const change = (c: Change): void => {
    c(names)
    changes.push(c)
  }
  const missing = (name: string): FileError => fileError([name], 'a file', 'ENOENT')

  /** a change of a file that is not yet on the disk for certain */
  const unsure = (content: Content, bytes: Uint8Array): void => {
    if (content.synced) content.base = content.bytes
    content.synced = false
    content.bytes = bytes
  }
  const output = (name: string, content: Content): Output => ({
    write: bytes =>
      operation(name, () => {
        const n = takes(bytes.length)
        unsure(content, Uint8Array.from([...content.bytes, ...bytes.subarray(0, n)]))
        return n
      }),
    sync: operation(name, () => {
      content.synced = true
      delete content.base
    }),
    // a file that would not close is closed all the same
    close: () => {
      open--
      return operation(name, () => undefined)()
    }
  })

  /** none that a file is called after, by an earlier process too; the same on equal disks */
  const unique = (): string => {
    const text = `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`
    return [...names.keys()].some(name => name.includes(text)) ? unique() : text
  }
  const folder: Folder = {
    path: 'memory',
    make: operation('memory', () => undefined),
    names: operation('memory', () => [...names.keys()]),
    size: name => operation(name, () => names.get(name)?.bytes.length ?? missing(name)),
    read: (name, from, length) =>
      operation(name, () => names.get(name)?.bytes.slice(from, from + length) ?? missing(name)),
    create: name =>
      TE.map((out: Output) => {
        // of a file that was made, but not handed out, nobody can let go
        open++
        return out
      })(
        operation<Output>(name, () => {
          if (names.has(name)) return fileError([name], 'a new name', 'EEXIST')
          const content: Content = { bytes: new Uint8Array(), synced: false }
          change(all => all.set(name, content))
          return output(name, content)
        })
      ),
    extend: (name, keep) =>
      TE.map((out: Output) => {
        open++
        return out
      })(
        operation<Output>(name, () => {
          const content: Content = names.get(name) ?? { bytes: new Uint8Array(), synced: false }
          if (!names.has(name)) change(all => all.set(name, content))
          const kept = new Uint8Array(keep)
          kept.set(content.bytes.subarray(0, keep))
          unsure(content, kept)
          return output(name, content)
        })
      ),
    rename: (from, to) =>
      operation(from, () => {
        const content = names.get(from)
        if (content === undefined) return missing(from)
        // what gets the name is the file, whatever else becomes of its old name
        change(all => {
          all.delete(from)
          all.set(to, content)
        })
        return undefined
      }),
    remove: name => operation(name, () => change(all => all.delete(name))),
    sync: operation('memory', () => {
      certain = new Map(names)
      changes = []
    }),
    unique,
    within: inner => inside(folder, inner)
  }
  return {
    folder,
    operations: () => count,
    openFiles: () => open,
    now: () => new Map([...names].map(([name, { bytes }]) => [name, bytes])),
    images: () => {
      const all = subsets(changes).flatMap(some => {
        const left = new Map(certain)
        for (const c of some) c(left)
        return imagesOf(left)
      })
      return [...new Map(all.map(i => [keyOf(i), i])).values()]
    }
  }
}
