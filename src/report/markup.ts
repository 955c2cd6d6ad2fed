/**
 * Markup (HTML, SVG, MathML) as values. Text is escaped wherever it is put, so that no text of a record or a data file can become markup;
 * only `element` and `trusted` make markup.
 */

/** markup that is well-formed: made by `element`, or by a library that escapes its texts */
export interface Markup {
  readonly markup: string
}
/** what an element holds: texts and numbers are escaped */
export type Content = string | number | Markup | undefined | readonly Content[]
/** undefined leaves an attribute out */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** control characters, lone surrogates, and what turns the direction of a line: none of them belongs in a page */
const unprintable =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text of any origin as text of HTML, SVG or XML, or as the value of an attribute in quotes. */
export const escaped = (text: string): string =>
  text.replace(unprintable, '\ufffd').replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)

/** Markup that a library made and that escapes its texts. */
export const trusted = (markup: string): Markup => ({ markup })

const written = (c: Content): string =>
  c === undefined
    ? ''
    : typeof c === 'string'
      ? escaped(c)
      : typeof c === 'number'
        ? String(c)
        : 'markup' in c
          ? c.markup
          : c.map(written).join('')

/** several contents, one after the other */
export const fragment = (...content: readonly Content[]): Markup => ({ markup: written(content) })

/** elements of HTML that hold nothing and have no end tag */
const empty = new Set(['meta', 'br', 'img', 'hr'])

/**
 * An element: its name and the names of its attributes are those of the program, their values and the content may be of any origin.
 *
 * @example element('a', { href: '#loss' }, 'loss < 1') // <a href="#loss">loss &#60; 1</a>
 */
export const element = (name: string, attributes: Attributes = {}, ...content: readonly Content[]): Markup => {
  const given = Object.entries(attributes)
    .map(([key, value]) => (value === undefined ? '' : ` ${key}="${escaped(String(value))}"`))
    .join('')
  return { markup: empty.has(name) ? `<${name}${given}>` : `<${name}${given}>${written(content)}</${name}>` }
}

/** An id from a name, the same for the same name and different for different ones: `val loss` -> `val_20_loss`. */
export const idOf = (name: string): string =>
  `g-${name.replace(/[^A-Za-z0-9-]/gu, c => `_${(c.codePointAt(0) ?? 0).toString(16)}_`)}`
