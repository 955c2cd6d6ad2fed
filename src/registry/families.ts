/**
 * Every open family by name. A member is plain data, a definition gives it its meaning, and a registry holds the definitions. Shared
 * code names families, never members.
 */

/** family -> the data of its members; each family adds its row by declaration merging */
export interface FamilyMembers {}
export type FamilyName = keyof FamilyMembers

export interface FamilyForm {
  /** the field of a registry that holds its definitions */
  readonly field: string
  /** what messages call a member */
  readonly name: string
  /** how a member is written as JSON: a record with a tag, a name, or a name unless it has settings */
  readonly written: 'record' | 'name' | 'name or record'
}

export const families = {
  layer: { field: 'layers', name: 'layer', written: 'record' },
  activation: { field: 'activations', name: 'an activation', written: 'name' },
  initializer: { field: 'initializers', name: 'an initializer', written: 'name or record' },
  loss: { field: 'losses', name: 'loss', written: 'record' },
  optimizer: { field: 'optimizers', name: 'optimizer', written: 'record' },
  schedule: { field: 'schedules', name: 'schedule', written: 'record' },
  stopRule: { field: 'stopRules', name: 'stop rule', written: 'record' },
  metric: { field: 'metrics', name: 'metric', written: 'record' },
  source: { field: 'readers', name: 'data source', written: 'record' },
  format: { field: 'formats', name: 'format', written: 'record' },
  dimension: { field: 'dimensions', name: 'dimension', written: 'record' },
  constraint: { field: 'constraints', name: 'constraint', written: 'record' },
  sampler: { field: 'samplers', name: 'sampler', written: 'record' }
} as const satisfies { readonly [N in FamilyName]: FamilyForm }

/** the field of a registry that holds a family's definitions */
export type FieldOf<N extends FamilyName> = (typeof families)[N]['field']
