/** The types of schedules by their tags: open interfaces, which each member's file extends, also from outside this library. */
/** tag -> the data type of that schedule, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInSchedules {}
/** tag -> the data type of that schedule; extended by declaration merging */
export interface Schedules extends BuiltInSchedules {}
