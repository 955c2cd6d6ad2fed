/** Pictures on canvases: decision regions, the net, the loss. */
import type { Column, Plane, Seen } from '../protocol.js'

/** colours of classes, as red, green, blue; readable on white and on black */
const classColours: readonly (readonly [number, number, number])[] = [
  [11, 98, 168],
  [214, 108, 20],
  [0, 140, 104],
  [163, 50, 122],
  [98, 71, 181],
  [150, 118, 0],
  [90, 90, 98],
  [190, 40, 60],
  [40, 120, 200],
  [120, 140, 40]
]
const colourOf = (kind: number): readonly [number, number, number] =>
  classColours[kind % classColours.length] ?? [0, 0, 0]
const css = ([r, g, b]: readonly [number, number, number], alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`

/** a canvas with as many pixels as the screen shows */
const sized = (canvas: HTMLCanvasElement): readonly [CanvasRenderingContext2D, number, number] | undefined => {
  const { width, height } = canvas.getBoundingClientRect()
  const context = canvas.getContext('2d')
  if (context === null || width === 0) return undefined
  const scale = Math.min(3, window.devicePixelRatio || 1)
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)]
  if (canvas.width !== w) canvas.width = w
  if (canvas.height !== h) canvas.height = h
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  return [context, width, height]
}
const variable = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** the chance of each class from outputs: of one output in [0, 1], or of several by softmax */
export const chancesOf = (outputs: ArrayLike<number>): readonly number[] => {
  const all = Array.from(outputs)
  if (all.length === 1) {
    const p = Math.min(1, Math.max(0, all[0] ?? 0))
    return [1 - p, p]
  }
  const most = Math.max(...all)
  const powers = all.map(z => Math.exp(z - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(p => p / sum)
}

/** pixels that a function colours, drawn at a size */
const image = (side: number, colour: (place: number) => readonly [number, number, number]): HTMLCanvasElement => {
  const canvas = document.createElement('canvas')
  canvas.width = side
  canvas.height = side
  const context = canvas.getContext('2d')
  if (context === null) return canvas
  const data = context.createImageData(side, side)
  for (let place = 0; place < side * side; place++) {
    data.data.set([...colour(place), 255], 4 * place)
  }
  context.putImageData(data, 0, 0)
  return canvas
}
const blend = (
  colours: readonly (readonly [number, number, number])[],
  weights: readonly number[],
  paper: number,
  share: number
) =>
  [0, 1, 2].map(k => {
    const mixed = weights.reduce((n, w, i) => n + w * (colours[i]?.[k] ?? 0), 0)
    return Math.round(paper + share * (mixed - paper))
  }) as unknown as readonly [number, number, number]

const isDark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches

export const drawPlane = (canvas: HTMLCanvasElement, plane: Plane, regions: Seen['regions'], small = false): void => {
  const found = sized(canvas)
  if (found === undefined) return
  const [context, width, height] = found
  const paper = isDark() ? 23 : 255
  if (regions !== undefined) {
    const { side, outputs, values } = regions
    const picture = image(side, place => {
      const chances = chancesOf(values.subarray(place * outputs, (place + 1) * outputs))
      return blend(
        chances.map((_, kind) => colourOf(kind)),
        chances,
        paper,
        0.55
      )
    })
    context.imageSmoothingEnabled = true
    context.drawImage(picture, 0, 0, width, height)
  }
  const [x0, x1] = plane.x
  const [y0, y1] = plane.y
  const radius = small ? 1.6 : plane.points.length < 10 ? 8 : 4
  for (const [x, y, target] of plane.points) {
    context.beginPath()
    context.arc(((x - x0) / (x1 - x0)) * width, height - ((y - y0) / (y1 - y0)) * height, radius, 0, 2 * Math.PI)
    context.fillStyle = css(colourOf(Math.round(target)))
    context.fill()
    if (!small) {
      context.lineWidth = 1.5
      context.strokeStyle = isDark() ? '#17171b' : '#fff'
      context.stroke()
    }
  }
  if (small) return
  context.fillStyle = variable('--ink')
  context.font = '12px system-ui, sans-serif'
  context.fillText(plane.names[0], width - context.measureText(plane.names[0]).width - 6, height - 6)
  context.fillText(plane.names[1], 6, 14)
}

const signed = (v: number, scale: number): readonly [number, number, number] => {
  const share = Math.min(1, Math.abs(v) / (scale || 1))
  return blend([v < 0 ? colourOf(1) : colourOf(0)], [1], isDark() ? 40 : 245, share)
}

/** the net from its inputs to the right: units as squares, weights as lines */
export const drawNet = (canvas: HTMLCanvasElement, columns: readonly Column[], inputNames: readonly string[]): void => {
  const found = sized(canvas)
  if (found === undefined) return
  const [context, width, height] = found
  const ink = variable('--ink')
  context.font = '12px system-ui, sans-serif'
  context.textBaseline = 'middle'
  const [first] = columns
  if (first === undefined) {
    context.fillStyle = variable('--soft')
    context.fillText('Train to see the units and weights of dense layers.', 12, height / 2)
    return
  }
  const gap = width / (columns.length + 1)
  const most = Math.max(2, ...columns.map(c => Math.min(10, c.units)), Math.min(10, first.inputs))
  const size = Math.min(34, (height - 40) / most - 4)
  const place = (column: number, unit: number, units: number): readonly [number, number] => [
    gap * (column + 0.5),
    (height - 18) / 2 + (unit - (units - 1) / 2) * ((height - 30) / most)
  ]
  columns.forEach((c, column) => {
    const [shown, few] = [Math.min(10, c.units), Math.min(10, c.inputs)]
    const largest = Math.max(...c.weights.map(Math.abs), 1e-9)
    // between an image and units, the weights are the pictures of the units
    if (c.inputs > 100) return
    for (let i = 0; i < few; i++)
      for (let k = 0; k < shown; k++) {
        const w = c.weights[i * shown + k] ?? 0
        const [from, to] = [place(column, i, few), place(column + 1, k, shown)]
        context.beginPath()
        context.moveTo(from[0] + size / 2, from[1])
        context.bezierCurveTo((from[0] + to[0]) / 2, from[1], (from[0] + to[0]) / 2, to[1], to[0] - size / 2, to[1])
        context.strokeStyle = css(w < 0 ? colourOf(1) : colourOf(0), 0.35 + 0.6 * (Math.abs(w) / largest))
        context.lineWidth = 0.4 + 5 * (Math.abs(w) / largest)
        context.stroke()
      }
  })
  const box = ([x, y]: readonly [number, number]): void => {
    context.strokeStyle = ink
    context.lineWidth = 1
    context.strokeRect(x - size / 2, y - size / 2, size, size)
  }
  const more = (column: number, units: number): void => {
    context.fillStyle = ink
    const text = units > 10 ? `10 of ${units}` : `${units}`
    context.fillText(text, gap * (column + 0.5) - context.measureText(text).width / 2, height - 10)
  }
  const few = Math.min(10, first.inputs)
  for (let i = 0; i < few && first.inputs <= 100; i++) {
    const at = place(0, i, few)
    context.fillStyle = variable('--card')
    context.fillRect(at[0] - size / 2, at[1] - size / 2, size, size)
    box(at)
    context.fillStyle = ink
    const name = inputNames[i] ?? `x${i + 1}`
    context.fillText(name, at[0] - context.measureText(name).width / 2, at[1])
  }
  if (first.inputs > 100) {
    context.fillStyle = ink
    context.fillText('image', gap / 2 - 16, (height - 18) / 2)
  }
  more(0, first.inputs)
  columns.forEach((c, column) => {
    const shown = Math.min(10, c.units)
    for (let unit = 0; unit < shown; unit++) {
      const at = place(column + 1, unit, shown)
      const seen = c.images[unit]
      if (seen === undefined) {
        context.fillStyle = variable('--card')
        context.fillRect(at[0] - size / 2, at[1] - size / 2, size, size)
      } else {
        const scale = Math.max(...seen.values.map(Math.abs), 1e-9)
        const picture = image(seen.side, p => signed(seen.values[p] ?? 0, scale))
        context.drawImage(picture, at[0] - size / 2, at[1] - size / 2, size, size)
      }
      box(at)
    }
    more(column + 1, c.units)
  })
}

export interface CourseLine {
  readonly losses: readonly number[]
  /** of an earlier run, behind */
  readonly before?: readonly number[]
}
/** the loss by step: of each column of pixels the mean; a logarithmic axis */
export const drawCourse = (canvas: HTMLCanvasElement, { losses, before = [] }: CourseLine): void => {
  const found = sized(canvas)
  if (found === undefined) return
  const [context, width, height] = found
  const columns = Math.max(1, Math.floor(width - 60))
  const count = Math.max(losses.length, before.length, 2)
  const means = (all: readonly number[]): readonly (readonly [number, number])[] => {
    const per = count / columns
    const at: [number, number][] = []
    for (let c = 0, i = 0; c < columns && i < all.length; c++) {
      const to = Math.min(all.length, Math.max(i + 1, Math.floor((c + 1) * per)))
      if (Math.floor((c + 1) * per) <= i && per < 1) continue
      let sum = 0
      for (let k = i; k < to; k++) sum += all[k] ?? 0
      at.push([c, sum / (to - i)])
      i = to
    }
    return at
  }
  const [now, then] = [means(losses), means(before)]
  const values = [...now, ...then].map(p => p[1]).filter(v => v > 0 && Number.isFinite(v))
  const [low, high] = values.length === 0 ? [0.01, 1] : [Math.min(...values), Math.max(...values)]
  const [from, to] = [Math.log10(low) - 0.08, Math.log10(high) + 0.08]
  const y = (v: number): number => 8 + (1 - (Math.log10(v) - from) / (to - from || 1)) * (height - 32)
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'middle'
  const powers = Array.from({ length: 40 }, (_, i) => i - 20).filter(p => p >= from && p <= to)
  const ticks = powers.length >= 2 ? powers.map(p => 10 ** p) : [low, Math.sqrt(low * high), high]
  for (const tick of ticks) {
    context.strokeStyle = variable('--grid')
    context.lineWidth = 1
    context.beginPath()
    context.moveTo(50, y(tick))
    context.lineTo(width - 8, y(tick))
    context.stroke()
    context.fillStyle = variable('--soft')
    const text = String(Number(tick.toPrecision(2)))
    context.fillText(text, 46 - context.measureText(text).width, y(tick))
  }
  const line = (points: readonly (readonly [number, number])[], colour: string, lineWidth: number): void => {
    context.beginPath()
    points.forEach(([x, v], i) => (i === 0 ? context.moveTo(50 + x, y(v)) : context.lineTo(50 + x, y(v))))
    context.strokeStyle = colour
    context.lineWidth = lineWidth
    context.stroke()
  }
  if (then.length > 0) line(then, variable('--soft'), 1)
  line(now, css(isDark() ? [92, 179, 240] : colourOf(0)), 2)
  context.fillStyle = variable('--soft')
  context.fillText('1', 50, height - 10)
  const last = `step ${count}`
  context.fillText(last, width - 8 - context.measureText(last).width, height - 10)
}
