/** Interpreters of models. */
export * from './describe.js'
export * from './init.js'
export * from './lower.js'
export * from './model.js'
export * from './params.js'
export * from './place.js'
