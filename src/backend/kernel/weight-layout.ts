/**
 * Stores matrices that a loop keeps and multiplies by (weights) in panels: a few columns side by side, row after row,
 * then the next columns, which is the order in which products read their right operand. So no step needs to pack them.
 * Values that are combined with them number by number (gradients, slots of the optimizer) are stored in panels too.
 * Threads divide matrices by panels, so a thread multiplies by what it updated in the previous step, which is in its
 * caches. No number is computed differently.
 */
import { sizeOf } from '../../value/shape.js'
import type { DType, Storage } from '../../value/tensor.js'
import { bodyOf } from './body.js'
import {
  isOneNumber,
  isPlain,
  type Buffer,
  type Kernel,
  type KernelProgram,
  type MapKernel,
  type MatmulKernel,
  type View
} from './ir.js'
import { accessesOf } from './accesses.js'
import { isThin, panelWidth, sizesOf } from './tiling.js'

/** a contiguous matrix in a buffer of one of the programs */
interface MatrixRef {
  readonly program: number
  readonly buffer: Buffer
  readonly offset: number
}
interface Size {
  readonly rows: number
  readonly columns: number
}

const keyOf = ({ program, buffer, offset }: MatrixRef): string => `${program} ${buffer.id} ${offset}`
const numbersIn = ({ rows, columns }: Size): number => rows * columns

const isAll = ({ offset }: MatrixRef, size: Size, v: View): boolean =>
  v.offset === offset && sizeOf(v.shape) === numbersIn(size) && isPlain(v)
const isMatrix = (place: MatrixRef, { rows, columns }: Size, v: View): boolean =>
  v.offset === place.offset && v.shape.join() === `${rows},${columns}` && v.stride.join() === `${columns},1`
const isTranspose = (place: MatrixRef, { rows, columns }: Size, v: View): boolean =>
  v.offset === place.offset && v.shape.join() === `${columns},${rows}` && v.stride.join() === `1,${columns}`

/**
 * the views of a kernel that passes number by number through everything that it accesses; these may be reordered
 * together
 */
const passed = (k: MapKernel): readonly View[] | undefined => {
  const outputs = k.outputs.map(o => o.to)
  const { places, keys } = bodyOf(
    [...k.outputs, ...(k.maxima ?? [])].map(o => o.node),
    k.reads,
    k.shape
  )
  const all = [...k.reads.values(), ...outputs].filter(v => !isOneNumber(v))
  const inStep = all.every(v => isPlain(v) && sizeOf(v.shape) === sizeOf(k.shape))
  return inStep && places.length === 0 && keys.size === 0 ? all : undefined
}

/**
 * Which other values must be stored in panels if a kernel's matrix is; undefined if the kernel does not allow it.
 *
 * @param together the views that an elementwise kernel passes through number by number
 */
const besides = (
  k: Kernel,
  view: View,
  place: MatrixRef,
  size: Size,
  together: readonly View[] | undefined
): readonly MatrixRef[] | undefined => {
  if (k.kind === 'matmul') {
    // sums over many windows read B row by row
    const fits =
      view !== k.a &&
      !(view === k.b && k.windows === 'columns') &&
      (isMatrix(place, size, view) || (view === k.b && isTranspose(place, size, view)))
    return fits ? [] : undefined
  }
  // a single number of a matrix is read at its row-major place, and maxima are written there
  if (together?.includes(view) !== true) return undefined
  const at = place.offset - view.offset
  return at >= 0 && at + numbersIn(size) <= sizeOf(view.shape)
    ? together.map(v => ({ program: place.program, buffer: v.buffer, offset: v.offset + at }))
    : undefined
}

/**
 * a program, the kernels that access its buffers, and the views that its elementwise kernels pass through number by
 * number
 */
interface Indexed extends KernelProgram {
  readonly accessesIn: ReturnType<typeof accessesOf>
  readonly passed: ReadonlyMap<Kernel, readonly View[] | undefined>
}
const indexed = (p: KernelProgram): Indexed => ({
  ...p,
  accessesIn: accessesOf(p),
  passed: new Map(p.kernels.flatMap(k => (k.kind === 'map' ? [[k, passed(k)]] : [])))
})

/**
 * everything that must be stored in panels if one matrix is, and the names of kept values among it; undefined if a
 * kernel prevents it
 */
const followed = (
  programs: readonly Indexed[],
  kept: ReadonlySet<string>,
  fedBack: { readonly has: (name: string) => boolean },
  start: MatrixRef,
  size: Size
): { readonly places: readonly MatrixRef[]; readonly names: ReadonlySet<string> } | undefined => {
  const seen = new Map([[keyOf(start), start]])
  const names = new Set<string>()
  const add = (p: MatrixRef): void => {
    seen.set(keyOf(p), seen.get(keyOf(p)) ?? p)
  }
  const addNamed = (name: string): void => {
    names.add(name)
    programs.forEach(({ inputs, outputs }, program) => {
      for (const v of [inputs[name], fedBack.has(name) ? outputs[name] : undefined])
        if (v !== undefined) add({ program, buffer: v.buffer, offset: v.offset })
    })
  }
  // iteration over a map includes entries that are added meanwhile
  for (const place of seen.values()) {
    const { accessesIn, passed } = programs[place.program] as Indexed
    if (place.buffer.role.kind === 'constant') return undefined
    for (const by of accessesIn(place.buffer, place.offset, place.offset + numbersIn(size)))
      if (by.kind === 'kernel') {
        const more = besides(by.kernel, by.view, place, size, passed.get(by.kernel))
        if (more === undefined) return undefined
        for (const p of more) add(p)
      } else {
        const may = by.kind === 'input' ? kept.has(by.name) : fedBack.has(by.name)
        if (!may || !isAll(place, size, by.view)) return undefined
        if (!names.has(by.name)) addNamed(by.name)
      }
  }
  return { places: [...seen.values()], names }
}

