import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { decodeCsv, type CsvSchema } from '../../src/data/csv.js'
import { exampleCount } from '../../src/data/dataset.js'
import { left, right } from './helpers.js'

const schema: CsvSchema = {
  columns: {
    id: 'ignore',
    w: 'number',
    colour: { categories: ['red', 'green, blue'] },
    kind: { categories: ['a', 'b', 'c'] }
  },
  target: 'kind'
}
const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
const finite = fc.float({ noNaN: true, noDefaultInfinity: true })
const row = fc.record({
  id: fc.string(),
  w: finite,
  colour: fc.constantFrom('red', 'green, blue'),
  kind: fc.constantFrom('a', 'b', 'c')
})
const names = ['id', 'w', 'colour', 'kind'] as const
const order = fc.shuffledSubarray([...names], { minLength: 4 })

describe('CSV', () => {
  it('decode ∘ encode: numbers exactly, categories one-hot, the target as class numbers, whatever the order of columns', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1 }),
        order,
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (rows, header, end, bom) => {
          const lines = [header.join(','), ...rows.map(r => header.map(k => quote(String(r[k]))).join(','))]
          const d = right(decodeCsv((bom ? '\ufeff' : '') + lines.join(end) + end, schema))
          const inputs = header.filter(k => k === 'w' || k === 'colour')
          const expected = rows.flatMap(r =>
            inputs.flatMap(k => (k === 'w' ? [Number(String(r.w))] : r.colour === 'red' ? [1, 0] : [0, 1]))
          )
          expect(d.x.tensor.shape).toEqual([rows.length, 3])
          expect(Array.from(d.x.tensor.data)).toEqual(expected)
          expect(Array.from(d.y.tensor.data)).toEqual(rows.map(r => ['a', 'b', 'c'].indexOf(r.kind)))
        }
      )
    )
  })

  it('the order of the schema means nothing', () => {
    const text = 'b,a,y\n1,2,3\n'
    const forward = decodeCsv(text, { columns: { a: 'number', b: 'number', y: 'number' }, target: 'y' })
    const backward = decodeCsv(text, { columns: { y: 'number', b: 'number', a: 'number' }, target: 'y' })
    expect(Array.from(right(forward).x.tensor.data)).toEqual([1, 2])
    expect(right(backward)).toEqual(right(forward))
    expect(right(forward).y.tensor.shape).toEqual([1, 1])
  })

  it('names row and column of the first cell that is not what was declared', () => {
    const at = (cell: string): string =>
      left(decodeCsv(`w,y\n1,2\n\n${cell},4\n`, { columns: { w: 'number', y: 'number' }, target: 'y' }))
    expect(at('')).toBe(
      'csv/row 1 (line 4)/w: expected a number in the range of f32, got a missing value; leave such rows out or fill the gap'
    )
    expect(at('  ')).toContain('csv/row 1 (line 4)/w: expected a number in the range of f32, got a missing value')
    for (const bad of ['NA', '?', 'nan', 'Infinity', '1e99', '0x10', '1_000', '1 2', '"1,5"', '--1', '1e', '.', 'e5'])
      expect(at(bad)).toContain('row 1 (line 4)/w: expected a number')
    for (const good of ['+1', '-1.5e-3', '.5', '5.', '1E5', ' 7 ', '"8"'])
      expect(decodeCsv(`w,y\n${good},4\n`, { columns: { w: 'number', y: 'number' }, target: 'y' })._tag).toBe('Right')
    expect(left(decodeCsv('id,w,colour,kind\n1,2,red,d\n', schema))).toBe(
      'csv/row 0 (line 2)/kind: expected one of a, b, c, got "d"'
    )
    expect(left(decodeCsv('id,w,colour,kind\n1,2,,a\n', schema))).toContain(
      'colour: expected one of red, green, blue, got a missing value'
    )
  })

  it('refuses columns that are unknown, missing or there twice', () => {
    const two: CsvSchema = { columns: { a: 'number', y: 'number' }, target: 'y' }
    expect(left(decodeCsv('a,y,z\n1,2,3\n', two))).toContain(
      "header/z: expected the columns a, y, got a column that is not declared; declare it as 'ignore'"
    )
    expect(left(decodeCsv('a\n1\n', two))).toContain('header/y: expected the columns a, y, got none of this name')
    expect(left(decodeCsv('a,a,y\n1,1,2\n', two))).toContain('header/a: expected every column once')
    for (const name of ['__proto__', 'constructor', 'toString', ''])
      expect(left(decodeCsv(`a,y,${name}\n1,2,3\n`, two))).toMatch(/not declared/)
    const wrong: readonly CsvSchema[] = [
      { columns: { a: 'number', y: 'number' }, target: 'z' },
      { columns: { a: 'number', y: 'number' }, target: 'toString' },
      { columns: { a: 'number', y: 'ignore' }, target: 'y' },
      { columns: { a: 'ignore', y: 'number' }, target: 'y' },
      { columns: { a: { categories: [] }, y: 'number' }, target: 'y' },
      { columns: { a: { categories: ['p', 'p'] }, y: 'number' }, target: 'y' }
    ]
    for (const s of wrong) expect(left(decodeCsv('a,y\n1,2\n', s))).toContain('csv/schema')
  })

  it('refuses text that is not CSV, without rows or without a header', () => {
    const two: CsvSchema = { columns: { a: 'number', y: 'number' }, target: 'y' }
    expect(left(decodeCsv('', two))).toContain('got nothing')
    expect(left(decodeCsv('a,y\n', two))).toContain('got the header only')
    // lines may end in several ways
    for (const text of ['a,y\r\n1,2\n3,4\n', 'a,y\n1,2\r\n3,4', 'a,y\r1,2\r\n3,4\n'])
      expect(exampleCount(right(decodeCsv(text, two)))).toBe(2)
    expect(left(decodeCsv('a,y\n1,2\n3\n', two))).toContain('csv/line 3')
    expect(left(decodeCsv('a,y\n1,2,3\n', two))).toContain('csv/line 2')
    expect(left(decodeCsv('a,y\n"1,2\n', two))).toContain('CSV')
    expect(left(decodeCsv('a,y\n1,2"\n', two))).toContain('csv')
    expect(right(decodeCsv('a;y\n1;2\n', { ...two, delimiter: ';' })).x.tensor.data[0]).toBe(1)
    expect(right(decodeCsv('a\ty\n1\t2\n', { ...two, delimiter: '\t' })).y.tensor.data[0]).toBe(2)
    expect(left(decodeCsv('a\ty\n\t2\n', { ...two, delimiter: '\t' }))).toContain('a: expected a number')
  })

  it('never throws, on any text', () => {
    const cell = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('1', '"', ',', '\n', '\r', 'a', 'y'))
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 30 }), cells => {
        const r = decodeCsv(`a,y\n${cells.join('')}`, { columns: { a: 'number', y: 'number' }, target: 'y' })
        expect(['Left', 'Right']).toContain(r._tag)
      })
    )
  })

  it('splits text without eval and without Buffer, as in a page with a strict content policy', () => {
    const script = `delete globalThis.Buffer
      const { parse } = await import('csv-parse/browser/esm/sync')
      console.log(JSON.stringify(parse('a,"b, c"')))`
    const out = execFileSync(process.execPath, [
      '--disallow-code-generation-from-strings',
      '--input-type=module',
      '-e',
      script
    ])
    expect(out.toString().trim()).toBe('[["a","b, c"]]')
  })
})
