/** A model as a diagram: SVG and Mermaid text. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LayerRegistry } from '../layer/definition.js'
import type { ModelData } from '../layer/model.js'
import { optionsOf } from '../value/argument.js'
import { counted, type ShapeError } from '../value/error.js'
import { label } from './axis.js'
import { flowOf, type Box } from './flow.js'
import { shortened } from './legend.js'
import { element, fragment, type Markup } from './markup.js'
import { grouped, px } from './number.js'
import { pictureText, type Picture } from './picture.js'

export interface DiagramOptions {
  readonly registry?: LayerRegistry
  /** default `model` */
  readonly name?: string
  readonly title?: string
}

/** of more layers the first and the last are drawn */
const most = 120
const [wide, high, gap, between] = [230, 52, 26, 30]

interface Placed extends Box {
  readonly rank: number
  readonly x: number
  readonly y: number
}

/** the longest way from an input to each box */
const ranksOf = (boxes: readonly Box[]): readonly number[] =>
  boxes.reduce<readonly number[]>(
    (ranks, b) => [...ranks, b.reads.reduce((r, k) => Math.max(r, (ranks[k] ?? 0) + 1), 0)],
    []
  )

/** the first and the last boxes of many, and how many are between */
const fewer = (boxes: readonly Box[]): { readonly shown: readonly Box[]; readonly left: number } => {
  if (boxes.length <= most) return { shown: boxes, left: 0 }
  const head = most / 2
  const from = boxes.length - head
  const place = (k: number): readonly number[] => (k < head ? [k] : k >= from ? [k - from + head] : [])
  const kept = boxes.filter((_, i) => i < head || i >= from)
  return {
    left: boxes.length - most,
    shown: kept.map((b, i) => {
      const reads = b.reads.flatMap(place)
      return { ...b, reads: reads.length === 0 && i > 0 ? [i - 1] : reads }
    })
  }
}

const placedOf = (boxes: readonly Box[]): readonly Placed[] => {
  const ranks = ranksOf(boxes)
  const widest = ranks.reduce((n, r) => Math.max(n, ranks.filter(k => k === r).length), 1)
  return boxes.map((b, i) => {
    const rank = ranks[i] ?? 0
    const row = ranks.flatMap((r, k) => (r === rank ? [k] : []))
    const offset = ((widest - row.length) * (wide + gap)) / 2
    return { ...b, rank, x: 40 + offset + row.indexOf(i) * (wide + gap), y: 44 + rank * (high + between) }
  })
}

const titleOf = (b: Box): string => (b.path === '' ? 'input' : b.path)
const detailOf = (b: Box): string =>
  b.parameters === 0
    ? b.output
    : `${b.output}, ${grouped(b.parameters)} ${b.parameters === 1 ? 'parameter' : 'parameters'}`

const boxOf = (b: Placed): Markup => {
  const layer = b.path === '' || b.layer === titleOf(b) ? '' : b.layer
  return element(
    'g',
    {},
    element('title', {}, `${titleOf(b)}: ${b.layer}, ${detailOf(b)}`),
    element('rect', { class: 'box', x: px(b.x), y: px(b.y), width: wide, height: high, rx: 6 }),
    b.parameters === 0
      ? undefined
      : element('rect', { class: 'f0', x: px(b.x), y: px(b.y + 6), width: 4, height: high - 12, rx: 2 }),
    label(b.x + 12, b.y + 21, 'head', shortened(titleOf(b), layer === '' ? 30 : 16)),
    layer === '' ? undefined : label(b.x + wide - 10, b.y + 21, 'r soft', shortened(layer, 16)),
    label(b.x + 12, b.y + 41, 'soft', shortened(detailOf(b), 32))
  )
}

