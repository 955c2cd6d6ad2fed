/** Options as callers hand them over. */

/** without those that are undefined: they mean what leaving them out means, whether or not the caller's compiler tells the two apart */
export const defined = <O extends object>(options: O): O =>
  Object.fromEntries(
    Object.entries((options as O | null | undefined) ?? {}).filter(([, value]) => value !== undefined)
  ) as O
