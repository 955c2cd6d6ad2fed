/** `gradfold export`: a pipeline, a recorded run and a study as files of other programs. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeSafetensors } from '../../src/format/safetensors.js'
import { parseModel } from '../../src/model/codec.js'
import { right } from '../support/either.js'
import { gradfold } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-export-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const at = (name: string): string => join(folder, name)
const run = {
  data: { tag: 'arrays', train: { x: [[0], [1], [2]], y: [[1], [3], [5]] } },
  model: {
    input: [1],
    layers: [
      { tag: 'dense', units: 2 },
      { tag: 'activation', fn: 'tanh' },
      { tag: 'dense', units: 1 }
    ]
  },
  loss: 'meanSquaredError',
  batchSize: 1,
  optimizer: { tag: 'sgd', rate: 0.1 },
  stop: { tag: 'epochs', count: 2 }
}
const recorded = (async () => {
  writeFileSync(at('run.json'), JSON.stringify(run))
  writeFileSync(at('hostile.json'), JSON.stringify({ weightsManifest: [{ paths: ['../x'], weights: [] }] }))
  return gradfold(['train', at('run.json'), '--record', at('record'), '--quiet'])
})()
const graph = (path: string) => fromBinary(ModelProtoSchema, readFileSync(path)).graph

describe('gradfold export', () => {
  test('writes the network of a recorded run, after its last step', async () => {
    expect((await recorded).code).toBe(0)
    const out = at('net.onnx')
    const { code, out: said, err } = await gradfold(['export', at('record'), '--to', 'onnx', '--out', out])
    expect([code, said, err]).toEqual([0, `network after step 6 saved as ${out}\n`, ''])
    expect(graph(out)?.node.map(n => n.opType)).toEqual(['Gemm', 'Tanh', 'Gemm'])
  })
  test('writes the weights alone, of any step, as at does', async () => {
    await recorded
    const [here, there] = [at('a.safetensors'), at('b.safetensors')]
    const { out: said } = await gradfold(['export', at('record'), '--step', '3', '--to', 'safetensors', '--out', here])
    expect(said).toBe(`weights after step 3 saved as ${here}\n`)
    await gradfold(['at', at('record'), '--step', '3', '--out', there])
    expect(readFileSync(here)).toEqual(readFileSync(there))
    expect(Object.keys(right(decodeSafetensors(readFileSync(here))).tensors)).toContain('params/dense/weight')
  })
  test.each([
    [['--to', 'onnx', '--opset', '3', '--out', at('c')], 'opset: expected one of 17, 18, 19, 20, 21, got 3'],
    [['--to', 'onnx', '--step', '99', '--out', at('c')], '99'],
    [
      ['--to', 'safetensors', '--opset', '18', '--out', at('c')],
      'opset: expected --to onnx beside --opset, got --to safetensors; leave --opset out'
    ],
    [['--to', 'safetensors', '--batch', '4', '--out', at('c')], 'batch: expected --to onnx beside --batch'],
    [
      ['--to', 'keras', '--out', at('c')],
      'Allowed choices are onnx, tfjs, safetensors, tensorboard, optuna, csv, parquet'
    ],
    [['--to', 'onnx', '--out', ''], 'out: expected the path of a file, got ""'],
    [['--to', 'onnx', '--out', folder], 'expected a new file, or a regular file to replace, got something else'],
    [
      ['--to', 'csv', '--step', 'best', '--out', at('c')],
      'step: expected --to onnx, tfjs or safetensors beside --step, got --to csv'
    ],
    [['--to', 'csv', '--batch', '2', '--out', at('c')], 'batch: expected --to onnx beside --batch, got --to csv'],
    [['--to', 'csv', '--out', ''], 'out: expected the path of a folder, got ""'],
    [['--to', 'optuna', '--out', at('c')], 'to: expected the folder of a study for optuna, got the record of a run']
  ])('%j ends with 2 and one line', async (args, part) => {
    await recorded
    const { code, out, err } = await gradfold(['export', at('record'), ...args])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(part)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })
  test('says where there is nothing to export', async () => {
    const { code, err } = await gradfold(['export', at('nowhere'), '--to', 'onnx', '--out', at('c')])
    expect([code, err.includes('nowhere')]).toEqual([2, true])
  })

  const study = 'spec/fixtures/7daa3b7/study'
  test.each([
    ['record', 'tensorboard', ['events.out.tfevents.0.gradfold'], '1 file saved in'],
    ['record', 'csv', ['epochs.csv', 'steps.csv'], '2 files saved in'],
    ['record', 'parquet', ['epochs.parquet', 'steps.parquet'], '2 files saved in'],
    [study, 'csv', ['trials.csv'], '1 file saved in'],
    [study, 'parquet', ['trials.parquet'], '1 file saved in'],
    [study, 'tensorboard', ['trial-000000', 'trial-000001', 'trial-000002'], '3 files saved in']
  ])('writes %s as %s, with the same bytes each time', async (path, to, names, said) => {
    await recorded
    const from = path === 'record' ? at(path) : path
    const [first, second] = [at(`${to}-${names[0]}-1`), at(`${to}-${names[0]}-2`)]
    for (const out of [first, second])
      expect(await gradfold(['export', from, '--to', to, '--out', out])).toMatchObject({
        code: 0,
        out: `${said} ${out}\n`,
        err: ''
      })
    const files = (out: string) => readdirSync(out, { recursive: true, encoding: 'utf8' }).sort()
    expect(readdirSync(first).sort()).toEqual(names)
    for (const name of files(first).filter(n => statSync(join(first, n)).isFile()))
      expect(readFileSync(join(first, name))).toEqual(readFileSync(join(second, name)))
  })
  test('writes the journal of a study as one file', async () => {
    const out = at('journal/study.log')
    const { code, out: said, err } = await gradfold(['export', study, '--to', 'optuna', '--out', out])
    expect([code, said, err]).toEqual([0, `journal saved as ${out}\n`, ''])
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(8)
  })
})

describe('gradfold import', () => {
  test('reads the network that was exported, with its weights', async () => {
    await recorded
    const [net, back, weights] = [at('trip.onnx'), at('trip.safetensors'), at('weights.safetensors')]
    await gradfold(['export', at('record'), '--to', 'onnx', '--out', net])
    await gradfold(['export', at('record'), '--to', 'safetensors', '--out', weights])
    const { code, out: said, err } = await gradfold(['import', net, '--out', back])
    expect([code, said, err]).toEqual([0, `network with 7 learned numbers saved as ${back}\n`, ''])
    const { tensors, metadata } = right(decodeSafetensors(readFileSync(back)))
    expect(right(parseModel(metadata['model'] ?? '')).input).toEqual([1])
    expect(tensors).toEqual(right(decodeSafetensors(readFileSync(weights))).tensors)
  })
  test.each([
    [[at('nowhere.onnx'), '--out', at('c')], 'nowhere'],
    [[at('weights.safetensors'), '--out', at('c')], 'expected an ONNX file'],
    [[at('run.json'), '--out', at('c')], 'expected a list of groups'],
    [[at('hostile.json'), '--out', at('c')], 'expected the name of a file in the same folder'],
    [[at('trip.onnx'), '--outputs', 'q', '--out', at('c')], 'expected some of y, got q']
  ])('%j ends with 2', async (args, part) => {
    await recorded
    const { code, out, err } = await gradfold(['import', ...args])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(part)
  })
  test('reads the model.json that was exported, with the file beside it', async () => {
    await recorded
    const [net, back, weights] = [at('model.json'), at('tfjs.safetensors'), at('tfjs-weights.safetensors')]
    const made = await gradfold(['export', at('record'), '--to', 'tfjs', '--out', net])
    expect([made.code, made.err]).toEqual([0, ''])
    expect(statSync(at('model.bin')).size).toBe(28)
    await gradfold(['export', at('record'), '--to', 'safetensors', '--out', weights])
    const { code, err } = await gradfold(['import', net, '--out', back])
    expect([code, err]).toEqual([0, ''])
    const { tensors } = right(decodeSafetensors(readFileSync(back)))
    expect(tensors).toEqual(right(decodeSafetensors(readFileSync(weights))).tensors)
  })
  test('leaves the file that it reads as it is', async () => {
    await recorded
    const net = at('kept.onnx')
    await gradfold(['export', at('record'), '--to', 'onnx', '--out', net])
    const bytes = readFileSync(net)
    const self = await gradfold(['import', net, '--out', join(folder, '.', 'kept.onnx')])
    expect([self.code, self.err]).toEqual([2, expect.stringContaining('another file than the one that is read')])
    expect(readFileSync(net)).toEqual(bytes)
  })
  // a device such as /dev/null would be replaced alike
  test.skipIf(process.platform === 'win32')('leaves a socket in the place of its output', async () => {
    await recorded
    const [net, socket] = [at('again.onnx'), at('socket')]
    await gradfold(['export', at('record'), '--to', 'onnx', '--out', net])
    const server = createServer().listen(socket)
    await once(server, 'listening')
    const other = await gradfold(['import', net, '--out', socket])
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('a regular file to replace')])
    expect(statSync(socket).isSocket()).toBe(true)
    server.close()
  })
})
