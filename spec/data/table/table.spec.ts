import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeCsv, type CsvSchema } from '../../../src/data/csv.js'
import { dateOf, dateText, numberOf } from '../../../src/data/table/cells.js'
import { tableSchemaCodec } from '../../../src/data/table/codec.js'
import { encodeTable } from '../../../src/data/table/encode.js'
import { fitTable, fitTableWith } from '../../../src/data/table/fit.js'
import { featureNames, fittedTableCodec, plainTable } from '../../../src/data/table/fitted.js'
import { inferSchema } from '../../../src/data/table/infer.js'
import { starterRun } from '../../../src/run/pipeline/starter.js'
import { tableSchema, type InputRow, type TableRow, type TargetValues } from '../../../src/data/table/rows.js'
import type { Column, TableSchema } from '../../../src/data/table/schema.js'
import { splitTable, stratifiedSplitTable } from '../../../src/data/table/split.js'
import { decodeTable, fromRecords, type DataTable } from '../../../src/data/table/table.js'
import { leafKey, rootKey } from '../../../src/random/index.js'
import { decode } from '../../../src/value/codec.js'
import { left, right } from '../../support/either.js'

const penguins = `species,island,bill,mass,sex
Adelie,Torgersen,39.1,3750,MALE
Adelie,Torgersen,,,
Adelie,Biscoe,37.8,3400,FEMALE
Gentoo,Biscoe,44.5,5700,.
Gentoo,Biscoe,50,5400,MALE
Gentoo,Biscoe,45.1,5000,FEMALE
Chinstrap,Dream,46.5,3500,FEMALE
Chinstrap,Dream,50.5,3900,MALE
`

const encoded = (text: string, schema: TableSchema) =>
  pipe(
    decodeTable(text, schema),
    E.bindTo('table'),
    E.bindW('fitted', ({ table }) => fitTable(table)),
    E.bindW('data', ({ table, fitted }) => encodeTable(fitted)(table))
  )
const rows = (text: string, schema: TableSchema): readonly (readonly number[])[] => {
  const { data } = right(encoded(text, schema))
  const [n = 0, width = 1] = data.x.tensor.shape
  return Array.from({ length: n }, (_, i) => [...data.x.tensor.data].slice(i * width, (i + 1) * width))
}
const one = (column: Column, ...cells: readonly string[]): readonly (readonly number[])[] =>
  rows(`a,y\n${cells.map(c => `"${c}",1\n`).join('')}`, { columns: { a: column, y: 'number' }, target: 'y' })

describe('a table of which nothing is to be fitted', () => {
  it('has the bits of decodeCsv', () => {
    const schema: CsvSchema = {
      columns: { id: 'ignore', w: 'number', at: { scale: 0.5, shift: -1 }, k: { categories: ['a', 'b'] }, y: 'number' },
      target: 'y',
      order: ['k', 'w', 'at']
    }
    const number = fc.float({ noNaN: true, noDefaultInfinity: true })
    const row = fc.tuple(fc.nat(), number, number, fc.constantFrom('a', 'b'), number)
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), all => {
        const text = `id,w,at,k,y\n${all.map(cells => `${cells.map(c => (Object.is(c, -0) ? '-0' : String(c))).join(',')}\n`).join('')}`
        const old = decodeCsv(text, schema)
        const now = encoded(text, schema)
        if (E.isLeft(old)) expect(E.isLeft(now)).toBe(true)
        else {
          expect(right(now).data).toEqual(old.right)
          expect(right(now).fitted).toEqual(plainTable(schema))
        }
      })
    )
  })
})

