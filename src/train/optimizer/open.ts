/** The types of optimizers by their tags: open interfaces, which each member's file extends, also from outside this library. */
/** tag -> the data type of that optimizer, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInOptimizers {}
/** tag -> the data type of that optimizer; extended by declaration merging */
export interface Optimizers extends BuiltInOptimizers {}
