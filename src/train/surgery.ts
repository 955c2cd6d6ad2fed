/** Parameters taken apart and put together: trees of tensors by the labels of their layers. */
import { showAval } from '../value/text.js'
import type { Tensor } from '../value/tensor.js'
import { mapTree, treeLeaves, type Branch, type Tree } from '../value/tree.js'
import { isSelected, type Selector } from './optimizer/selector.js'

/** parameters with each tensor replaced by what a function makes of it. @example mapParams(params, (w, path) => path.endsWith('bias') ? zeros : w) */
export const mapParams = <P extends Branch<Tensor>>(params: P, f: (tensor: Tensor, path: string) => Tensor): P =>
  mapTree<Tensor, Tensor>(f)(params) as P

/** a tree of the leaves at these paths */
const treeFrom = (leaves: readonly (readonly [path: readonly string[], leaf: Tensor])[]): Branch<Tensor> => {
  const labels = [...new Set(leaves.map(([[label = '']]) => label))]
  return Object.freeze(
    Object.fromEntries(
      labels.map((label): readonly [string, Tree<Tensor>] => {
        const below = leaves.flatMap(([[first, ...rest], leaf]) => (first === label ? [[rest, leaf] as const] : []))
        const [only] = below
        return [label, only !== undefined && only[0].length === 0 ? only[1] : treeFrom(below)]
      })
    )
  )
}
const labelled = (params: Branch<Tensor>): readonly (readonly [string, Tensor])[] => treeLeaves<Tensor>(params)

/**
 * The parameters that are selected, in a tree of the same labels; `{}` where there are none.
 *
 * @example pickParams(trained.params, { include: ['encoder'] })
 */
export const pickParams = (params: Branch<Tensor>, selector: Selector): Branch<Tensor> =>
  treeFrom(labelled(params).flatMap(([path, t]) => (isSelected(selector)(path) ? [[path.split('/'), t] as const] : [])))

/** both trees in one; where both have a tensor, it is that of the second. @example mergeParams(fresh, pickParams(old, { include: ['encoder'] })) */
export const mergeParams = (a: Branch<Tensor>, b: Branch<Tensor>): Branch<Tensor> =>
  treeFrom([...new Map([...labelled(a), ...labelled(b)])].map(([path, t]) => [path.split('/'), t] as const))

/** what became of each tensor, by paths */
export interface Transferred<P> {
  readonly params: P
  /** taken from the source */
  readonly copied: readonly string[]
  /** kept as they were: the source has no tensor there */
  readonly missing: readonly string[]
  /** in the source alone */
  readonly unused: readonly string[]
  /** kept as they were: another shape or element type in the source */
  readonly different: readonly { readonly path: string; readonly expected: string; readonly got: string }[]
}

/**
 * Parameters of another model by name: tensors of the same path, shape and element type are taken from the source, all others stay.
 * The report says what was taken and what was not, so check it: nothing is an error.
 *
 * @param rename the path in the source for a path of the model, where labels differ
 * @example transferParams(first.params, pretrained, path => path.replace(/^encoder/, 'backbone'))
 */
export const transferParams = <P extends Branch<Tensor>>(
  params: P,
  source: Branch<Tensor>,
  rename: (path: string) => string = path => path
): Transferred<P> => {
  const there = new Map(labelled(source))
  const pairs = labelled(params).map(([path, mine]) => ({ path, mine, other: there.get(rename(path)) }))
  const fits = (p: (typeof pairs)[number]): boolean => p.other !== undefined && showAval(p.other) === showAval(p.mine)
  const wanted = new Set(pairs.map(({ path }) => rename(path)))
  const taken = new Map(pairs.filter(fits).map(({ path, other }) => [path, other as Tensor]))
  return {
    params: mapParams(params, (t, path) => taken.get(path) ?? t),
    copied: [...taken.keys()],
    missing: pairs.flatMap(({ path, other }) => (other === undefined ? [path] : [])),
    unused: [...there.keys()].filter(path => !wanted.has(path)),
    different: pairs.flatMap(p =>
      p.other === undefined || fits(p) ? [] : [{ path: p.path, expected: showAval(p.mine), got: showAval(p.other) }]
    )
  }
}
