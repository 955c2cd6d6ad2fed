/** Options as callers pass them. */

/**
 * options without undefined fields: undefined means the same as an absent field, also for callers whose compiler
 * distinguishes them
 */
export const defined = <O extends object>(options: O): O =>
  Object.fromEntries(
    Object.entries((options as O | null | undefined) ?? {}).filter(([, value]) => value !== undefined)
  ) as O
