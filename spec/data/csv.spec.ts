import fc from 'fast-check'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { readCells } from '../../src/data/csv-cells.js'
import { numberIn } from '../../src/data/csv-number.js'
import { decodeCsv, type CsvSchema } from '../../src/data/csv.js'
import { exampleCount } from '../../src/data/dataset.js'
import { sourceCodec } from '../../src/data/readers.js'
import { canonicalText } from '../../src/run/digest.js'
import { parseJson } from '../../src/value/codec.js'
import { left, right } from '../support/either.js'

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

/** all rows as text; undefined where the text is refused */
const cellsOf = (text: string, delimiter: string): readonly (readonly string[])[] | undefined => {
  const rows: string[][] = []
  let row: string[] = []
  const wrong = readCells(text, delimiter.charCodeAt(0), {
    cell: (source, start, end) => {
      row.push(source.slice(start, end))
      return undefined
    },
    row: () => {
      rows.push(row)
      row = []
      return undefined
    }
  })
  return wrong === undefined ? rows : undefined
}
const parsed = (text: string, delimiter: string): readonly (readonly string[])[] | undefined => {
  try {
    return parse(text, {
      delimiter,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r']
    })
  } catch {
    return undefined
  }
}

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
          // the schema's order, not the file's
          const expected = rows.flatMap(r => [Number(String(r.w)), ...(r.colour === 'red' ? [1, 0] : [0, 1])])
          expect(d.x.tensor.shape).toEqual([rows.length, 3])
          expect(Array.from(d.x.tensor.data)).toEqual(expected)
          expect(Array.from(d.y.tensor.data)).toEqual(rows.map(r => ['a', 'b', 'c'].indexOf(r.kind)))
        }
      )
    )
  })

  it('the order of the schema decides, and not that of the file: rows with the columns swapped are the same rows', () => {
    const schemaOf = (...names: readonly string[]): CsvSchema => ({
      columns: Object.fromEntries([...names, 'y'].map(name => [name, 'number'])),
      target: 'y'
    })
    const x = (text: string, s: CsvSchema): readonly number[] => Array.from(right(decodeCsv(text, s)).x.tensor.data)
    for (const text of ['b,a,y\n1,2,3\n', 'y,b,a\n3,1,2\n', 'a,y,b\n2,3,1\n']) {
      expect(x(text, schemaOf('a', 'b'))).toEqual([2, 1])
      expect(x(text, schemaOf('b', 'a'))).toEqual([1, 2])
      expect(x(text, { ...schemaOf('a', 'b'), order: ['b', 'a'] })).toEqual([1, 2])
      expect(Array.from(right(decodeCsv(text, schemaOf('a', 'b'))).y.tensor.data)).toEqual([3])
    }
    for (const order of [['a'], ['a', 'b', 'c'], ['a', 'b', 'a'], ['a', 'y'], 'ab'] as unknown as readonly string[][])
      expect(left(decodeCsv('b,a,y\n1,2,3\n', { ...schemaOf('a', 'b'), order }))).toContain(
        'csv/schema/order: expected'
      )
  })

  it('the order of the inputs survives JSON that sorts the names of a record', () => {
    const read = (schema: CsvSchema): CsvSchema => {
      const source = { tag: 'csv', train: 'a.csv', schema } as const
      const text = canonicalText(sourceCodec.encode(source))
      return (right(parseJson(sourceCodec)(text)) as typeof source).schema
    }
    const text = 'y,w,h\n1,2,3\n'
    const inOrder: CsvSchema = { columns: { w: 'number', y: 'number', h: 'number' }, target: 'y' }
    const sorted: CsvSchema = { columns: { h: 'number', w: 'number', y: 'number' }, target: 'y' }
    for (const s of [inOrder, sorted, { ...sorted, order: ['w', 'h'] }])
      expect(decodeCsv(text, read(s))).toEqual(decodeCsv(text, s))
    expect(read(sorted)).toEqual(sorted)
    expect(read({ ...sorted, order: ['h', 'w'] })).toEqual(sorted)
    expect(read(inOrder)).toEqual(read({ ...sorted, order: ['w', 'h'] }))
  })

  it('refuses whole numbers of a column that f32 makes equal, unless they are scaled in f64 first', () => {
    const times: CsvSchema = { columns: { t: 'number', y: 'number' }, target: 'y' }
    expect(left(decodeCsv('t,y\n1700000000,1\n1700000001,2\n', times))).toBe(
      'csv/row 1 (line 3)/t: expected whole numbers that stay different in f32 (this and 1700000000 become equal), got ' +
        '"1700000001"; subtract an origin or divide before they become f32: a scale and a shift do so in f64, ' +
        'as { scale, shift } in the schema'
    )
    expect(left(decodeCsv('t,y\n16777216,1\n16777217,2\n', times))).toContain('stay different')
    expect(left(decodeCsv('y,t\n16777216,1\n16777217,2\n', times))).toContain(
      'row 1 (line 3)/y: expected whole numbers'
    )
    // other columns, equal numbers, fractions and what is far apart are no harm
    for (const rows of ['16777216,16777217\n', '16777217,1\n16777217,2', '0.1,1\n0.10000000001,2', '1e20,1\n1e20,2'])
      expect(decodeCsv(`t,y\n${rows}`, times)._tag).toBe('Right')
    const scaled: CsvSchema = { columns: { t: { scale: 0.5, shift: -850000000 }, y: 'number' }, target: 'y' }
    const d = right(decodeCsv('t,y\n1700000000,1\n1700000001,2\n', scaled))
    expect(Array.from(d.x.tensor.data)).toEqual([0, 0.5])
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

  it('cuts text into the cells that csv-parse finds, and refuses what it refuses', () => {
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(',', '\n', '\r\n', '\r', '"', ' ', '\t') },
      { weight: 3, arbitrary: fc.constantFrom('a', '1', '""', '"x"', '"y,z"', '"1\n2"', 'é', '\u00a0', '\u3000') },
      { weight: 1, arbitrary: fc.string({ maxLength: 4 }) }
    )
    const random = fc.array(piece, { maxLength: 24 }).map(pieces => pieces.join(''))
    const cell = fc.oneof(fc.string(), fc.constantFrom('a"b', 'a,b', ' a ', 'a\r\nb', ''))
    const table = fc
      .array(fc.tuple(cell, cell), { minLength: 1 })
      .map(rows => rows.map(row => row.map(quote).join(',')).join('\n'))
    let read = 0
    fc.assert(
      fc.property(fc.oneof(random, table), fc.constantFrom(',', ';', '\t', ' '), (text, delimiter) => {
        // csv-parse lets a second quote open behind an empty quoted cell, and does not know all spaces behind a quote
        fc.pre(!/""\s*"|"\s*[\u0080-\uffff]/.test(text.replaceAll('\ufeff', ' ')))
        const ours = cellsOf(text, delimiter)
        const theirs = parsed(text, delimiter)
        read += theirs === undefined ? 0 : 1
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 3000 }
    )
    expect(read).toBeGreaterThan(500)
  })

  it('reads numbers as the engine does', () => {
    const digits = fc.stringMatching(/^\d{0,20}$/)
    const text = fc.oneof(
      fc.double().map(String),
      fc.float().map(String),
      fc
        .tuple(
          fc.constantFrom('', '-', '+'),
          digits,
          fc.constantFrom('', '.'),
          digits,
          fc.constantFrom('', 'e5', 'E-30', 'e')
        )
        .map(parts => parts.join('')),
      fc.string({ maxLength: 5 })
    )
    const grammar = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
    fc.assert(
      fc.property(text, fc.string(), (s, around) => {
        const x = numberIn(around + s + around, around.length, around.length + s.length)
        expect(x).toBe(grammar.test(s) ? Number(s) : NaN)
      }),
      { numRuns: 5000 }
    )
  })

  it('takes time and memory in proportion to the text: long cells, wide headers, many categories', () => {
    const two: CsvSchema = { columns: { a: 'number', y: 'number' }, target: 'y' }
    expect(left(decodeCsv(`a,y\n${'1'.repeat(1_000_000)}x,1\n`, two))).toContain('row 0 (line 2)/a: expected a number')
    const names = Array.from({ length: 50_000 }, (_, i) => `c${i}`)
    const wide: CsvSchema = { columns: Object.fromEntries(names.map(n => [n, 'number'])), target: 'c0' }
    expect(right(decodeCsv(`${names.join()}\n${names.map((_, i) => i).join()}\n`, wide)).x.tensor.shape).toEqual([
      1, 49_999
    ])
    expect(left(decodeCsv(`${names.join()},z\n`, wide)).length).toBeLessThan(1000)
    const many: CsvSchema = { columns: { a: 'number', y: { categories: names } }, target: 'y' }
    const rows = names.map(n => `1,${n}`).join('\n')
    expect(Array.from(right(decodeCsv(`a,y\n${rows}`, many)).y.tensor.data)).toEqual(names.map((_, i) => i))
  })
})
