/** The textbook formulas of a training as rendered mathematics (MathML): one for each layer, the loss, the optimizer. */
import * as E from 'fp-ts/lib/Either.js'
import temml from 'temml'
import { topological, type Expr, type Op } from '../expr/op.js'
import { symbol } from '../expr/ops/notation.js'
import { tex } from '../expr/tex.js'
import { input, node } from '../expr/build.js'
import type { LayerRegistry } from '../layer/definition.js'
import type { Training } from '../train/training.js'
import type { TrainingRegistry } from '../train/registry.js'
import type { Box, Flow } from './flow.js'
import { element, trusted, type Markup } from './markup.js'

export interface Formula {
  /** what it is of, for readers: a label path, `loss` */
  readonly of: string
  readonly tex: string
}

/** longer formulas, and those that show how something is computed rather than what, are written as the name of their layer */
const longest = 260
const mechanics = /\\operatorname\{(reshape|windows|iota|sg|gather|scatter|slice|pad|concat|bits)/

/** parameters as textbooks call them */
const letters: Readonly<Record<string, string>> = { weight: 'W', bias: 'b' }

/** the symbol of a box: z of a layer that learns, a of others, numbered in their order */
const symbolsOf = (boxes: readonly Box[]): readonly string[] => {
  const inputs = boxes.filter(b => b.path === '').length
  return boxes.map((b, i) =>
    b.path === '' ? (inputs === 1 ? 'x' : `x${i + 1}`) : `${b.parameters > 0 ? 'z' : 'a'}${i - inputs + 1}`
  )
}

/** an expression whose nodes in `cut` are inputs of these names, and whose inputs are called `rename` of what they were */
const cutAt = (root: Expr, cut: ReadonlyMap<Expr, string>, rename: (name: string) => string): Expr => {
  const made = new Map<Expr, Expr>()
  for (const e of topological([root])) {
    const name = e === root ? undefined : cut.get(e)
    const leaf = name ?? (e.op === 'input' ? rename(e.attrs.name) : undefined)
    made.set(
      e,
      leaf !== undefined
        ? input(leaf, e.dtype, e.shape)
        : node<Op>(
            e.op,
            e.args.map(a => made.get(a) ?? a),
            e.attrs
          )
    )
  }
  return made.get(root) ?? root
}

/** the parameters and statistics that an expression reads, not those behind a cut */
const learnedBy = (root: Expr, cut: ReadonlyMap<Expr, string>): readonly string[] =>
  topological([cutAt(root, cut, name => name)]).flatMap(e =>
    e.op === 'input' && /^(params|layers)\//.test(e.attrs.name) ? [e.attrs.name] : []
  )

/** what the parameters of a box are called: `params/hidden/dense/weight` of the third box is W3 */
const namesOf = (inputs: readonly string[], index: string): ReadonlyMap<string, string> => {
  const short = (name: string): string => {
    const last = name.slice(name.lastIndexOf('/') + 1)
    return `${letters[last] ?? last}${index}`
  }
  const all = inputs.map(short)
  return new Map(
    inputs.map((name, i) => [
      name,
      all.indexOf(all[i] ?? '') === all.lastIndexOf(all[i] ?? '') ? (all[i] ?? name) : name
    ])
  )
}

const called = (layer: string, args: readonly string[], learned: readonly string[]): string =>
  `\\operatorname{${layer.replace(/[^A-Za-z]/g, '') || 'f'}}(${args.map(symbol).join(',\\, ')}${
    learned.length === 0 ? '' : `;\\, ${learned.map(symbol).join(',\\, ')}`
  })`

/** the formula of each layer, in symbols for what it reads and learns */
export const layerFormulas = ({ boxes }: Flow, registry: LayerRegistry): readonly Formula[] => {
  const symbols = symbolsOf(boxes)
  const cut = new Map<Expr, string>()
  boxes.forEach((b, i) => b.values.forEach(e => cut.set(e, cut.get(e) ?? symbols[i] ?? 'x')))
  return boxes.flatMap((b, i): readonly Formula[] => {
    const [value, second] = b.values
    const name = symbols[i] ?? 'y'
    if (b.path === '' || value === undefined || second !== undefined || cut.get(value) !== name) return []
    const args = b.reads.map(k => symbols[k] ?? 'x')
    const activation = registry.activations[b.layer] !== undefined
    const learned = namesOf(learnedBy(value, cut), name.slice(1))
    const short = `${symbol(name)} = ${called(b.layer, args, activation ? [] : [...learned.values()])}`
    if (activation) return [{ of: b.path, tex: short }]
    const whole = tex(
      cutAt(value, cut, n => learned.get(n) ?? n),
      name
    )
    return [{ of: b.path, tex: whole.length > longest || mechanics.test(whole) ? short : whole }]
  })
}

/** what the activations among the layers are */
const activationFormulas = ({ boxes }: Flow, registry: LayerRegistry): readonly Formula[] =>
  [...new Set(boxes.map(b => b.layer))].flatMap((name): readonly Formula[] => {
    const activation = registry.activations[name]
    return activation === undefined
      ? []
      : [{ of: name, tex: `\\operatorname{${name.replace(/[^A-Za-z]/g, '')}}(x) = ${activation.tex}` }]
  })

/** the TeX of a member and of those that it is made of */
const texOf = (family: Readonly<Record<string, object>>, member: unknown): readonly Formula[] => {
  if (Array.isArray(member)) return member.flatMap(m => texOf(family, m))
  if (typeof member !== 'object' || member === null) return []
  const { tag } = member as { readonly tag?: unknown }
  const found = typeof tag === 'string' && Object.hasOwn(family, tag) ? family[tag] : undefined
  const mine =
    found !== undefined && 'tex' in found && typeof found.tex === 'string' ? [{ of: String(tag), tex: found.tex }] : []
  return [...mine, ...Object.values(member).flatMap(inner => texOf(family, inner))]
}

export interface Formulas {
  readonly layers: readonly Formula[]
  readonly activations: readonly Formula[]
  readonly loss: readonly Formula[]
  readonly optimizer: readonly Formula[]
}
/** All formulas of a training. */
export const formulasOf = (
  flow: Flow,
  { loss, optimizer }: Pick<Training, 'loss' | 'optimizer'>,
  registry: TrainingRegistry
): Formulas => ({
  layers: layerFormulas(flow, registry),
  activations: activationFormulas(flow, registry),
  loss: texOf(registry.losses, loss),
  optimizer: texOf(registry.optimizers, optimizer)
})

/** TeX as MathML; as the text that it is where it cannot be read. The library escapes its texts. */
export const math = (source: string): Markup => {
  const made = E.tryCatch(
    () => temml.renderToString(source, { displayMode: true, throwOnError: true, trust: false, maxExpand: 1000 }),
    String
  )
  return E.isRight(made) ? trusted(made.right) : element('code', {}, source)
}

/** formulas with what they are of */
export const formulaList = (formulas: readonly Formula[]): Markup =>
  element(
    'div',
    {},
    formulas.map(f => element('div', { class: 'formula' }, element('span', { class: 'soft' }, f.of), math(f.tex)))
  )
