/** Layers of sequences: embedding, positions, attention, and the blocks made of them. */
export { embedding, type Embedding, type EmbeddingSettings } from './embedding.js'
export { perPosition, type PerPosition } from './per-position.js'
export { positions, type PositionKind, type Positions } from './positions.js'
export { selfAttention, type SelfAttention, type SelfAttentionOptions } from './self-attention.js'
export { crossAttention, type CrossAttention } from './cross-attention.js'
export { maskPadding, type MaskPadding } from './mask-padding.js'
export type { AttentionOptions, AttentionParams, Projection, Rotary } from './attention.js'
export {
  feedForward,
  gatedUnit,
  transformerBlock,
  type FeedForward,
  type FeedForwardOptions,
  type GatedUnit,
  type TransformerBlock,
  type TransformerBlockOptions
} from './blocks.js'
