/** Bytes that come in pieces, counted while they come. */

const joined = (pieces: readonly Uint8Array[], length: number): Uint8Array => {
  const [first] = pieces
  if (first !== undefined && first.length === length) return first
  const all = new Uint8Array(length)
  pieces.reduce((at, piece) => {
    all.set(piece, at)
    return at + piece.length
  }, 0)
  return all
}

/** All bytes of a stream, if they are at most so many; a number above the limit as soon as more have come: the rest is never read. */
export const gather = async (stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | number> => {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stream) {
    length += piece.length
    if (length > limit) return length
    pieces.push(piece)
  }
  return joined(pieces, length)
}
