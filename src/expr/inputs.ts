/** Inputs of a program for the leaves of a tree, and the value of the input for a key. */
import type { Key } from '../random/index.js'
import { allocate, tensorView, type Aval, type Tensor } from '../value/tensor.js'
import { mapTree, type Branch, type Tree } from '../value/tree.js'
import { input } from './build.js'
import type { Expr } from './op.js'

/** an input of the element type and shape of a tensor */
export const inputLike = (name: string, { dtype, shape }: Aval): Expr => input(name, dtype, shape)

/** a tree of inputs of the same form, named by the prefix and their paths: `params/hidden/dense/weight` */
export const inputsLike = (prefix: string, tree: Tree<Aval>): Branch<Expr> =>
  mapTree<Aval, Expr>((a, path) => inputLike(path, a))(tree, prefix) as Branch<Expr>

/** a key as the value of a program's input `key`, u32 [2] */
export const keyTensor = (k: Key): Tensor => tensorView('u32', [2], allocate('u32', k.words))
