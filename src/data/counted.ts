/** Bytes that arrive in pieces, counted while they arrive. */

const joined = (pieces: readonly Uint8Array[], total: number): Uint8Array => {
  if (pieces.length === 1) return pieces[0] as Uint8Array
  const bytes = new Uint8Array(total)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** the bytes that `read` gives until it gives none; undefined where there are more than `maxBytes` */
export const counted = async (
  read: () => Promise<Uint8Array | undefined>,
  maxBytes: number
): Promise<Uint8Array | undefined> => {
  const pieces: Uint8Array[] = []
  let total = 0
  for (let piece = await read(); piece !== undefined && piece.length > 0; piece = await read()) {
    total += piece.length
    if (total > maxBytes) return undefined
    pieces.push(piece)
  }
  return joined(pieces, total)
}
