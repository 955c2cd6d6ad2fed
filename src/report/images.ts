/** Pictures made of small squares: images, filters, decision regions. Numbers become shades, no image format is needed. */
import { axis, below, beside, label, type Frame } from './axis.js'
import { shortened } from './legend.js'
import { element, fragment, type Content, type Markup } from './markup.js'
import { digits, extentOf, px } from './number.js'
import { pictureText, type Picture } from './picture.js'

/** an image: rows of pixels, each with as many numbers as there are channels */
export interface PixelImage {
  readonly width: number
  readonly height: number
  /** 1: shades of grey; 3: red, green, blue */
  readonly channels: number
  /** height x width x channels numbers, in this order */
  readonly pixels: ArrayLike<number>
}

const byte = (x: number): number => Math.min(255, Math.max(0, Math.floor(255 * x + 0.5)))
const hex = (bytes: readonly number[]): string => `#${bytes.map(b => b.toString(16).padStart(2, '0')).join('')}`

/** runs of equal pixels of a row as one rectangle: `[x, length, colour]` */
const runsOf = (colours: readonly string[]): readonly (readonly [number, number, string])[] =>
  colours.reduce<readonly (readonly [number, number, string])[]>((runs, colour, x) => {
    const last = runs.at(-1)
    return last !== undefined && last[2] === colour
      ? [...runs.slice(0, -1), [last[0], last[1] + 1, colour]]
      : [...runs, [x, 1, colour]]
  }, [])

/** an image of squares with this side, its numbers from `low` (black) to `high` (white) */
const squares = (
  { width, height, channels, pixels }: PixelImage,
  [low, high]: readonly [number, number],
  side: number
): Markup => {
  const shade = (x: number): number => byte((x - low) / (high - low))
  const colourAt = (x: number, y: number): string => {
    const at = (y * width + x) * channels
    const of = (c: number): number => shade(pixels[at + Math.min(c, channels - 1)] ?? NaN)
    return hex([of(0), of(1), of(2)].map(b => (Number.isNaN(b) ? 0 : b)))
  }
  return fragment(
    Array.from({ length: height }, (_, y) =>
      runsOf(Array.from({ length: width }, (_x, x) => colourAt(x, y))).map(([x, n, fill]) =>
        element('rect', { x: px(x * side), y: px(y * side), width: px(n * side), height: px(side), fill })
      )
    )
  )
}

const rangeOf = (images: readonly PixelImage[]): readonly [number, number] => {
  const ends = images.flatMap(i => extentOf(Array.from(i.pixels)) ?? [])
  const [low, high] = extentOf(ends) ?? [0, 1]
  return low < high ? [low, high] : [low, low + 1]
}

export interface ImageCell {
  readonly image: PixelImage
  /** a line below the image */
  readonly label?: string
  /** marks the image, as one that was predicted wrongly */
  readonly marked?: boolean
}
export interface ImageGrid {
  /** default `images` */
  readonly name?: string
  readonly title: string
  readonly cells: readonly ImageCell[]
  /** what is black and what is white; default the smallest and the largest number of all images */
  readonly range?: readonly [number, number]
  /** images in a row (default 10) */
  readonly columns?: number
  /** the side of an image in pixels (default 64) */
  readonly size?: number
}

const grid = ({ name = 'images', title, cells, range, columns = 10, size = 64 }: ImageGrid): Picture => {
  const ends = range ?? rangeOf(cells.map(c => c.image))
  const [wide, high] = [size + 12, size + (cells.some(c => c.label !== undefined) ? 26 : 12)]
  const cell = (c: ImageCell, i: number): Content => {
    const [x, y] = [12 + wide * (i % columns), 36 + high * Math.floor(i / columns)]
    const side = size / Math.max(c.image.width, c.image.height, 1)
    return element(
      'g',
      { transform: `translate(${px(x)} ${px(y)})`, 'shape-rendering': 'crispEdges' },
      squares(c.image, ends, side),
      c.marked === true
        ? element('rect', { class: 'l1 line', x: -2, y: -2, width: size + 4, height: size + 4, 'stroke-width': 3 })
        : undefined,
      c.label === undefined ? undefined : label(size / 2, size + 15, 'c', shortened(c.label, Math.floor(size / 6)))
    )
  }
  const rows = Math.ceil(cells.length / columns)
  return {
    name,
    title,
    description: `${cells.length} images${cells.some(c => c.marked) ? `, ${cells.filter(c => c.marked).length} of them marked` : ''}.`,
    width: 24 + wide * Math.min(columns, Math.max(4, cells.length)),
    height: 40 + high * rows,
    body: fragment(label(12, 20, 'head', title), cells.map(cell))
  }
}

/**
 * A grid of images with labels as an SVG file: predictions with their classes, the wrong ones marked.
 *
 * @example imageGrid({ title: 'Digits', cells: [{ image, label: '7, not 1', marked: true }] })
 */
export const imageGrid = (g: ImageGrid): string => pictureText(grid(g))

