/** Functions that take their data first, for a direct call, or last, for a pipe. */

/** `f(data, ...settings)`, or `f(...settings)(data)` as in `pipe(data, f(...settings))` */
export interface DataFirstOrLast<D, A extends readonly unknown[], R> {
  (...settings: A): (data: D) => R
  (data: D, ...settings: A): R
}

/**
 * Both forms of a function whose data come first. The number of arguments decides the form, so all settings are
 * required.
 *
 * @example const take: DataFirstOrLast<string, [n: number], string> = dual(1, (text, n) => text.slice(0, n))
 * take('abc', 2) === pipe('abc', take(2))
 */
export const dual = <D, A extends readonly unknown[], R>(
  settings: A['length'],
  f: (data: D, ...settings: A) => R
): DataFirstOrLast<D, A, R> =>
  ((...args: readonly unknown[]) =>
    args.length > settings
      ? f(...(args as readonly [D, ...A]))
      : (data: D) => f(data, ...(args as A))) as DataFirstOrLast<D, A, R>

/** `f(setting, data)`, or `f(setting)(data)` */
export interface SettingThenData<S, D, R> {
  (setting: S): (data: D) => R
  (setting: S, data: D): R
}

/** Both forms of a function of one setting whose data come second. */
export const curriedToo = <S, D, R>(f: (setting: S, data: D) => R): SettingThenData<S, D, R> =>
  ((...args: readonly [S, D?]) =>
    args.length > 1 ? f(args[0], args[1] as D) : (data: D) => f(args[0], data)) as SettingThenData<S, D, R>
