/** The types of losses by their tags: open interfaces, which each member's file extends, also from outside this library. */
/** tag -> the data type of that loss, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInLosses {}
/** tag -> the data type of that loss; extended by declaration merging */
export interface Losses extends BuiltInLosses {}
/** tag -> what loss L takes outputs for (Scale), for the compiler; it asks nothing of a loss without an entry */
export interface ScaleRules<L> {}