/** from below a box to above another; past the boxes between them where there are some */
const edge = (a: Placed, b: Placed): Markup => {
  const [x1, y1, x2, y2] = [a.x + wide / 2, a.y + high, b.x + wide / 2, b.y - 5]
  const straight = b.rank === a.rank + 1
  const out = a.x + wide
  const aside = Math.max(out, b.x + wide) + 22
  const d = straight
    ? `M${px(x1)} ${px(y1)}C${px(x1)} ${px(y1 + 14)} ${px(x2)} ${px(y2 - 14)} ${px(x2)} ${px(y2)}`
    : `M${px(out)} ${px(a.y + high / 2)}H${px(aside - 8)}Q${px(aside)} ${px(a.y + high / 2)} ${px(aside)} ${px(a.y + high / 2 + 8)}V${px(b.y + high / 2 - 8)}Q${px(aside)} ${px(b.y + high / 2)} ${px(aside - 8)} ${px(b.y + high / 2)}H${px(b.x + wide + 5)}`
  const tip = straight
    ? `M${px(x2 - 4)} ${px(y2 - 2)}l4 6l4 -6z`
    : `M${px(b.x + wide + 7)} ${px(b.y + high / 2 - 4)}l-6 4l6 4z`
  return fragment(
    element('path', { class: 'axis', d }),
    element('path', { class: 'axis', fill: 'currentColor', d: tip })
  )
}

/** The diagram of boxes that `flowOf` found. */
export const diagramPicture = (
  all: readonly Box[],
  { name = 'model', title = 'Model' }: Pick<DiagramOptions, 'name' | 'title'> = {}
): Picture => {
  const { shown, left } = fewer(all)
  const boxes = placedOf(shown)
  const [right, bottom] = boxes.reduce(([x, y], b) => [Math.max(x, b.x + wide), Math.max(y, b.y + high)], [0, 0])
  const total = all.reduce((n, b) => n + b.parameters, 0)
  const about = `${counted(all.filter(b => b.path !== '').length, 'layer', grouped)}, ${counted(total, 'parameter', grouped)}`
  return {
    name,
    title,
    description: `${about}: ${all
      .map(b => `${titleOf(b)} ${b.output}`)
      .slice(0, 30)
      .join(', ')}${all.length > 30 ? ', ...' : ''}.`,
    width: Math.max(right + 50, 320),
    height: bottom + 20,
    body: fragment(
      label(40, 24, 'head', left === 0 ? title : `${title}; ${grouped(left)} layers in the middle are left out`),
      boxes.flatMap(b => b.reads.flatMap(k => (boxes[k] === undefined ? [] : [edge(boxes[k], b)]))),
      boxes.map(boxOf)
    )
  }
}

/**
 * A model as an SVG diagram: each layer with its label, output shape and parameters, and arrows for what it reads.
 *
 * @example pipe(modelDiagram(mlp), E.map(svg => writeFileSync('mlp.svg', svg)))
 * @returns Left for a model whose layers do not fit
 */
export const modelDiagram = (model: ModelData, options: DiagramOptions = {}): E.Either<ShapeError, string> => {
  const { registry, ...words } = optionsOf(options)
  return pipe(
    flowOf(model, { training: true, ...(registry === undefined ? {} : { registry }) }),
    E.map(({ boxes }) => pictureText(diagramPicture(boxes, words)))
  )
}

/** text in quotes, where Mermaid reads `#`, `<` and quotes as markup */
const mermaidText = (text: string): string =>
  text.replace(/[#"<>&`\\[\]{}|;\u0000-\u001f\u007f]/g, c => `#${c.charCodeAt(0)};`)

/**
 * A model as a Mermaid flowchart, which many readers of Markdown draw.
 *
 * @example pipe(modelMermaid(mlp), E.map(console.log)) // flowchart TB ...
 * @returns Left for a model whose layers do not fit
 */
export const modelMermaid = (
  model: ModelData,
  options: Pick<DiagramOptions, 'registry'> = {}
): E.Either<ShapeError, string> => {
  const { registry } = optionsOf(options)
  return pipe(
    flowOf(model, { training: true, ...(registry === undefined ? {} : { registry }) }),
    E.map(({ boxes }) =>
      [
        'flowchart TB',
        ...boxes.map((b, i) => {
          const lines = [titleOf(b), ...(b.path === '' || b.layer === titleOf(b) ? [] : [b.layer]), detailOf(b)]
          return `  n${i}["${lines.map(mermaidText).join('<br>')}"]`
        }),
        ...boxes.flatMap((b, i) => b.reads.map(k => `  n${k} --> n${i}`)),
        ''
      ].join('\n')
    )
  )
}
