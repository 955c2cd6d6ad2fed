/** The backends that the command offers; the first is used unless another is asked for. All of them give the same bits. */
import type { Backend } from '../backend/backend.js'
import { reference } from '../backend/reference/reference.js'

export const backends: Readonly<Record<string, Backend>> = { reference }
export const defaultBackend = 'reference'
