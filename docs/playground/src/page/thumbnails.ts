/** Small pictures of the data to choose from. */
import { starts } from '../sets.js'
import { drawPlane } from './pictures.js'

export const thumbnails = (): void => {
  for (const canvas of document.querySelectorAll<HTMLCanvasElement>('#starts canvas')) {
    const start = starts.find(s => s.name === canvas.dataset['start'])
    const data = start?.run()['data'] as {
      readonly train?: {
        readonly x: readonly (readonly number[])[]
        readonly y: readonly (number | readonly number[])[]
      }
    }
    if (typeof data.train === 'object') {
      const { x, y } = data.train
      const points = x.map((p, i) => [p[0] ?? 0, p[1] ?? 0, Number(y[i])] as const)
      drawPlane(
        canvas,
        {
          x: [-1.6, 1.6],
          y: [-1.3, 1.3],
          names: ['', ''],
          points: start?.name === 'xor' ? points.map(([a, b, c]) => [2 * a - 1, 1.6 * b - 0.8, c] as const) : points
        },
        undefined,
        true
      )
    } else {
      const context = canvas.getContext('2d')
      canvas.width = 160
      canvas.height = 100
      if (context === null) continue
      context.font = '600 44px system-ui, sans-serif'
      context.textAlign = 'center'
      context.textBaseline = 'middle'
      context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--ink')
      context.fillText(start?.name === 'iris' ? '⚘⚘⚘' : '7 2 1', 80, 52)
    }
  }
}
