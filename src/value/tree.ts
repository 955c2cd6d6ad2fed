/** Trees of labelled leaves: parameters, optimizer slots, layer state. A leaf has an element type and a shape. */
import type { Aval } from './tensor.js'

export type Tree<A extends Aval> = A | Branch<A>
export interface Branch<A extends Aval> {
  readonly [label: string]: Tree<A>
}

export const isLeaf = <A extends Aval>(t: Tree<A>): t is A =>
  typeof (t as { readonly dtype?: unknown }).dtype === 'string'

/** labels become record keys and path segments, so they must not reach a prototype or look like a path */
export const isLabel = (s: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(s) && !(s in Object.prototype)

/** all leaves with their paths (`hidden/dense/weight`), in the order of the tree */
export const treeLeaves = <A extends Aval>(tree: Tree<A>, at = ''): readonly (readonly [path: string, leaf: A])[] =>
  isLeaf(tree)
    ? [[at, tree]]
    : Object.entries(tree).flatMap(([label, t]) => treeLeaves(t, at === '' ? label : `${at}/${label}`))

/**
 * A tree of the same form, with f applied to every leaf and its path.
 *
 * @example mapTree(leaf => filledTensor(leaf.dtype, leaf.shape, 0))(params) // zeros of the same form
 */
export const mapTree =
  <A extends Aval, B extends Aval>(f: (leaf: A, path: string) => B) =>
  (tree: Tree<A>, at = ''): Tree<B> =>
    isLeaf(tree)
      ? f(tree, at)
      : Object.fromEntries(
          Object.entries(tree).map(([label, t]) => [label, mapTree(f)(t, at === '' ? label : `${at}/${label}`)])
        )

/** a tree of the same form, with leaves from a record by path */
export const rebuild = <A extends Aval, B extends Aval>(form: Tree<A>, byPath: (path: string) => B): Tree<B> =>
  mapTree<A, B>((_, path) => byPath(path))(form)

/** the part of a tree below a label: an empty branch where there is none */
export const child = <A extends Aval>(tree: Tree<A>, label: string): Tree<A> =>
  isLeaf(tree) || !Object.hasOwn(tree, label) ? {} : (tree[label] as Tree<A>)