describe('gaps', () => {
  const of = (missing: unknown, ...cells: readonly string[]) => one({ type: 'number', missing } as Column, ...cells)
  it('are filled by mean, median, most frequent value or a number', () => {
    expect(of('mean', '1', '', '5', '9')[1]).toEqual([5])
    expect(of('median', '1', '', '2', '9', '4')[1]).toEqual([3])
    expect(of('mostFrequent', '7', '', '5', '5', '7')[1]).toEqual([5])
    expect(of(-1, '7', '')[1]).toEqual([-1])
    expect(of({ value: 8 }, '7', '')[1]).toEqual([8])
  })
  it('drop the row, or are refused with the place and what to do', () => {
    expect(of('drop', '7', '', '5')).toEqual([[7], [5]])
    expect(left(encoded('a,y\n1,1\n,2\n', { columns: { a: 'number', y: 'number' }, target: 'y' }))).toBe(
      'row 1 (line 3)/a: expected a value, got a missing value; say what fills gaps with the setting missing of this column, or leave such rows out'
    )
    expect(left(encoded('a,y\n,1\n', { columns: { a: { missing: 'mean' }, y: 'number' }, target: 'y' }))).toContain(
      'a value in the training part'
    )
  })
  it('have an indicator where one is asked for, which is not scaled', () => {
    const column: Column = { type: 'number', missing: 0, indicator: true, scaling: 'minMax' }
    expect(one(column, '2', '', '4')).toEqual([
      [0.5, 0],
      [0, 1],
      [1, 0]
    ])
  })
  it('of words, truth values and dates are filled too', () => {
    expect(one({ type: 'category', missing: 'mostFrequent' }, 'b', '', 'a', 'b')).toEqual([
      [0, 1],
      [0, 1],
      [1, 0],
      [0, 1]
    ])
    expect(one({ type: 'category', missing: { value: 'z' } }, 'b', '')).toEqual([
      [1, 0],
      [0, 1]
    ])
    expect(one({ type: 'boolean', missing: { value: true } }, 'no', '')).toEqual([[0], [1]])
    expect(one({ type: 'date', missing: { value: '1970-01-03' } }, '1970-01-02', '')).toEqual([[1], [2]])
  })
})

describe('categories', () => {
  it('that are learned are those of the training part, in alphabetical order', () => {
    const schema: TableSchema = { columns: { k: 'category', y: 'number' }, target: 'y' }
    const fitted = right(encoded('k,y\nb,1\na,2\nb,3\n', schema)).fitted
    expect(fitted.columns['k']).toEqual({ categories: ['a', 'b'] })
    expect(featureNames(fitted)).toEqual(['k=a', 'k=b'])
    const test = right(decodeTable('k,y\na,1\nc,2\n', schema))
    expect(left(encodeTable(fitted)(test))).toBe(
      'row 1 (line 3)/k: expected one of a, b, got "c"; is it misspelt? unknown: \'other\' in the schema gives unknown words a category'
    )
  })
  it('that are rare or unknown are one of their own where the schema says so', () => {
    const column: Column = { type: 'category', unknown: 'other', atLeast: 2 }
    expect(one(column, 'b', 'a', 'b')).toEqual([
      [1, 0],
      [0, 1],
      [1, 0]
    ])
  })
  it('are scaled only where that is asked for', () => {
    const schema = (scaling?: 'minMax'): TableSchema => ({
      columns: { k: { type: 'category', scaling }, w: 'number', y: 'number' },
      target: 'y',
      scaling: 'standardise'
    })
    expect(rows('k,w,y\na,1,0\nb,3,0\n', schema())).toEqual([
      [1, 0, -1],
      [0, 1, 1]
    ])
    expect(right(encoded('k,w,y\na,1,0\nb,3,0\n', schema('minMax'))).fitted.columns['k']).toMatchObject({
      scale: [1, 1]
    })
  })
})

