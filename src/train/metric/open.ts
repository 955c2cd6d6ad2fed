/** The types of metrics by their tags: open interfaces, which each member's file extends, also from outside this library. */
/** tag -> the data type of that metric, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInMetrics {}
/** tag -> the data type of that metric; extended by declaration merging */
export interface Metrics extends BuiltInMetrics {}
/** tag -> the name of metric M in reports and the type of its value, `readonly [name, value]`; a metric without a row is any value under its tag */
export interface MetricRules<M> {}
