/** What untyped callers pass to functions of studies by mistake. */
import { isObject, type Argument } from '../value/argument.js'

const isSampler = (u: unknown): boolean => isObject(u) && typeof u['tag'] === 'string'
/** what studies and their files have in common */
const isPlanned = (u: unknown): u is Readonly<Record<string, unknown>> =>
  isObject(u) && isObject(u['space']) && isSampler(u['sampler']) && isObject(u['zoom']) && isObject(u['metric'])

export const studyArgument = (value: unknown): Argument => ({
  path: ['study'],
  value,
  expected: 'a study',
  is: u => isPlanned(u) && typeof u['run'] === 'function' && isSpace(u['space']),
  hint: 'study makes one'
})
export const studyFileArgument = (value: unknown): Argument => ({
  path: ['study'],
  value,
  expected: 'a study file',
  is: u => isPlanned(u) && isObject(u['run']) && Array.isArray(u['constraints']),
  hint: 'parseStudyFile reads one'
})
export const folderArgument = (value: unknown): Argument => ({
  path: ['folder'],
  value,
  expected: 'a folder',
  is: u => isObject(u) && typeof u['make'] === 'function',
  hint: 'folderAt gives one'
})
const isSpace = (u: unknown): boolean => isObject(u) && isObject(u['dimensions']) && Array.isArray(u['constraints'])
export const spaceArgument = (value: unknown): Argument => ({
  path: ['space'],
  value,
  expected: 'a space',
  is: isSpace,
  hint: 'space makes one'
})
export const trialsArgument = (value: unknown): Argument => ({
  path: ['trials'],
  value,
  expected: 'a list of trials',
  is: u => Array.isArray(u) && u.every(t => isObject(t) && isObject(t['outcome']))
})
export const jobArgument = (value: unknown): Argument => ({
  path: ['job'],
  value,
  expected: 'a trial to run',
  is: u => isObject(u) && isObject(u['settings'])
})
