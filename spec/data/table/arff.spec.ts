import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { decodeArff, type ArffOptions } from '../../../src/data/table/arff.js'
import { encodeTable } from '../../../src/data/table/encode.js'
import { fitTable } from '../../../src/data/table/fit.js'
import { numbersOf } from '../../../src/value/tensor.js'
import { left, right } from '../../support/either.js'

const head = `% a comment
@RELATION 'a b'
@attribute w REAL
@ATTRIBUTE 'my kind' { a, 'b c', "d\\"e" }   
@attribute n integer
@Attribute y {no,yes}
@data
`
const target: ArffOptions = { target: 'y' }
const columns = (rows: string, options: ArffOptions = target) => right(decodeArff(`${head}${rows}`, options)).columns

describe('ARFF', () => {
  it('reads dense rows: quotes, tabs, comments, any line ends', () => {
    const { w, n, y, ...rest } = columns(`1.5, 'b c' ,3,no\r\n% between\n-2e1,"d\\"e"\t7\tyes\n.5,a,0,'yes'`)
    expect([w, n].map(c => Array.from(c as Float64Array))).toEqual([
      [1.5, -20, 0.5],
      [3, 7, 0]
    ])
    expect([rest['my kind'], y]).toEqual([
      ['b c', 'd"e', 'a'],
      ['no', 'yes', 'yes']
    ])
  })
  it('reads sparse rows: what is left out is 0 or the first category', () => {
    const { w, n, y, ...rest } = columns(`{0 1.5, 3 yes}\n{1 'b c',2 4}\n{}\n`)
    expect([w, n].map(c => Array.from(c as Float64Array))).toEqual([
      [1.5, 0, 0],
      [0, 4, 0]
    ])
    expect([rest['my kind'], y]).toEqual([
      ['a', 'b c', 'a'],
      ['yes', 'no', 'no']
    ])
  })
  it('reads a comma and a number in quotes of a sparse row as a part of the value', () => {
    const text = `@relation r\n@attribute k {x,'b, 1 c'}\n@attribute y {no,yes}\n@data\n{0 'b, 1 c', 1 yes}\n`
    expect(right(decodeArff(text, target)).columns).toEqual({ k: ['b, 1 c'], y: ['yes'] })
    for (const row of ['{0 x,}', '{0 x, yes}', '{1 yes, 0 x}', '{0 x\t1 yes}', '{0 x'])
      expect(left(decodeArff(`${text}${row}\n`, target))).toContain('line 6')
  })
  it('refuses a long run of spaces as fast as a short one, and takes values in quotes of any length', () => {
    const spaces = `1,a${' '.repeat(200_000)}{,3,no\n`
    expect(left(decodeArff(`${head}${spaces}`, target))).toContain('line 8: expected values with commas')
    const long = 'a'.repeat(20_000_000)
    const text = `@relation r\n@attribute k string\n@attribute y {no,yes}\n@data\n'${long}',no\n`
    expect((right(decodeArff(text, target)).columns['k'] as readonly string[])[0]?.length).toBe(long.length)
  })
  it('refuses sparse rows that would fill the memory', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `@attribute a${i} numeric\n`).join('')
    const text = `@relation r\n${names}@data\n${'{}\n'.repeat(140_000)}`
    expect(left(decodeArff(text, { target: 'a0' }))).toContain('got 140000 rows of 2000')
  })
  it('refuses columns that are no record', () => {
    expect(left(decodeArff(`${head}1,a,3,no\n`, { target: 'y', columns: null as never }))).toContain('arff/columns')
  })
  it('takes ? for a gap, of which the columns say what is done; in quotes it is a word', () => {
    const rows = `?,a,3,no\n4,a,1,yes\n2,a,2,yes\n`
    const prepared = (options: ArffOptions) =>
      pipe(
        decodeArff(`${head}${rows}`, options),
        E.bindTo('table'),
        E.bindW('fitted', ({ table }) => fitTable(table)),
        E.chainW(({ table, fitted }) => encodeTable(fitted)(table)),
        E.map(d => Array.from(numbersOf(d.x.tensor)))
      )
    expect(left(prepared(target))).toContain('row 0 (line 8)/w: expected a value, got a missing value')
    const filled = { ...target, columns: { w: { missing: 'median' } } } as const
    expect(right(prepared(filled)).slice(0, 5)).toEqual([3, 1, 0, 0, 3])
    const word = `@relation r\n@attribute k {'?',x}\n@attribute y {a,b}\n@data\n'?',a\n?,b\n`
    expect(right(decodeArff(word, target)).columns['k']).toEqual(['?', undefined])
  })
  it('reads dates and text as the columns say, and ignores what they ignore', () => {
    const text = `@attribute t date "yyyy-MM-dd"\n@attribute s string\n@attribute y numeric\n@data\n2024-02-29,'it''s',1\n`
    expect(left(decodeArff(text, target))).toBe(
      'arff/line 1/t: expected numeric, real, integer, string or {categories}, got a date; say in columns how it is read, or ignore it there'
    )
    const fine = text.replace("'it''s'", "'it\\'s'")
    expect(right(decodeArff(fine, { ...target, columns: { t: 'date' } })).columns).toEqual({
      t: Float64Array.of(19782),
      s: ["it's"],
      y: Float64Array.of(1)
    })
    expect(Object.keys(right(decodeArff(fine, { ...target, columns: { t: 'ignore' } })).columns)).toEqual(['y', 's'])
  })
  it.each([
    ['1,a,2\n', 'rows of equally many cells, here 4, got 3'],
    ['1,a,2,no,{5}\n', 'weights of rows are not read'],
    ['x,a,2,no\n', 'row 0 (line 8)/w: expected a number, got "x"'],
    ['{4 1}\n', 'rising indexes'],
    ['{1 a, 0 2}\n', 'rising indexes'],
    ["1,'a,2,no\n", 'line 8: expected values with commas'],
    ['', 'at least one row']
  ])('refuses the rows %j', (rows, words) => expect(left(decodeArff(`${head}${rows}`, target))).toContain(words))
  it('refuses headers and settings that are wrong', () => {
    const bad: readonly (readonly [string, ArffOptions, string])[] = [
      ['1,2\n', target, 'line 1: expected @relation, @attribute or @data'],
      ['@attribute y numeric\n', target, 'a line @data'],
      ['@data\n1\n', target, 'attributes before @data, got none'],
      ['@attribute y relational\n@data\n', target, 'got a relation'],
      ['@attribute y wide\n@data\n', target, 'got "wide"'],
      ['@attribute y {a,a}\n@attribute x real\n@data\na,1\n', target, 'categories, each once'],
      ['@attribute x real\n@attribute x real\n@attribute y real\n@data\n1,1,1\n', target, 'every column once'],
      [`${head}1,a,2,no\n`, { target: 'z' }, 'a declared column'],
      [`${head}1,a,2,no\n`, { ...target, columns: { z: 'number' } }, 'header/z']
    ]
    for (const [text, options, words] of bad) expect(left(decodeArff(text, options))).toContain(words)
    expect(left(decodeArff(head, undefined as never))).toContain('a record with the target')
    expect(left(decodeArff(null as never, target))).toContain('text')
    expect(left(decodeArff(`${head}1,a,2,no\n`, { target: 'y', columns: { w: 7 as never } }))).toContain('schema')
  })
  it('is read in time that grows with its length, whatever quotes stay open', () => {
    const before = process.cpuUsage().user
    expect(left(decodeArff(`${head}${`'${'\\a'.repeat(50_000)}`}\n`, target))).toContain('line 8')
    expect(left(decodeArff(`${head}{${'0 1 '.repeat(50_000)}}\n`, target))).toContain('line 8')
    expect(process.cpuUsage().user - before).toBeLessThan(2_000_000)
  })
})
