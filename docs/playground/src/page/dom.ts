/** Small helpers for the page. */

export const byId = <E extends HTMLElement = HTMLElement>(id: string): E => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no ${id}`)
  return found as E
}

/** an element with attributes and children; text is text, whatever it says */
export const element = <N extends keyof HTMLElementTagNameMap>(
  name: N,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[N] => {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** a button that says what it does */
export const button = (text: string, label: string, does: () => void): HTMLButtonElement => {
  const made = element('button', { type: 'button', 'aria-label': label, title: label }, text)
  made.addEventListener('click', does)
  return made
}

export const options = (select: HTMLSelectElement, names: readonly string[]): void =>
  select.replaceChildren(...names.map(name => element('option', { value: name }, name)))

/** chooses an option; one that the list lacks is added */
export const choose = (select: HTMLSelectElement, name: string): void => {
  if (!Array.from(select.options).some(o => o.value === name)) select.append(element('option', { value: name }, name))
  select.value = name
}

export const save = (name: string, content: BlobPart, type: string): void => {
  const url = URL.createObjectURL(new Blob([content], { type }))
  element('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

/** 4 digits */
export const digits = (x: number): string => {
  const rounded = Number(x.toPrecision(4))
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded)
}

/** lets keys reach what scrolls sideways, while it does */
export const reachable = (place: HTMLElement, label: string): void => {
  if (place.scrollWidth > place.clientWidth) {
    place.tabIndex = 0
    place.setAttribute('role', 'group')
    place.setAttribute('aria-label', label)
  } else for (const name of ['tabindex', 'role', 'aria-label']) place.removeAttribute(name)
}
