/**
 * The format of what gradfold names by its hash: states, checkpoints and data. It is part of the contract, so that no registry changes
 * it: the same state has the same name everywhere. Weights, which no name depends on, may be saved in any format of the registry.
 */
export {
  decodeSafetensors as decodeFile,
  joined,
  safetensorsHeader as decodeHeader,
  safetensorsLayout as layout,
  type Parts,
  type SafeTensors as Content
} from '../format/safetensors.js'
export { formatLimits, type FormatLimits } from '../format/format.js'
export { safetensorsDefinition as contractFormat } from '../format/safetensors.js'
