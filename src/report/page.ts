/** One HTML page that needs nothing outside of it: no network, no script. The same content gives the same bytes. */
import { element, idOf, type Content, type Markup } from './markup.js'
import { pageStyle } from './theme.js'

export interface Section {
  readonly title: string
  readonly content: Content
}
export interface Page {
  readonly title: string
  /** what stands below the title */
  readonly lead?: Content
  readonly sections: readonly Section[]
  /** seconds after which a browser loads the page again: for a page that is served while a run continues */
  readonly refresh?: number
}

/** what may be loaded and run: nothing */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

const section = ({ title, content }: Section): Markup =>
  element('section', { 'aria-labelledby': idOf(title) }, element('h2', { id: idOf(title) }, title), content)

/** @example page({ title: 'run 3f2a', sections: [{ title: 'Loss', content: figure(lineChart(loss)) }] }) */
export const page = ({ title, lead, sections, refresh }: Page): string => {
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    refresh === undefined ? undefined : element('meta', { 'http-equiv': 'refresh', content: refresh }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('title', {}, title),
    { markup: `<style>${pageStyle}</style>` }
  )
  const contents = element(
    'nav',
    { 'aria-label': 'Sections' },
    element(
      'ul',
      {},
      sections.map(s => element('li', {}, element('a', { href: `#${idOf(s.title)}` }, s.title)))
    )
  )
  const body = element(
    'body',
    {},
    element('header', {}, element('h1', {}, title), lead),
    contents,
    element('main', {}, sections.map(section))
  )
  return `<!doctype html>\n${element('html', { lang: 'en' }, head, '\n', body).markup}\n`
}
