/** Interpreters of models. */
export * from './describe.js'
export * from './init.js'
export * from './to-expr.js'
export * from './model.js'
export * from './params.js'
export * from './build.js'
