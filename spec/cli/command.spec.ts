import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { diverging, xor } from '../run/helpers.js'
import { irisStudy } from '../search/helpers.js'
import { gradfold, masked } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-cli-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const write = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const file = (name: string, value: unknown): string => write(name, JSON.stringify(value))
/** messages without the folder, which is another one each time */
const local = (text: string): string => text.replaceAll(folder, '.')

const good = file('xor.json', xor)
const scored = file('scored.json', {
  ...xor,
  data: { tag: 'arrays', train: { x: [[0], [1], [2], [3]], y: [0, 0, 1, 1] }, test: { x: [[4]], y: [1] }, classes: 2 },
  model: { input: [1], layers: [{ tag: 'dense', units: 2 }] },
  loss: 'softmaxCrossEntropy',
  batchSize: 3,
  metrics: ['accuracy'],
  optimizer: { tag: 'sgd', rate: { tag: 'exponentialDecay', initial: 0.5, factor: 0.5 } }
})
const failing = file('diverging.json', diverging)

/** what a run without a record says at its end */
const notKept = 'nothing is kept of this run: --out FILE saves its pipeline, --record FOLDER the whole run\n'

describe('train', () => {
  test('prints a line for each epoch, then the scores, and says on stderr that nothing is kept', async () => {
    const { code, out, err } = await gradfold(['train', scored])
    expect([code, err]).toEqual([0, notKept])
    expect(masked(out)).toMatchSnapshot()
  })
  test('scores a validation part after every epoch', async () => {
    const held = file('held.json', { ...xor, validation: { tag: 'random', fraction: 0.5 }, batchSize: 2 })
    expect(masked((await gradfold(['train', held])).out)).toMatchSnapshot()
    const { out } = await gradfold(['train', held, '--json'])
    expect(JSON.parse(out.split('\n')[0] as string)).toMatchObject({ validation: { metrics: {} } })
  })
  test('--quiet prints the scores alone', async () => {
    const { code, out, err } = await gradfold(['train', scored, '--quiet'])
    expect([code, err]).toEqual([0, ''])
    expect(masked(out)).toMatchSnapshot()
  })
  test('--json prints one object per line, and the same ones each time', async () => {
    const { code, out, err } = await gradfold(['train', scored, '--json'])
    expect([code, err]).toEqual([0, ''])
    const events = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    expect(events.map(e => e['tag'])).toEqual(['epoch', 'epoch', 'epoch', 'done'])
    expect(events[0]).toEqual({
      tag: 'epoch',
      epoch: 1,
      step: 2,
      loss: expect.any(Number) as unknown,
      metrics: { accuracy: expect.any(Number) as unknown },
      settings: { rate: 0.5 }
    })
    const scores = { loss: expect.any(Number) as unknown, metrics: { accuracy: expect.any(Number) as unknown } }
    expect(events[3]).toEqual({ tag: 'done', reason: 'epochs 3', epoch: 3, step: 6, train: scores, test: scores })
    expect((await gradfold(['train', scored, '--json'], { tty: true })).out).toBe(out)
  })
  test('--json --quiet prints how it ended', async () => {
    const { out } = await gradfold(['train', good, '--json', '--quiet'])
    expect(JSON.parse(out)).toMatchObject({ tag: 'done' })
  })
  test('reads standard input for -', async () => {
    const { out } = await gradfold(['train', good, '--json'])
    expect((await gradfold(['train', '-', '--json'], { stdin: JSON.stringify(xor) })).out).toBe(out)
  })
  test('draws a bar on a terminal and leaves no trace of it on the output', async () => {
    const { out, err } = await gradfold(['train', good], { tty: true })
    expect(out).not.toContain('\u001b')
    expect(err).toMatch(/epoch 1\/3 \[=*-*\] *\d+% {2}[\d,]+ examples\/s {2}\d:\d\d left {2}loss [\d.e-]+/)
    // what is on the line at the end: nothing
    const drawn = err.replace(notKept, '')
    expect(drawn.split('\n')).toHaveLength(1)
    expect(drawn.slice(drawn.lastIndexOf('loss'))).toMatch(/\u001b\[2K$/)
  })
  test('a run that diverges fails with 1, says where, and tells machines too', async () => {
    const { code, out, err } = await gradfold(['train', failing, '--json'])
    expect(code).toBe(1)
    expect(local(err)).toMatch(/^gradfold: .\/diverging.json: step \d+.*: expected finite numbers, got .*\n$/)
    const last = JSON.parse(out.trimEnd().split('\n').at(-1) as string) as Readonly<Record<string, unknown>>
    expect(Object.keys(last)).toEqual(['tag', 'error', 'path', 'expected', 'got', 'hint', 'message'])
    expect(last).toMatchObject({ tag: 'error', error: 'Diverged' })
  })
  test('--backend reference is there', async () =>
    expect((await gradfold(['train', good, '--backend', 'reference'])).code).toBe(0))
})

describe('summary', () => {
  test('prints the layers', async () => {
    const { code, out } = await gradfold(['summary', good])
    expect(code).toBe(0)
    expect(out).toMatchSnapshot()
  })
})

describe('what is wrong is said in one line, with 2', () => {
  const bad: Readonly<Record<string, readonly string[]>> = {
    'no file of that name': ['train', join(folder, 'none.json')],
    'a folder': ['summary', folder],
    'text that is no JSON': ['train', write('comma.json', '{\n  "data": "iris"\n  "seed": 1\n}')],
    'bytes that are no text': ['train', write('bytes.json', Uint8Array.of(0xff, 0xfe))],
    'a setting out of range': ['train', file('rate.json', { ...xor, optimizer: { tag: 'adam', rate: -1 } })],
    'a key that would steer the terminal': ['summary', file('key.json', { ...xor, '\u001b[2J\n': 1 })],
    'data that do not fit the model': ['train', file('fit.json', { ...xor, model: { input: [3], layers: ['relu'] } })],
    'targets that do not fit the loss': [
      'train',
      file('loss.json', { ...xor, loss: 'softmaxCrossEntropy', model: { input: [2], layers: [] } })
    ],
    'data that are not there': [
      'train',
      file('csv.json', { ...xor, data: { tag: 'npy', train: { x: 'no.npy', y: 'no.npy' } } })
    ],
    'a batch larger than the data': ['train', file('batch.json', { ...xor, batchSize: 5 })],
    'an unknown command': ['trian', good],
    'an unknown option': ['train', good, '--jsn'],
    'an unknown backend': ['train', good, '--backend', 'gpu'],
    'no run file': ['train'],
    'too many': ['train', good, good]
  }
  test.each(Object.entries(bad))('%s', async (_, args) => {
    const { code, out, err } = await gradfold(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^gradfold: [^\n]*\n$/)
    expect(local(err)).toMatchSnapshot()
  })
  test('no command: the help, on stderr', async () => {
    const { code, out, err } = await gradfold([])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('Usage: gradfold')
  })
})

describe('a file of the other kind is called what it is, with the command that takes it', () => {
  const { space, run } = irisStudy
  const isStudy = 'expected a run file, got a study file; gradfold search takes it'
  const isRun = 'expected a study file, got a run file; gradfold train takes it'
  test.each([
    ['train', irisStudy, isStudy],
    ['summary', irisStudy, isStudy],
    ['explain', irisStudy, isStudy],
    ['train', { space, run: {}, epochs: 3 }, isStudy],
    ['search', xor, isRun],
    ['search', run, isRun],
    ['search', { ...xor, epochs: 3 }, isRun],
    // what is of both kinds, or of none, is wrong in its fields
    ['train', { ...xor, space }, '$/space: expected no field of this name in run file'],
    ['search', { ...irisStudy, model: xor.model }, '$/model: expected no field of this name in study'],
    ['search', {}, '$/space: expected '],
    ['train', [], '$: expected a record (run file)']
  ])('%s %j', async (command, value, said) => {
    const [text, path] = [JSON.stringify(value), file('kind.json', value)]
    const named = await gradfold([command, path])
    expect([named.code, named.out]).toEqual([2, ''])
    expect(local(named.err)).toContain(`gradfold: ./kind.json: ${said}`)
    const piped = await gradfold([command, '-'], { stdin: text })
    expect(piped.err).toBe(named.err.replace(path, 'standard input'))
  })
})

describe('help', () => {
  test.each([[['--help']], [['train', '--help']], [['summary', '--help']]])('%j', async args => {
    const { code, out, err } = await gradfold(args)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatchSnapshot()
  })
  test('--version', async () => expect(await gradfold(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' }))
})