describe('numbers, dates and truth values', () => {
  it('have the marks that the schema names', () => {
    const of = (decimal: '.' | ',', thousands?: '.' | ',' | ' ' | "'") => (text: string) =>
      numberOf(text, { columns: {}, target: '', decimal, thousands })
    expect(['1.234.567,5', '12,5', '1234,5', '-1.000'].map(of(',', '.'))).toEqual([1234567.5, 12.5, 1234.5, -1000])
    expect(['1,234.5', '12,34', '1,2345', '1.2.3'].map(of('.', ','))).toEqual([1234.5, NaN, NaN, NaN])
    expect(["1'000'000", '1 000'].map(of('.', "'"))).toEqual([1e6, NaN])
    expect(['1.5', '1,5', '1,5,5'].map(of(','))).toEqual([NaN, 1.5, NaN])
  })
  it('dates are the days of the platform, and come back as text', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), date => {
        const day = date.toISOString().slice(0, 10)
        expect(dateOf(day, 'iso')).toBe(Date.parse(day) / 86_400_000)
        expect(dateText(dateOf(day, 'iso'))).toBe(day)
        const second = `${date.toISOString().slice(0, 19)}Z`
        expect(dateOf(second, 'iso')).toBeCloseTo(Date.parse(second) / 86_400_000, 8)
      })
    )
    expect(dateOf('1970-01-02T00:00+01:00', 'iso')).toBeCloseTo(1 - 1 / 24)
    expect([dateOf('29.02.2023', 'd.m.y'), dateOf('2024-13-01', 'iso'), dateOf('2024-1-1', 'iso')]).toEqual([
      NaN,
      NaN,
      NaN
    ])
    expect(dateOf('2/1/1970', 'd/m/y')).toBe(dateOf('1/2/1970', 'm/d/y'))
    expect(dateText(0.5)).toBe('1970-01-01T12:00:00Z')
  })
  it('truth values are words in any case', () => {
    expect(one('boolean', 'Yes', 'no', 'TRUE', '0')).toEqual([[1], [0], [1], [0]])
    expect(one({ type: 'boolean', true: ['ja'], false: ['nein'] }, 'ja', 'Nein')).toEqual([[1], [0]])
  })
  it('times keep their differences where they are scaled', () => {
    expect(one({ type: 'number', scaling: 'minMax' }, '1700000000000', '1700000000001')).toEqual([[0], [1]])
    const table = right(
      decodeTable('a,y\n1700000000000,1\n1700000000001,1\n', { columns: { a: 'number', y: 'number' }, target: 'y' })
    )
    expect(left(encodeTable(right(fitTable(table)))(table))).toContain('stay different in f32')
  })
})

describe('targets', () => {
  it('may be several, each with its scale', () => {
    const { data, fitted } = right(
      encoded('a,y,z\n1,10,yes\n2,30,no\n', {
        columns: { a: 'number', y: { scaling: 'minMax' }, z: 'boolean' },
        target: ['y', 'z']
      })
    )
    expect([...data.y.tensor.data]).toEqual([0, 1, 1, 0])
    expect(data.y.tensor.shape).toEqual([2, 2])
    expect(fitted.width).toBe(1)
  })
  it('of categories are class numbers, whose names stay', () => {
    const { data, fitted } = right(encoded('a,y\n1,x\n2,w\n', { columns: { a: 'number', y: 'category' }, target: 'y' }))
    expect([data.y.tensor.dtype, ...data.y.tensor.data]).toEqual(['u32', 1, 0])
    expect(fitted.columns['y']).toEqual({ categories: ['w', 'x'] })
  })
})

