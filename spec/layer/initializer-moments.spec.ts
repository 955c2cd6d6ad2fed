/** The spread of first values: what each initializer promises of its moments, over many draws. */
import { describe, expect, it } from 'vitest'
import { initializers } from '../../src/layer/initializer.js'
import { childKey, leafKey, rootKey } from '../../src/random/index.js'

const [fanIn, fanOut] = [300, 200]
const promised: Readonly<Record<string, number>> = {
  xavierNormal: Math.sqrt(1 / fanIn),
  heNormal: Math.sqrt(2 / fanIn),
  heUniform: Math.sqrt(2 / fanIn),
  glorotNormal: Math.sqrt(2 / (fanIn + fanOut)),
  glorotUniform: Math.sqrt(2 / (fanIn + fanOut)),
  leCunNormal: Math.sqrt(1 / fanIn),
  leCunUniform: Math.sqrt(1 / fanIn)
}

describe('60,000 draws', () => {
  for (const [name, deviation] of Object.entries(promised))
    it(`${name}: mean 0, standard deviation ${deviation.toFixed(4)}`, () => {
      const kind = initializers[name]
      const key = leafKey(childKey(rootKey(7), name), 'weight')
      const x =
        kind?.draw({ key, shape: [fanIn, fanOut], fan: { in: fanIn, out: fanOut }, settings: {} }) ??
        new Float32Array(1)
      const mean = x.reduce((a, b) => a + b, 0) / x.length
      const variance = x.reduce((a, b) => a + (b - mean) * (b - mean), 0) / x.length
      // five standard errors of a mean, and of a deviation (normal: 1 / sqrt(2n))
      expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(x.length))
      expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(5 / Math.sqrt(2 * x.length))
    })
})
