/** The types of stop rules by their tags: open interfaces, which each member's file extends, also from outside this library. */
/** tag -> the data type of that rule, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInStopRules {}
/** tag -> the data type of that rule; extended by declaration merging */
export interface StopRules extends BuiltInStopRules {}