/** how the weights of a layer are laid out: those of a dense layer need the size of the image that it reads */
export interface FilterOptions {
  readonly title?: string
  /** of the input of a dense layer: width, height and channels of an image */
  readonly image?: { readonly width: number; readonly height: number; readonly channels?: number }
  /** the first of them (default 64) */
  readonly most?: number
}
interface Weights {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/** the weights that lead to each output: [in, out] of a dense layer, [rows, columns, channels, out] of a convolution */
const filterImages = ({ shape, data }: Weights, { image, most = 64 }: FilterOptions): readonly PixelImage[] => {
  const outputs = shape.at(-1) ?? 0
  const [height = 1, width = 1, channels = 1] =
    shape.length === 4
      ? shape
      : image === undefined
        ? [1, shape[0] ?? 1, 1]
        : [image.height, image.width, image.channels ?? 1]
  const shown = channels === 3 ? 3 : 1
  return Array.from({ length: Math.min(outputs, most) }, (_, o) => ({
    width,
    height,
    channels: shown,
    pixels: Array.from({ length: width * height * shown }, (_p, i) => {
      const [pixel, c] = [Math.floor(i / shown), i % shown]
      return data[(pixel * channels + c) * outputs + o] ?? NaN
    })
  }))
}

/**
 * The weights of a first layer as images, an SVG file: one for each output, all on one scale. Of other than three channels the first is shown.
 *
 * @param weights row-major numbers with their shape: [in, out] of `dense`, [rows, columns, channels, out] of `conv2d`
 * @example filters({ shape: weight.shape, data: numbersOf(weight) }, { image: { width: 28, height: 28 } })
 */
export const filters = (weights: Weights, options: FilterOptions = {}): string =>
  imageGrid({
    name: 'filters',
    title: options.title ?? 'Weights of the first layer',
    cells: filterImages(weights, options).map((image, i) => ({ image, label: String(i) }))
  })

export interface DecisionRegions {
  readonly title?: string
  readonly x: { readonly label: string; readonly domain: readonly [number, number] }
  readonly y: { readonly label: string; readonly domain: readonly [number, number] }
  /** the class at each place of a grid, row by row from the largest y; `columns` in a row */
  readonly classes: ArrayLike<number>
  readonly columns: number
  /** examples to show above the regions */
  readonly points?: readonly {
    readonly x: number
    readonly y: number
    readonly class: number
    readonly label?: string
  }[]
  readonly names?: readonly string[]
}

/** the places of a grid of `columns` x `rows` over two inputs, as rows [x, y] in the order that `decisionRegions` takes */
export const gridPoints = (
  x: readonly [number, number],
  y: readonly [number, number],
  columns: number,
  rows: number
): readonly (readonly [number, number])[] =>
  Array.from({ length: columns * rows }, (_, i) => {
    const [c, r] = [i % columns, Math.floor(i / columns)]
    return [x[0] + ((c + 0.5) / columns) * (x[1] - x[0]), y[1] - ((r + 0.5) / rows) * (y[1] - y[0])]
  })

/**
 * Which class a model of two inputs gives where, as an SVG file.
 *
 * @example decisionRegions({ x, y, columns: 60, classes: predictedClasses(gridPoints(x.domain, y.domain, 60, 60)) })
 */
export const decisionRegions = ({
  title = 'Decision regions',
  x,
  y,
  classes,
  columns,
  points = [],
  names = []
}: DecisionRegions): string => {
  const [width, height] = [480, 460]
  const f: Frame = { left: 64, right: width - 16, top: 40, bottom: height - 46 }
  const rows = Math.max(1, Math.floor(classes.length / columns))
  const [w, h] = [(f.right - f.left) / columns, (f.bottom - f.top) / rows]
  const [along, up] = [axis(x.domain, [f.left, f.right]), axis(y.domain, [f.bottom, f.top])]
  const nameOf = (k: number): string => names[k] ?? String(k)
  const regions = Array.from({ length: rows }, (_, r) =>
    runsOf(Array.from({ length: columns }, (_c, c) => String(classes[r * columns + c] ?? 0))).map(([c, n, k]) =>
      element('rect', {
        class: `f${Number(k) % 7}`,
        'fill-opacity': 0.3,
        x: px(f.left + c * w),
        y: px(f.top + r * h),
        width: px(n * w),
        height: px(h)
      })
    )
  )
  return pictureText({
    name: 'decision regions',
    title,
    description: `Classes over ${x.label} from ${digits(x.domain[0])} to ${digits(x.domain[1])} and ${y.label} from ${digits(y.domain[0])} to ${digits(y.domain[1])}.`,
    width,
    height,
    body: fragment(
      label(f.left, 20, 'head', title),
      element('g', { 'shape-rendering': 'crispEdges' }, regions),
      beside(f, up.ticks, y.label),
      below(f, along.ticks, x.label),
      points.map(p =>
        element(
          'circle',
          { class: `f${p.class % 7}`, stroke: 'var(--paper)', cx: px(along.at(p.x)), cy: px(up.at(p.y)), r: 4 },
          element('title', {}, p.label ?? nameOf(p.class))
        )
      )
    )
  })
}
