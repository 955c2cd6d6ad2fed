/** What `gradfold export` writes. */
import type { ComputeFlags } from './backend.js'

/** names of formats that a trained model can be written as */
export const exportFormats = ['onnx', 'safetensors'] as const
export interface ExportFlags extends ComputeFlags {
  readonly to: (typeof exportFormats)[number]
  readonly out: string
  readonly step: number | string
  readonly opset: number | string
  readonly batch?: number | string
}
