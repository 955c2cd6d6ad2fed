/** `gradfold members`: what run files and study files may contain, from the tables that read these files. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { markdownTable } from 'markdown-table'
import type { Codecs, Definition, Family as Definitions } from '../registry/definition.js'
import { scalings, splits } from '../run/prepare.js'
import { builtIn, type Registry } from '../search/registry.js'
import { refined, type Codec, type Fields } from '../value/codec.js'
import type { Io } from './io.js'
import type { ExitCode } from './exit.js'
import { printed } from './print.js'

/** a field of a member */
export interface Field {
  readonly name: string
  /** the accepted values, in words */
  readonly takes: string
  /** the default as JSON; '' if an absent field just means absence, Left if the field is required */
  readonly leftOut: E.Either<'required', string>
}
export interface Family {
  /** where members of the family are written */
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

/** replaces a family's codec by its name, where the output would otherwise list all of its members */
const any = <A>(name: string): Codec<A> => refined(name, (u): u is A => u !== undefined)
const named: Codecs = {
  layer: any('a layer'),
  activation: any('an activation'),
  initializer: any('an initializer'),
  loss: any('a loss'),
  optimizer: any('an optimizer'),
  schedule: any('a schedule'),
  stopRule: any('a stop rule'),
  metric: any('a metric'),
  source: any('a data source'),
  format: any('a format'),
  dimension: any('a dimension'),
  constraint: any('a constraint'),
  sampler: any('a sampler')
}
const of = (definitions: Definitions<Definition>): Family['members'] =>
  Object.fromEntries(Object.values(definitions).map(d => [d.tag, fieldsOf(d.fields(named))]))

/** every family of run files and study files, by its name on the command line */
export const listing = (registry: Registry = builtIn): Readonly<Record<string, Family>> => ({
  data: { where: 'data', members: of(registry.readers) },
  split: { where: 'split, validation', members: of(splits) },
  normalise: { where: 'normalise, normaliseTargets', members: of(scalings) },
  layer: { where: 'model/layers', members: of(registry.layers) },
  activation: { where: 'model/layers, by their names alone', members: of(registry.activations) },
  initializer: { where: 'initializer of a layer', members: of(registry.initializers) },
  loss: { where: 'loss', members: of(registry.losses) },
  optimizer: { where: 'optimizer', members: of(registry.optimizers) },
  schedule: { where: 'numbers of an optimizer', members: of(registry.schedules) },
  stop: { where: 'stop', members: of(registry.stopRules) },
  metric: { where: 'metrics', members: of(registry.metrics) },
  format: { where: 'files of weights: --format of gradfold at', members: of(registry.formats) },
  dimension: { where: 'space of a study file', members: of(registry.dimensions) },
  constraint: { where: 'constraints of a study file', members: of(registry.constraints) },
  sampler: { where: 'sampler of a study file', members: of(registry.samplers) }
})
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

/** @param name of one family (default: all) */
export const membersCommand = (io: Io, name?: string): Promise<ExitCode> =>
  pipe(
    Object.entries(listing()).filter(([family]) => name === undefined || family === name),
    families =>
      TE.right(
        families.map(([family, { where, members }]) => `${family} (${where})\n\n${table(members)}`).join('\n\n')
      ),
    printed(io)
  )()
