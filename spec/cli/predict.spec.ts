import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { gradfold } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const at = (name: string): string => join(folder, name)
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text)
  return at(name)
}

/** houses with gaps; the price follows area and town */
const houses = write(
  'houses.csv',
  `id;area;town;price\n${Array.from({ length: 60 }, (_, i) => {
    const town = i % 3 === 0 ? 'Ulm' : 'Bonn'
    const area = 40 + ((i * 37) % 80)
    return `h${i};${i % 11 === 0 ? '' : `${area},5`};${i % 13 === 0 ? '' : town};${area * (town === 'Ulm' ? 2000 : 3000)}\n`
  }).join('')}`
)
const fresh = write('new.csv', 'town;area;id;note\nBonn;80,5;n1;x\n;;n2;y\n')
const bad = write(
  'bad.csv',
  `id;area;town\nok;70;Ulm\n${Array.from({ length: 6 }, (_, i) => `b${i};${i % 2 === 0 ? 'x' : '70'};${i % 2 === 0 ? 'Ulm' : 'Köln'}\n`).join('')}`
)
const model = at('houses.gradfold')
const run = at('run.json')
const started = (async () => {
  const init = await gradfold(['init', houses, '--target', 'price'])
  writeFileSync(run, init.out.replace('"count": 200', '"count": 40'))
  const train = await gradfold(['train', run, '--out', model])
  return { init, train }
})()

