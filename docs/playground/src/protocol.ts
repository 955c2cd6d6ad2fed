/** What the page and its worker say to each other. All of gradfold is in the worker. */

export interface Scores {
  readonly loss: number
  readonly metrics: Readonly<Record<string, unknown>>
}
export interface LayerShown {
  readonly path: string
  readonly layer: string
  readonly output: string
  readonly parameters: number
  /** MathML, or nothing for an input */
  readonly formula: string
}
export interface Checked {
  readonly tag: 'checked'
  readonly id: number
  /** the run file with every setting */
  readonly text: string
  readonly input: string
  readonly layers: readonly LayerShown[]
  readonly parameters: number
  /** MathML with what it is of */
  readonly formulas: readonly (readonly [of: string, formula: string])[]
  readonly steps: number
  /** the points of the data, where two inputs can be drawn */
  readonly plane?: Plane
}
/** examples in a plane: two inputs, and their class or value */
export interface Plane {
  readonly x: readonly [from: number, to: number]
  readonly y: readonly [from: number, to: number]
  readonly names: readonly [string, string]
  readonly points: readonly (readonly [x: number, y: number, target: number])[]
}
export interface Refused {
  readonly tag: 'refused'
  readonly id: number
  readonly message: string
}
/** the outputs of a unit at each place of the plane, or its first weights as an image */
export interface UnitImage {
  readonly side: number
  readonly values: Float32Array
}
/** a layer with weights between vectors */
export interface Column {
  readonly path: string
  readonly units: number
  /** [inputs, units] numbers, of the units that are shown */
  readonly weights: Float32Array
  readonly inputs: number
  readonly images: readonly UnitImage[]
  /** the mean of |dE/dz| over a batch: what comes back to this layer */
  readonly delta?: number
}
export interface Seen {
  /** side x side outputs in the plane, each of `outputs` numbers */
  readonly regions?: { readonly side: number; readonly outputs: number; readonly values: Float32Array }
  readonly columns: readonly Column[]
}
export interface Progressed {
  readonly tag: 'progress'
  readonly id: number
  readonly step: number
  readonly epoch: number
  /** the losses since the last message */
  readonly losses: Float64Array
  readonly seen?: Seen
}
export interface Finished {
  readonly tag: 'finished'
  readonly id: number
  readonly step: number
  readonly reason: string
  /** SHA-256 of the final training state */
  readonly digest: string
  readonly train: Scores
  readonly test?: Scores
  /** a safetensors file */
  readonly weights: Uint8Array
}
export interface Recognised {
  readonly tag: 'recognised'
  readonly outputs: readonly number[]
}
export type Answer = Checked | Refused | Progressed | Finished | Recognised

export type Asked =
  | { readonly tag: 'check'; readonly id: number; readonly text: string }
  | { readonly tag: 'train'; readonly id: number; readonly text: string; readonly paused: boolean }
  | { readonly tag: 'pause' | 'resume' | 'step' }
  | { readonly tag: 'recognise'; readonly pixels: Float32Array }
