/** `gradfold members`: what may stand in run files and study files, from the very tables that read them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { markdownTable } from 'markdown-table'
import type { Codecs } from '../layer/kind.js'
import { scalings, splits } from '../run/prepare.js'
import { studyTables, type StudyTables } from '../search/study.js'
import { refined, type Codec, type Fields } from '../value/codec.js'
import type { Member, Table } from '../value/family.js'
import type { Io } from './io.js'
import type { ExitCode } from './exit.js'
import { printed } from './print.js'

/** a field of a member */
export interface Field {
  readonly name: string
  /** what may stand there, in words */
  readonly takes: string
  /** as JSON, what it means to leave the field out: nothing where that says no more than that it is not there, Left where it must be there */
  readonly leftOut: E.Either<'required', string>
}
export interface Family {
  /** where its members stand */
  readonly where: string
  readonly members: Readonly<Record<string, readonly Field[]>>
}

const shown = (codec: Codec<unknown>): Field['leftOut'] =>
  pipe(
    codec.decode(undefined),
    E.bimap(
      () => 'required' as const,
      value => (value === undefined ? '' : JSON.stringify(codec.encode(value)))
    )
  )
const fieldsOf = (fields: Fields): readonly Field[] =>
  Object.entries(fields).map(([name, codec]) => ({
    name,
    takes: codec.name,
    leftOut: shown(codec as Codec<unknown>)
  }))

/** in the place of a family's own codec: its name, where that would tell all of its members */
const any = <A>(name: string): Codec<A> => refined(name, (u): u is A => u !== undefined)
const ofTable = (self: string, members: Table<Member>): Family['members'] =>
  Object.fromEntries(Object.values(members).map(m => [m.tag, fieldsOf(m.fields(any(self), any('a schedule')))]))
const ofRecord = <A>(members: Readonly<Record<string, A>>, fields: (a: A) => Fields): Family['members'] =>
  Object.fromEntries(Object.entries(members).map(([tag, a]) => [tag, fieldsOf(fields(a))]))

/** every family of run files and study files, by the name that the command has for it */
export const listing = (known: StudyTables = studyTables): Readonly<Record<string, Family>> => {
  const { kinds, losses, optimizers, schedules, stopRules, metrics } = known.families
  const codecs: Codecs = {
    layer: any('a layer'),
    activation: any('an activation'),
    initializer: any('an initializer')
  }
  return {
    data: { where: 'data', members: ofTable('a data source', known.readers) },
    split: { where: 'split, validation', members: ofTable('a split', splits) },
    normalise: { where: 'normalise, normaliseTargets', members: ofTable('a scaling', scalings) },
    layer: {
      where: 'model/layers',
      members: ofRecord(kinds.layers, kind => kind.fields(codecs))
    },
    activation: { where: 'model/layers, by their names alone', members: ofRecord(kinds.activations, () => ({})) },
    initializer: {
      where: 'initializer of a layer',
      members: ofRecord(kinds.initializers, kind => kind.fields)
    },
    loss: { where: 'loss', members: ofTable('a loss', losses) },
    optimizer: { where: 'optimizer', members: ofTable('an optimizer', optimizers) },
    schedule: { where: 'numbers of an optimizer', members: ofTable('a schedule', schedules) },
    stop: { where: 'stop', members: ofTable('a stop rule', stopRules) },
    metric: { where: 'metrics', members: ofTable('a metric', metrics) },
    dimension: { where: 'space of a study file', members: ofTable('a dimension', known.dimensions) },
    constraint: { where: 'constraints of a study file', members: ofTable('a constraint', known.constraints) },
    sampler: { where: 'sampler of a study file', members: ofTable('a sampler', known.samplers) }
  }
}
export const familyNames: readonly string[] = Object.keys(listing())

const rows = (tag: string, fields: readonly Field[]): readonly (readonly string[])[] =>
  fields.length === 0
    ? [[tag, '', '', '']]
    : fields.map(({ name, takes, leftOut }, i) => [i === 0 ? tag : '', name, takes, E.toUnion(leftOut)])
const table = (members: Family['members']): string =>
  Object.values(members).every(fields => fields.length === 0)
    ? Object.keys(members).join(', ')
    : markdownTable([
        ['tag', 'field', 'takes', 'left out'],
        ...Object.entries(members).flatMap(([tag, fields]) => rows(tag, fields))
      ])

/** @param name of one family; all of them unless given */
export const membersCommand = (io: Io, name?: string): Promise<ExitCode> =>
  pipe(
    Object.entries(listing()).filter(([family]) => name === undefined || family === name),
    families =>
      TE.right(
        families.map(([family, { where, members }]) => `${family} (${where})\n\n${table(members)}`).join('\n\n')
      ),
    printed(io)
  )()