describe('from a table to predictions, by the command line alone', () => {
  test('init proposes a run file, train saves a pipeline, predict gives prices with ids', async () => {
    const { init, train } = await started
    expect([init.code, init.err, train.code]).toEqual([0, '', 0])
    expect(train.err).toBe(`pipeline saved as ${model}; gradfold predict ${model} takes new rows\n`)
    expect(train.out).toMatch(/\nbest epoch \d+\ntrain {2}loss .*\ntest {3}loss .*\n$/)
    const { code, out, err } = await gradfold(['predict', model, fresh])
    expect([code, err]).toEqual([0, ''])
    const [header, first, second] = out.trimEnd().split('\n')
    expect(header).toBe('id;price')
    expect(first).toMatch(/^n1;\d+(,\d+)?$/)
    expect(Math.abs(Number(first?.slice(3).replace(',', '.')) - 80 * 3000)).toBeLessThan(60_000)
    expect(second).toMatch(/^n2;/)
    const lines = (
      await gradfold(['predict', model, '-', '--json'], { stdin: '{"area": 80.5, "town": "Bonn", "id": 7}\n' })
    ).out
    expect(JSON.parse(lines)).toMatchObject({ row: 0, ids: { id: '7' }, probabilities: {} })
  })
  test('a bad row fails with 1, the first five are named, and nothing is written', async () => {
    await started
    const out = at('out.csv')
    const ran = await gradfold(['predict', model, bad, '--out', out])
    expect([ran.code, ran.out, existsSync(out)]).toEqual([1, '', false])
    const lines = ran.err.trimEnd().split('\n')
    expect(lines).toHaveLength(6)
    expect(lines[0]).toContain('bad.csv: row 1 (line 3)/area: expected a number with the decimal mark ,')
    expect(lines[1]).toContain('row 2 (line 4)/town: expected one of Bonn, Ulm, got "Köln"; is it misspelt?')
    expect(lines[5]).toContain('6 rows cannot be predicted, of which 5 are named; --bad-rows keep')
  })
  test('--bad-rows keep writes all rows, with what is wrong', async () => {
    await started
    const out = at('kept.csv')
    const ran = await gradfold(['predict', model, bad, '--out', out, '--bad-rows', 'keep'])
    expect([ran.code, ran.out, ran.err]).toEqual([0, '', ''])
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
    expect(lines[0]).toBe('id;price;error')
    expect(lines[1]).toMatch(/^ok;\d+(,\d+)?;$/)
    expect(lines[3]).toMatch(/^b1;;"row 2 \(line 4\)\/town: expected one of Bonn, Ulm/)
    expect(lines).toHaveLength(8)
  })
  test('evaluate scores in the units of the data', async () => {
    await started
    const ran = await gradfold(['evaluate', model, houses])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(ran.out).toMatch(/^60 rows\nprice {2}rmse \d+ {2}mae \d+ {2}r2 0\.\d+\n$/)
    const { targets } = JSON.parse((await gradfold(['evaluate', model, houses, '--json'])).out) as {
      readonly targets: { readonly price: { readonly rmse: number } }
    }
    expect(targets.price.rmse).toBeGreaterThan(1000)
    // of a single row there is no r2: JSON has no NaN, and null would mean anything
    const one = write('one.csv', readFileSync(houses, 'utf8').split('\n').slice(0, 2).join('\n'))
    expect((await gradfold(['evaluate', model, one, '--json'])).out).toContain('"r2":"NaN"')
    expect((await gradfold(['evaluate', model, fresh])).err).toContain('price: expected the columns')
  })
  test('a record predicts without its data, and at saves its best and last states', async () => {
    await started
    const data = write('moved.csv', readFileSync(houses, 'utf8'))
    const record = at('record')
    const moved = write('moved.json', readFileSync(run, 'utf8').replace(JSON.stringify(houses), JSON.stringify(data)))
    const recorded = await gradfold(['train', moved, '--record', record, '--quiet', '--out', at('r.gradfold')])
    expect(recorded.code).toBe(0)
    const best = await gradfold(['at', record, '--step', 'best', '--out', at('best.gradfold')])
    expect(best.out).toMatch(/^pipeline after step [\d,]+ saved as/)
    expect((await gradfold(['at', record, '--step', 'last', '--out', at('last.safetensors')])).out).toMatch(
      /^weights after/
    )
    rmSync(data)
    const predicted = (await gradfold(['predict', record, fresh])).out
    for (const file of [model, at('r.gradfold'), at('best.gradfold')])
      expect((await gradfold(['predict', file, fresh])).out).toBe(predicted)
    expect((await gradfold(['at', record, '--step', 'first', '--out', at('x')])).err).toContain('best or last')
  })
  test('classes have names and probabilities, iris too', async () => {
    const iris = write(
      'iris.json',
      JSON.stringify({
        data: 'iris',
        split: 'stratified',
        normalise: 'standardise',
        model: { input: [4], layers: [{ tag: 'dense', units: 8 }, 'relu', { tag: 'dense', units: 3 }] },
        loss: 'softmaxCrossEntropy',
        optimizer: { tag: 'adam', rate: 0.02 },
        stop: { tag: 'epochs', count: 20 }
      })
    )
    expect((await gradfold(['train', iris, '--quiet', '--out', at('iris.gradfold')])).code).toBe(0)
    const rows =
      'sepalLength,sepalWidth,petalLength,petalWidth,species\n5.1,3.5,1.4,0.2,setosa\n6.3,3.3,6,2.5,virginica\n'
    const { out } = await gradfold(['predict', at('iris.gradfold'), '-'], { stdin: rows })
    expect(out).toMatch(
      /^row,species,species=setosa,species=versicolor,species=virginica\n0,setosa,0\.[89]\d*,[\d.e-]+,[\d.e-]+\n1,virginica,/
    )
    const scores = (await gradfold(['evaluate', at('iris.gradfold'), '-'], { stdin: rows })).out
    expect(scores).toContain('species  accuracy 1')
    expect(scores).toMatch(/\| setosa +\| +1/)
  })
  test('what is no pipeline, and data without names, are refused', async () => {
    expect((await gradfold(['predict', houses, fresh])).err).toContain('safetensors')
    expect((await gradfold(['predict', at('none'), fresh])).code).toBe(2)
    const arrays = write(
      'arrays.json',
      JSON.stringify({
        data: { tag: 'arrays', train: { x: [[0], [1]], y: [[0], [1]] } },
        model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
        loss: 'meanSquaredError',
        optimizer: 'adam',
        batchSize: 2,
        stop: { tag: 'epochs', count: 1 }
      })
    )
    const { code, err } = await gradfold(['train', arrays, '--out', at('x.gradfold')])
    expect(code).toBe(2)
    expect(err).toContain('expected data with named columns, as csv and iris have, got data without')
  })
})
