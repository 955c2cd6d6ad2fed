/** A field to draw a digit in, brought to the form of MNIST: 20 pixels high or wide, its centre of mass in the middle. */
import { byId, element } from './dom.js'

const field = 28

/** the drawing as 784 numbers from 0 to 1; nothing for an empty field */
export const digitOf = (canvas: HTMLCanvasElement): Float32Array | undefined => {
  const { width, height } = canvas
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, height).data
  if (pixels === undefined) return undefined
  const light = (x: number, y: number): number => pixels[4 * (y * width + x)] ?? 0
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (light(x, y) > 40)
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)]
  if (right < left) return undefined
  const scale = 20 / Math.max(right - left + 1, bottom - top + 1)
  const at = (dx: number, dy: number): Float32Array => {
    const small = document.createElement('canvas')
    small.width = field
    small.height = field
    const context = small.getContext('2d')
    if (context === null) return new Float32Array(field * field)
    context.imageSmoothingQuality = 'high'
    const [w, h] = [(right - left + 1) * scale, (bottom - top + 1) * scale]
    context.drawImage(canvas, left, top, right - left + 1, bottom - top + 1, 14 - w / 2 + dx, 14 - h / 2 + dy, w, h)
    const got = context.getImageData(0, 0, field, field).data
    return Float32Array.from({ length: field * field }, (_, i) => (got[4 * i] ?? 0) / 255)
  }
  const plain = at(0, 0)
  const sum = plain.reduce((a, b) => a + b, 0)
  const centre = [0, 1].map(
    k => plain.reduce((a, v, i) => a + v * (k === 0 ? i % field : Math.floor(i / field)), 0) / sum
  )
  return at(Math.round(13.5 - (centre[0] ?? 13.5)), Math.round(13.5 - (centre[1] ?? 13.5)))
}

/** @param drawn receives the numbers whenever the drawing changes */
export const startDrawing = (drawn: (pixels: Float32Array) => void): (() => void) => {
  const canvas = byId<HTMLCanvasElement>('drawing')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) return () => undefined
  const tell = (): void => {
    const pixels = digitOf(canvas)
    if (pixels !== undefined) drawn(pixels)
  }
  const clear = (): void => {
    context.fillStyle = '#000'
    context.fillRect(0, 0, canvas.width, canvas.height)
    byId('recognised').textContent = '-'
    byId('chances').replaceChildren()
  }
  clear()
  let last: readonly [number, number] | undefined
  const place = (e: PointerEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect()
    return [((e.clientX - box.left) / box.width) * canvas.width, ((e.clientY - box.top) / box.height) * canvas.height]
  }
  const stroke = (from: readonly [number, number], to: readonly [number, number]): void => {
    context.strokeStyle = '#fff'
    context.lineWidth = 22
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.beginPath()
    context.moveTo(...from)
    context.lineTo(...to)
    context.stroke()
  }
  canvas.addEventListener('pointerdown', e => {
    canvas.setPointerCapture(e.pointerId)
    last = place(e)
    stroke(last, last)
  })
  canvas.addEventListener('pointermove', e => {
    if (last === undefined) return
    const next = place(e)
    stroke(last, next)
    last = next
  })
  const lift = (): void => {
    if (last === undefined) return
    last = undefined
    tell()
  }
  canvas.addEventListener('pointerup', lift)
  canvas.addEventListener('pointercancel', lift)
  canvas.addEventListener('keydown', e => {
    if (e.key === 'Delete' || e.key === 'Backspace') clear()
    else if (/^\d$/.test(e.key)) {
      clear()
      context.fillStyle = '#fff'
      context.font = '220px system-ui, sans-serif'
      context.textAlign = 'center'
      context.textBaseline = 'middle'
      context.fillText(e.key, canvas.width / 2, canvas.height / 2)
      tell()
    } else return
    e.preventDefault()
  })
  byId('clear').addEventListener('click', clear)
  return tell
}

export const showChances = (chances: readonly number[]): void => {
  const best = chances.indexOf(Math.max(...chances))
  byId('recognised').textContent = `${best}`
  byId('chances').replaceChildren(
    ...chances.map((p, k) =>
      element(
        'li',
        {},
        `${k}`,
        element('meter', { min: '0', max: '1', value: p.toFixed(3), 'aria-label': `chance of ${k}` }),
        `${Math.round(100 * p)} %`
      )
    )
  )
}