describe('records', () => {
  const schema = tableSchema({
    columns: {
      id: 'id',
      area: { type: 'number', missing: 'mean' },
      town: { categories: ['Bonn', 'Ulm'] },
      built: 'date',
      lift: 'boolean',
      price: 'number'
    },
    target: 'price'
  })
  it('give the table that their text gives', () => {
    const table: DataTable = right(
      fromRecords(
        [
          { id: 7, area: 71.5, town: 'Bonn', built: '1990-05-01', lift: true, price: 3 },
          { area: null, town: 'Ulm', built: new Date('2001-01-01'), lift: false, price: 4 }
        ],
        schema
      )
    )
    const { lines, ...read } = right(
      decodeTable('id,area,town,built,lift,price\n7,71.5,Bonn,1990-05-01,yes,3\n,,Ulm,2001-01-01,no,4\n', schema)
    ) as DataTable
    expect(lines).toEqual([2, 3])
    expect(table).toEqual(read)
  })
  it('are typed by the schema', () => {
    expectTypeOf<InputRow<typeof schema>['town']>().toEqualTypeOf<'Bonn' | 'Ulm'>()
    expectTypeOf<InputRow<typeof schema>['area']>().toEqualTypeOf<number | null | undefined>()
    expectTypeOf<TableRow<typeof schema>['price']>().toEqualTypeOf<number>()
    expectTypeOf<TargetValues<typeof schema>>().toEqualTypeOf<{ readonly price: number }>()
    // @ts-expect-error a town that the schema does not name
    fromRecords([{ area: 1, town: 'Köln', built: '2000-01-01', lift: true, price: 1 }], schema)
  })
  it('are refused with row and column', () => {
    const wrong = (row: object) => left(fromRecords([{ ...row } as never], schema))
    expect(wrong({ area: '71' })).toBe('row 0/area: expected a number, got "71"; text is read by decodeTable')
    expect(wrong({ area: 1, town: 'Bonn', built: 'May' })).toContain('row 0/built: expected a Date')
    const numbers = { columns: { a: 'number', skip: 'ignore', b: 'number' }, target: 'b' } as const
    const made = right(fromRecords([Float32Array.of(1, 9, 2), Int16Array.of(3, 9, 4)], numbers))
    expect(made.columns).toEqual({ a: Float64Array.of(1, 3), b: Float64Array.of(2, 4) })
    expect(left(fromRecords([Float64Array.of(1, 2)], numbers))).toBe(
      'row 0: expected 3 numbers, one for each column, got 2'
    )
    expect(left(fromRecords([Float64Array.of(1, 0, Infinity)], numbers))).toContain('row 0/b: expected a finite number')
    expect(left(fromRecords([BigInt64Array.of(1n) as never], numbers))).toContain('row 0')
    expect(left(fromRecords([], schema))).toContain('at least one row')
    expect(left(fromRecords([7 as never], schema))).toBe('row 0: expected a record, got 7')
  })
})

describe('a schema', () => {
  const y: Column = 'number'
  it.each<readonly [string, TableSchema]>([
    ['schema/y/missing: expected refuse or drop', { columns: { a: y, y: { missing: 'mean' } }, target: 'y' }],
    ['schema/target: expected a declared column', { columns: { a: y }, target: 'y' }],
    ['schema/target: expected numbers and booleans', { columns: { a: y, y, k: 'category' }, target: ['y', 'k'] }],
    ['schema: expected a column besides the target', { columns: { y }, target: 'y' }],
    [
      'schema/a/missing: expected mostFrequent or a value',
      { columns: { a: { type: 'boolean', missing: 'mean' }, y }, target: 'y' }
    ],
    ['schema/a/scale: expected the settings', { columns: { a: { type: 'date', scale: 2 } as never, y }, target: 'y' }],
    [
      'schema/a/indicator: expected a column whose gaps are filled',
      { columns: { a: { indicator: true }, y }, target: 'y' }
    ],
    [
      "schema/a/atLeast: expected unknown: 'other'",
      { columns: { a: { type: 'category', atLeast: 2 }, y }, target: 'y' }
    ],
    ['schema/a: expected categories, each once', { columns: { a: { categories: ['b', 'b'] }, y }, target: 'y' }],
    [
      'schema/a/missing: expected one of b',
      { columns: { a: { categories: ['b'], missing: { value: 'c' } }, y }, target: 'y' }
    ],
    ['schema/order: expected every input once', { columns: { a: y, y }, target: 'y', order: [] }],
    ['schema/thousands: expected another mark', { columns: { a: y, y }, target: 'y', decimal: ',', thousands: ',' }],
    ['schema/columns/a: expected one of number', { columns: { a: 'float' as never, y }, target: 'y' }]
  ])('is refused: %s', (words, schema) => {
    expect(left(decodeTable('a,y\n1,2\n', schema))).toContain(words)
  })
  it('must be that of the text', () => {
    const schema: TableSchema = { columns: { a: 'number', y: 'number' }, target: 'y' }
    expect(left(decodeTable('a;y\n1;2\n', schema))).toContain('is the delimiter of the schema that of the file?')
    expect(left(decodeTable('a,y,z\n1,2,3\n', schema))).toContain("declare it as 'ignore'")
    expect(left(decodeTable('a,y\n1,2,3\n', schema))).toBe(
      'row 0 (line 2): expected rows of equally many cells, here 2, got 3; put a cell that holds the delimiter in quotes'
    )
    expect(left(decodeTable('a,y\n1,x\n', schema))).toContain('row 0 (line 2)/y: expected a number, got "x"')
    expect(left(decodeTable('a,y\n', schema))).toContain('the header only')
  })
})

