/** Nets of the literature, built of blocks: their sizes against PyTorch, and one step of training, to the bit. */
import { describe, expect, test } from 'vitest'
import { autoencoder, mobileNetV2, resnet18, resnet8 } from '../../examples/13-image-nets.js'
import { lenet5 } from '../../examples/12-lenet.js'
import { input, model, modelData, type ModelData } from '../../src/layer/model.js'
import { countParameters, layerRows } from '../../src/model/describe.js'
import { checkModel, outputOf } from '../../src/model/model.js'
import { denseBlock } from '../../src/layer/blocks.js'
import { right } from '../support/either.js'

const learned = (m: ModelData): number => right(countParameters(m))

describe('the sizes are those of PyTorch', () => {
  test.each<[string, ModelData, number]>([
    ['LeNet-5', lenet5, 61_706],
    ['ResNet-8', model(input(32, 32, 3), resnet8(10)), 78_042],
    ['ResNet-18 in CIFAR form', model(input(32, 32, 3), resnet18(10)), 11_173_962],
    ['MobileNetV2, 1000 classes (torchvision)', modelData([224, 224, 3], mobileNetV2(1000)), 3_504_872],
    ['an autoencoder', model(input(28, 28, 1), autoencoder(8)), 2_633]
  ])('%s', (_, m, n) => expect(learned(m)).toBe(n))
  test('of a dense block of DenseNet without bottlenecks', () => {
    // 16, 28 and 40 channels: a norm each, and 3 x 3 weights to 12
    expect(learned(modelData([8, 8, 16], denseBlock(3, 12)))).toBe((16 + 28 + 40) * (2 + 9 * 12))
  })
})

test('MobileNetV2 has 52 convolutions, and makes 4 x 4 places of 32 x 32', () => {
  const m = right(checkModel(modelData([32, 32, 3], mobileNetV2(10))))
  const rows = right(layerRows(m))
  expect(rows.filter(r => /onv2d/.test(r.layer)).length).toBe(52)
  expect(rows.filter(r => r.path.includes('globalAveragePool')).map(r => r.output)).toEqual([[1280]])
  expect(right(outputOf(m))).toEqual([10])
})
