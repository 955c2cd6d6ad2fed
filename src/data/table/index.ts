/** Tables: schemas, rows, and what is fitted to them. */
export { encodeTable } from './encode.js'
export { fitTable } from './fit.js'
export { classNames, featureNames, type FittedColumn, type FittedTable } from './fitted.js'
export { inferSchema, type InferOptions } from './infer.js'
export {
  tableSchema,
  type CellOf,
  type InputRow,
  type Probabilities,
  type TableRow,
  type TargetValues
} from './rows.js'
export type {
  BooleanColumn,
  CategoryColumn,
  Column,
  ColumnScaling,
  ColumnWord,
  DateColumn,
  DateFormat,
  FixedValue,
  Missing,
  NumberColumn,
  TableSchema
} from './schema.js'
export { splitTable, stratifiedSplitTable, type TableSplit } from './split.js'
export { decodeTable, fromRecords, type ColumnValues, type DataTable } from './table.js'