describe('fitting', () => {
  const schema: TableSchema = {
    columns: { a: { missing: 'mean' }, k: 'category', y: 'boolean' },
    target: 'y',
    scaling: 'standardise'
  }
  const text = `a,k,y\n${Array.from({ length: 40 }, (_, i) => `${i % 7 === 0 ? '' : i},${i % 3},${i % 4 === 0 ? 'yes' : 'no'}\n`).join('')}`
  it('knows the training part alone', () => {
    const table = right(decodeTable(text, schema))
    const key = leafKey(rootKey(3), 'split')
    const { train, test } = right(splitTable(table, 0.5, key))
    const seen = [...(train.columns['a'] as Float64Array)].filter(v => !Number.isNaN(v))
    expect(right(fitTable(train)).columns['a']?.fill).toBeCloseTo(seen.reduce((s, v) => s + v, 0) / seen.length, 10)
    expect([...(train.lines ?? []), ...(test.lines ?? [])].sort((a, b) => a - b)).toEqual(table.lines)
    const even = right(stratifiedSplitTable(table, 0.5, key))
    expect([...(even.train.columns['y'] as Float64Array)].filter(v => v === 1)).toHaveLength(5)
  })
  it('takes scalings of columns that do not say theirs', () => {
    const table = right(decodeTable('a,y\n0,0\n4,8\n', { columns: { a: 'number', y: 'number' }, target: 'y' }))
    const fitted = right(fitTableWith({ inputs: 'unit', targets: 'minMax' })(table))
    expect(fitted.columns).toEqual({ a: { scale: [0.25], shift: [0] }, y: { scale: [0.125], shift: [0] } })
  })
  it('is data: JSON gives it back, and what does not fit together is refused', () => {
    const { fitted } = right(encoded(text, schema))
    const json = JSON.parse(JSON.stringify(fittedTableCodec.encode(fitted))) as object
    expect(right(decode(fittedTableCodec)(json))).toEqual(fitted)
    expect(right(decode(tableSchemaCodec)(tableSchemaCodec.encode(schema)))).toEqual(schema)
    const broken = (columns: object) => left(decode(fittedTableCodec)({ ...json, columns }))
    const { a, k, y } = fitted.columns
    expect(broken({ a, k })).toContain('the inputs and targets of the schema')
    expect(broken({ a, k, y, z: {} })).toContain('the inputs and targets of the schema')
    expect(broken({ a: {}, k, y })).toContain('a value for gaps at columns/a')
    expect(broken({ a: { ...a, scale: [1, 2] }, k, y })).toContain('1 of scale and shift')
    expect(broken({ a, k: { categories: [] }, y })).toContain('categories, each once')
    expect(broken({ a, k: {}, y })).toContain('categories at columns/k')
  })
})

