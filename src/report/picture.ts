/** A picture: SVG with a title, a description and a role, as a file or as part of a page. */
import { element, fragment, idOf, type Content, type Markup } from './markup.js'
import { pictureStyle } from './theme.js'

export interface Picture {
  /** what it is called in its page: ids are made from it, so two pictures of a page need two names */
  readonly name: string
  readonly title: string
  /** what a reader who does not see it should know */
  readonly description: string
  readonly width: number
  readonly height: number
  readonly body: Markup
}

const svg = (p: Picture, style: Content, more: Readonly<Record<string, string>> = {}): Markup => {
  const id = idOf(p.name)
  return element(
    'svg',
    {
      ...more,
      class: 'gf',
      viewBox: `0 0 ${p.width} ${p.height}`,
      width: p.width,
      height: p.height,
      role: 'img',
      'aria-labelledby': `${id}-t ${id}-d`
    },
    element('title', { id: `${id}-t` }, p.title),
    element('desc', { id: `${id}-d` }, p.description),
    style,
    p.body
  )
}

/** The picture in a page of `page`, which has its style. */
export const inlinePicture = (p: Picture): Markup => svg(p, undefined)

/** The picture as the text of a file, style included. */
export const pictureText = (p: Picture): string =>
  svg(p, fragment({ markup: `<style>${pictureStyle}</style>` }), { xmlns: 'http://www.w3.org/2000/svg' }).markup

/** the picture with a caption below it */
export const figure = (p: Picture, caption?: Content): Markup =>
  element('figure', {}, inlinePicture(p), caption === undefined ? undefined : element('figcaption', {}, caption))
