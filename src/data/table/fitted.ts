/** What is learned from the training part of a table: categories, values for gaps, scales. Plain data, kept with the schema. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { checkSize, type Size } from '../../layer/types/size.js'
import { exact, finite, list, optional, recordOf, refined, type Codec } from '../../value/codec.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { orderedSchemaCodec } from './codec.js'
import { checkSchema, columnOf, inputsOf, isPlain, targetsOf, type ResolvedColumn, type TableSchema } from './schema.js'

/** what was fitted for a column */
export interface FittedColumn {
  /** fills gaps, in the units of the file; dates in days since 1970-01-01, true is 1 */
  readonly fill?: number | string | undefined
  /** of a column of categories, without `other` */
  readonly categories?: readonly string[] | undefined
  /** a number x becomes `scale x + shift`, in f64; of categories one for each */
  readonly scale?: readonly number[] | undefined
  readonly shift?: readonly number[] | undefined
}
/** a schema and what was fitted: turns rows into numbers, and outputs of a model into values */
export interface FittedTable<S extends TableSchema = TableSchema> {
  readonly schema: S
  /** of the inputs and targets, by name */
  readonly columns: Readonly<Record<string, FittedColumn>>
  /** numbers in a row of inputs: `model(input(fitted.width), ...)` */
  readonly width: Size
}

/** numbers that a value becomes, an indicator apart */
export const slotsOf = (c: ResolvedColumn, f: FittedColumn): number =>
  c.kind === 'category' ? (f.categories?.length ?? 0) + (c.unknown === 'other' ? 1 : 0) : 1

const none: FittedColumn = Object.freeze({})
export const fittedOf = ({ columns }: Pick<FittedTable, 'columns'>, name: string): FittedColumn =>
  Object.hasOwn(columns, name) ? (columns[name] as FittedColumn) : none

/** the names of the numbers of a row of inputs: `area`, `town=Bonn`, `town=other`, `area missing` */
export const featureNames = (fitted: Pick<FittedTable, 'schema' | 'columns'>): readonly string[] =>
  inputsOf(fitted.schema).flatMap(name => {
    const c = columnOf(fitted.schema, name)
    const own =
      c.kind === 'category'
        ? [...(fittedOf(fitted, name).categories ?? []), ...(c.unknown === 'other' ? ['other'] : [])].map(
            word => `${name}=${word}`
          )
        : [name]
    return c.indicator ? [...own, `${name} missing`] : own
  })

/** the classes of a target by name, where it has some */
export const classNames = (fitted: FittedTable, target: string): readonly string[] | undefined => {
  const { kind } = columnOf(fitted.schema, target)
  return kind === 'category' ? fittedOf(fitted, target).categories : kind === 'boolean' ? ['false', 'true'] : undefined
}

/** a fitted table with its width; its parts are known to suit each other */
export const sized = <S extends TableSchema>(
  schema: S,
  columns: FittedTable['columns']
): E.Either<DecodeError, FittedTable<S>> =>
  pipe(
    checkSize(featureNames({ schema, columns }).length),
    E.bimap(
      ({ expected, got }) => decodeError(['schema'], expected, got),
      width => Object.freeze({ schema, columns, width })
    )
  )

/** the fitted table of a schema that leaves nothing to fit; undefined for others */
export const plainTable = (schema: TableSchema): FittedTable | undefined => {
  if (!isPlain(schema)) return undefined
  const columns = [...inputsOf(schema), ...targetsOf(schema)].map(name => {
    const { categories } = columnOf(schema, name)
    return [name, categories === undefined ? {} : { categories }] as const
  })
  return E.getOrElse<DecodeError, FittedTable | undefined>(() => undefined)(sized(schema, Object.fromEntries(columns)))
}

// ---- JSON

const value: Codec<number | string> = refined(
  'a number or text',
  (u): u is number | string => typeof u === 'string' || finite.is(u)
)
const columnCodec = exact('a fitted column', {
  fill: optional(value),
  categories: optional(list(refined('text', (u): u is string => typeof u === 'string'))),
  scale: optional(list(finite)),
  shift: optional(list(finite))
})
const fields = exact('a fitted table', { schema: orderedSchemaCodec, columns: recordOf('columns', columnCodec) })

/** what is wrong with a fitted column, if anything */
const wrongColumn = (c: ResolvedColumn, f: FittedColumn, isTarget: boolean): string | undefined => {
  const { categories, fill, scale, shift } = f
  const isClass = c.kind === 'category'
  const slots = slotsOf(c, f)
  const fills = c.missing !== 'refuse' && c.missing !== 'drop'
  return isClass !== (categories !== undefined)
    ? `${isClass ? '' : 'no '}categories`
    : categories !== undefined && (categories.length === 0 || new Set(categories).size !== categories.length)
      ? 'categories, each once'
      : c.categories !== undefined && JSON.stringify(c.categories) !== JSON.stringify(categories)
        ? 'the categories of the schema'
        : (scale?.length ?? slots) !== slots ||
            (shift === undefined) !== (scale === undefined) ||
            shift?.length !== scale?.length
          ? `${slots} of scale and shift`
          : isTarget && scale?.includes(0) === true
            ? 'a scale other than 0'
            : fills !== (fill !== undefined) || (fill !== undefined && (typeof fill === 'string') !== isClass)
              ? fills
                ? 'a value for gaps'
                : 'no value for gaps'
              : undefined
}

const checkFitted = ({ schema, columns }: t.TypeOf<typeof fields>): E.Either<DecodeError, FittedTable> =>
  pipe(
    checkSchema(schema),
    E.chain(() => {
      const [inputs, targets] = [inputsOf(schema), targetsOf(schema)]
      const wanted = [...inputs, ...targets]
      const [known, isTarget] = [new Set(wanted), new Set(targets)]
      const strange = Object.keys(columns).find(name => !known.has(name))
      const absent = wanted.find(name => !Object.hasOwn(columns, name))
      if (strange !== undefined || absent !== undefined)
        return E.left(
          decodeError(
            ['columns'],
            'the inputs and targets of the schema',
            absent === undefined ? JSON.stringify(strange) : `no ${JSON.stringify(absent)}`
          )
        )
      const wrong = wanted
        .map(
          name =>
            [name, wrongColumn(columnOf(schema, name), columns[name] as FittedColumn, isTarget.has(name))] as const
        )
        .find(([, expected]) => expected !== undefined)
      return wrong === undefined
        ? sized(schema, columns)
        : E.left(decodeError(['columns', wrong[0]], wrong[1] ?? '', JSON.stringify(columns[wrong[0]]).slice(0, 60)))
    })
  )

/** JSON of a fitted table, checked as a whole */
export const fittedTableCodec: Codec<FittedTable> = new t.Type<FittedTable, unknown, unknown>(
  'fitted table',
  (u): u is FittedTable => typeof u === 'object' && u !== null && 'schema' in u && 'columns' in u && 'width' in u,
  (u, c) =>
    pipe(
      fields.validate(u, c),
      E.chain(f =>
        pipe(
          checkFitted(f),
          E.mapLeft((e): t.Errors => [{ value: u, context: c, message: `${e.expected} at ${e.path.join('/')}` }])
        )
      )
    ),
  ({ schema, columns }) => fields.encode({ schema, columns } as t.TypeOf<typeof fields>)
)
