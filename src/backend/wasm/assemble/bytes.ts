/** Numbers, names and lists as the binary format of WebAssembly writes them. */

interface Growing {
  readonly push: (byte: number) => unknown
}
/** appends bytes; a loop, because a long list as arguments overflows the stack */
export const append = (to: Growing, bytes: ArrayLike<number>): void => {
  for (let i = 0; i < bytes.length; i++) to.push(bytes[i] as number)
}

/** LEB128 of a whole number from 0 to 2^53 */
export const unsigned = (n: number): readonly number[] => {
  const bytes: number[] = []
  let rest = n
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
  return bytes
}

/** LEB128 of a signed integer of 32 bits; numbers from 2^31 up mean the same bits */
export const signed = (n: number): readonly number[] => {
  const bytes: number[] = []
  let rest = n | 0
  // the last byte also says the sign
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest & 127)
  return bytes
}

/** a list with its length before it */
export const vector = (items: readonly (readonly number[])[]): readonly number[] => {
  const bytes = [...unsigned(items.length)]
  for (const item of items) append(bytes, item)
  return bytes
}

/** bytes with their number before them */
export const sized = (content: readonly number[]): readonly number[] => {
  const bytes = [...unsigned(content.length)]
  append(bytes, content)
  return bytes
}

export const name = (text: string): readonly number[] => sized([...new TextEncoder().encode(text)])