describe('inferSchema', () => {
  it('proposes what a table of penguins needs, a sex of "." included', () => {
    const schema = right(inferSchema(penguins, { target: 'species' }))
    expect(schema).toEqual({
      columns: {
        species: { categories: ['Adelie', 'Chinstrap', 'Gentoo'] },
        island: { categories: ['Biscoe', 'Dream', 'Torgersen'] },
        bill: { type: 'number', missing: 'median' },
        mass: { type: 'number', missing: 'median' },
        sex: { categories: ['FEMALE', 'MALE'], missing: 'mostFrequent' }
      },
      target: 'species',
      missingWords: ['.'],
      scaling: 'standardise'
    })
    const { data } = right(encoded(penguins, schema))
    expect(data.x.tensor.shape).toEqual([8, 7])
  })
  it('names the sex that is no sex where the schema does not say that it is a gap', () => {
    const { missingWords: _, ...schema } = right(inferSchema(penguins, { target: 'species' }))
    expect(left(encoded(penguins, schema))).toContain('row 3 (line 5)/sex: expected one of FEMALE, MALE, got "."')
  })
  it('sees marks, dates, truth values and identifiers', () => {
    const text =
      'house_id;built;price;lift;note\na1;01.02.1990;310.000,50;ja;\na2;15.12.2001;1.205.000;nein;\na3;;99;ja;\n'
    expect(right(inferSchema(text, { target: 'price' }))).toEqual({
      columns: {
        house_id: 'id',
        built: { type: 'date', format: 'd.m.y', missing: 'median' },
        price: { type: 'number', scaling: 'standardise' },
        lift: { categories: ['ja', 'nein'] },
        note: 'ignore'
      },
      target: 'price',
      delimiter: ';',
      decimal: ',',
      thousands: '.',
      scaling: 'standardise'
    })
    expect(right(inferSchema('a,b\n1,true\n2,\n')).columns['b']).toEqual({ type: 'boolean', missing: 'drop' })
    expect(left(inferSchema('a,b\n1,2\n', { target: 'c' }))).toContain('schema/target')
    expect(left(inferSchema(''))).toContain('a header line')
    expect(left(inferSchema('a,a\n1,2\n'))).toBe('table/header/a: expected every column once, got the name twice')
    expect(left(starterRun('a.csv', 'a,b\n1,x\n2,x\n3,x\n'))).toBe(
      'schema/target/b: expected two categories or more to tell apart, got the same in all rows'
    )
  })
})

describe('a wide table', () => {
  const wide = (n: number) => {
    const names = Array.from({ length: n }, (_, i) => `c${i}`)
    return {
      names,
      cells: names.map((_, i) => i % 7).join(','),
      columns: Object.fromEntries(names.map(name => [name, 'number'] as const))
    }
  }
  it(
    'of 100,000 columns is read in a time that grows with their number, which the time limit of this test holds',
    { timeout: 30_000 },
    () => {
      const { names, cells, columns } = wide(100_000)
      const table = right(decodeTable(`${names.join(',')}\n${cells}\n`, { columns, target: 'c5' }))
      expect([table.columns['c0'], table.columns['c99999']]).toEqual([Float64Array.of(0), Float64Array.of(99_999 % 7)])
    }
  )
  it('has many targets and any order, and names the column that is there twice or is missing', () => {
    const { names, cells, columns } = wide(1000)
    const schema = { columns, target: names.slice(0, 300), order: names.slice(300).reverse() }
    const fitted = right(fitTable(right(decodeTable(`${names.join(',')}\n${cells}\n`, schema))))
    expect(right(decode(fittedTableCodec)(fittedTableCodec.encode(fitted)))).toEqual(fitted)
    expect(left(decodeTable(`${[...names, 'c999'].join(',')}\n${cells},1\n`, schema))).toContain('c999')
    expect(left(inferSchema(`${[...names, 'c999'].join(',')}\n${cells},1\n`))).toContain('c999')
    expect(left(decodeTable(`${names.slice(0, -1).join(',')}\n${cells}\n`, schema))).toContain('c999')
  })
})
