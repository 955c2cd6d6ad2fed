/**
 * The gradient of a convolution by its image: a product whose rows are windows, which are then added up. Where nothing else needs the windows,
 * they are added up image by image as they are multiplied, and are never stored all at once.
 */
import { sizeOf } from '../../value/shape.js'
import { bytesOf, isWhole, readsOf, writesOf, type Buffer, type Kernel, type KernelProgram } from './ir.js'
import { imagesOf } from './tiling.js'

/** Windows of one image that take more bytes would not stay in a cache until they are added up. */
const mostBytes = 1 << 21

/** the product that makes the windows of a kernel, and nothing else */
const productOf = (
  k: Extract<Kernel, { readonly kind: 'unwindows' }>,
  writers: ReadonlyMap<Buffer, readonly Kernel[]>
): Extract<Kernel, { readonly kind: 'matmul' }> | undefined => {
  const [product, ...others] = writers.get(k.values.buffer) ?? []
  if (product?.kind !== 'matmul' || others.length > 0 || product.windows !== undefined) return undefined
  const { oh, ow } = imagesOf(k.to, k.window, () => 0)
  const [rows, columns] = product.to.shape as readonly [number, number]
  const fits =
    product.to.shape.length === 2 &&
    isWhole(product.to) &&
    isWhole(k.to) &&
    rows === oh * ow * (k.to.shape[0] as number) &&
    columns === sizeOf(k.values.shape.slice(3))
  return fits && oh * ow * columns * bytesOf[k.to.buffer.dtype] <= mostBytes ? product : undefined
}

/** Windows that only `unwindows` needs are added up within the product that makes them. */
export const fuseUnwindows = (p: KernelProgram): KernelProgram => {
  if (!p.kernels.some(k => k.kind === 'unwindows')) return p
  const by = (buffers: (k: Kernel) => readonly Buffer[]): ReadonlyMap<Buffer, readonly Kernel[]> => {
    const all = new Map<Buffer, Kernel[]>()
    for (const k of p.kernels) for (const b of new Set(buffers(k))) all.set(b, [...(all.get(b) ?? []), k])
    return all
  }
  const writers = by(writesOf)
  const readers = by(k => readsOf(k).map(v => v.buffer))
  const leaving = new Set(Object.values(p.outputs).map(v => v.buffer))
  const gone = new Set<Kernel>()
  const kernels = p.kernels.map((k): Kernel => {
    if (k.kind !== 'unwindows') return k
    const { buffer } = k.values
    const product = productOf(k, writers)
    if (product === undefined || leaving.has(buffer) || readers.get(buffer)?.length !== 1) return k
    gone.add(product)
    return { ...product, to: k.to, adds: k.window }
  })
  const left = kernels.filter(k => !gone.has(k))
  return { ...p, kernels: left, updates: p.updates - (kernels.length - left.length) }
}
