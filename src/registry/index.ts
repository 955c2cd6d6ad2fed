/** One mechanism for all open families. */
export { codecsOf, noMembers, recordCodec, type Form } from './codecs.js'
export { family, type AnyRegistry, type Codecs, type Definition, type Family } from './definition.js'
export { extend, type More } from './extend.js'
export { families, type FamilyMembers, type FamilyName } from './families.js'
export { checkMember, lookup } from './lookup.js'
