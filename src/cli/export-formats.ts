/** What `gradfold export` writes. */
import type { ComputeFlags } from './backend.js'

/** names of formats that a trained model can be written as */
export const modelFormats = ['onnx', 'tfjs', 'safetensors'] as const
/** names of formats that a recorded run or study can be written as */
export const toolFormats = ['tensorboard', 'optuna', 'csv', 'parquet'] as const
export type ModelFormat = (typeof modelFormats)[number]
export type ToolFormat = (typeof toolFormats)[number]
export const exportFormats = [...modelFormats, ...toolFormats] as const
export interface ExportFlags extends ComputeFlags {
  readonly to: ModelFormat | ToolFormat
  readonly out: string
  readonly step: number | string
  readonly opset?: number | string
  readonly batch?: number | string
}
/** whether a format is one of those that show a run or study */
export const isTool = (to: ModelFormat | ToolFormat): to is ToolFormat =>
  (toolFormats as readonly string[]).includes(to)
