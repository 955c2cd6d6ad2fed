// Type-checked, with skipLibCheck off, in a project that has installed the packed package, by each compiler that users have.
import * as core from 'gradfold'
import * as codec from 'gradfold/codec'
import * as laws from 'gradfold/laws'
import * as arrays from 'gradfold/ndarray'

export const entries = { core, codec, laws, arrays }