/** the right operands of products that are large enough */
const multipliedBy = (
  programs: readonly KernelProgram[],
  kept: ReadonlySet<string>
): readonly (MatrixRef & Size & Panels)[] =>
  programs.flatMap(({ kernels, inputs }, program) => {
    const buffers = new Set(Object.entries(inputs).flatMap(([name, v]) => (kept.has(name) ? [v.buffer] : [])))
    return kernels.flatMap(k => {
      if (k.kind !== 'matmul' || k.windows === 'columns' || !buffers.has(k.b.buffer) || k.b.shape.length !== 2)
        return []
      const [rows = 0, columns = 0] = k.b.shape
      const product = sizesOf(k)
      const width = panelWidth(product)
      return k.b.stride[1] === 1 && columns % width === 0 && !isThin(product)
        ? [{ program, buffer: k.b.buffer, offset: k.b.offset, rows, columns, width }]
        : []
    })
  })

/** a matrix in panels: its columns, and the columns of a panel */
export interface Panels {
  readonly columns: number
  readonly width: number
}
export interface WeightLayout {
  readonly programs: readonly KernelProgram[]
  /** values that are stored in panels, by name */
  readonly panels: ReadonlyMap<string, Panels>
}

/**
 * Stores weights in panels, if no kernel needs them in another layout.
 *
 * @param resident the names of values that are kept and not fed back
 */
export const layOutWeights = (
  given: readonly KernelProgram[],
  fedBack: { readonly has: (name: string) => boolean; readonly keys: () => Iterable<string> },
  resident: Iterable<string>
): WeightLayout => {
  const programs = given.map(indexed)
  const kept = new Set([...fedBack.keys(), ...resident])
  const places = new Set<string>()
  const found = new Map<Buffer, (MatrixRef & Size & Panels)[]>()
  const panels = new Map<string, Panels>()
  for (const { rows, columns, width, ...start } of multipliedBy(programs, kept)) {
    if (places.has(keyOf(start))) continue
    const all = followed(programs, kept, fedBack, start, { rows, columns })
    if (all === undefined) continue
    for (const p of all.places) {
      places.add(keyOf(p))
      const there = found.get(p.buffer) ?? []
      there.push({ ...p, rows, columns, width })
      found.set(p.buffer, there)
    }
    for (const name of all.names) panels.set(name, { columns, width })
  }
  if (places.size === 0) return { programs: given, panels }
  const isThere = (program: number, { buffer, offset }: View): boolean => places.has(keyOf({ program, buffer, offset }))
  const marked = (k: MatmulKernel, program: number): MatmulKernel => {
    const packed = { b: isThere(program, k.b), to: isThere(program, k.to) }
    return packed.b || packed.to ? { ...k, packed } : k
  }
  /** marks the matrices in panels that a one-dimensional kernel passes through */
  const passing = (k: MapKernel): MapKernel => {
    const to = k.outputs[0]?.to
    if (to === undefined || k.shape.length !== 1) return k
    const matrices = (found.get(to.buffer) ?? [])
      .map(m => ({ start: m.offset - to.offset, size: numbersIn(m), panel: m.rows * m.width }))
      .filter(m => m.start >= 0 && m.start + m.size <= sizeOf(k.shape))
    return matrices.length === 0 ? k : { ...k, matrices: matrices.sort((a, b) => a.start - b.start) }
  }
  const withLayout = (k: Kernel, program: number): Kernel =>
    k.kind === 'matmul' ? marked(k, program) : k.kind === 'map' ? passing(k) : k
  return {
    programs: given.map((l, program) => ({ ...l, kernels: l.kernels.map(k => withLayout(k, program)) })),
    panels
  }
}

type Numbers = Storage[DType]

// One loop each without calls, because a large state has millions of numbers.

/** Copies the numbers of a row-major matrix into panels. */
export const pack = (from: Numbers, to: Numbers, { columns, width }: Panels): void => {
  let at = 0
  for (let first = 0; first < columns; first += width)
    for (let row = first; row < from.length; row += columns)
      for (let c = row; c < row + width; c++) to[at++] = from[c] as number
}
/** Copies the numbers of a matrix from panels into row-major order. */
export const unpack = (from: Numbers, to: Numbers, { columns, width }: Panels): void => {
  let at = 0
  for (let first = 0; first < columns; first += width)
    for (let row = first; row < from.length; row += columns)
      for (let c = row; c < row + width; c++) to[c] = from[at++] as number
}
