/** Markup: no text of any origin becomes markup, and the same content gives the same bytes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { element, escaped, fragment, idOf } from '../../src/report/markup.js'
import { page } from '../../src/report/page.js'
import { pictureText } from '../../src/report/picture.js'
import { table } from '../../src/report/table.js'
import { hostile } from './hostile.js'

/** what a reader of HTML sees of references to characters */
const unescaped = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))

describe('markup', () => {
  test('shows any text of printable characters as it is, and none as markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), text => {
        expect(escaped(text)).not.toMatch(/[<>"']/)
        expect(unescaped(escaped(text))).toBe(text)
      })
    )
  })
  test.each(hostile)('lets %j neither out of its attribute nor out of its element', text => {
    const made = element('p', { title: text }, text, [text, element('b', {}, text)]).markup
    expect(made.match(/<[^>]*>/g)).toEqual([expect.stringMatching(/^<p title="[^"<>]*">$/), '<b>', '</b>', '</p>'])
    expect(made).not.toMatch(/[\u0000-\u0008\u202e]/)
  })
  test('leaves out attributes that are not there', () => {
    expect(element('rect', { x: 1, rx: undefined }).markup).toBe('<rect x="1"></rect>')
    expect(fragment('a', undefined, 2, ['<']).markup).toBe('a2&#60;')
  })
  test('makes different ids from different names', () => {
    const name = fc.string({ unit: 'binary' })
    fc.assert(fc.property(name, name, (a, b) => (idOf(a) === idOf(b)) === (a === b)))
    fc.assert(fc.property(name, a => /^g-[\w-]*$/.test(idOf(a))))
  })
})

describe('a page', () => {
  const content = table({ caption: hostile[0] ?? '', head: [...hostile], rows: [[...hostile]], best: 0 })
  const made = page({ title: hostile.join(), sections: hostile.map(title => ({ title, content })) })
  test('holds texts as texts, whatever they say', () => {
    expect(/<(script|img|b>)|<\/title><\/style>/.test(made)).toBe(false)
    // what is in quotes is a value; what is left of a tag is its name and those of its attributes
    const names = (made.match(/<[^>]*>/g) ?? []).flatMap(
      tag => tag.replace(/"[^"]*"/g, '').match(/[a-z-]+(?==)/g) ?? []
    )
    expect([...new Set(names)].filter(name => name.startsWith('on') || name === 'src')).toEqual([])
  })
  test('loads and runs nothing', () => {
    expect(made.includes('default-src &#39;none&#39;')).toBe(true)
    const tags = (made.match(/<[^>]*>/g) ?? []).join('')
    expect(/ (src|href)="(?!#)/.test(tags)).toBe(false)
    expect(/url\(|@import/.test(made)).toBe(false)
  })
  test('has a language, a title, sections that are named, and links that lead to them', () => {
    expect(made.includes('<html lang="en">')).toBe(true)
    const ids = [...made.matchAll(/<h2 id="([^"]+)"/g)].map(m => m[1])
    expect(new Set(ids).size).toBe(hostile.length)
    expect([...made.matchAll(/href="#([^"]+)"/g)].map(m => m[1])).toEqual(ids)
  })
  test('is the same each time', () => {
    expect(page({ title: 'a', sections: [] })).toBe(page({ title: 'a', sections: [] }))
  })
})

test('a picture has a role, a title and a description, and its style where it is a file', () => {
  const svg = pictureText({ name: 'a', title: 'A < B', description: 'why', width: 1, height: 2, body: fragment() })
  expect(svg).toMatch(
    /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" class="gf" viewBox="0 0 1 2" width="1" height="2" role="img"/
  )
  expect(svg).toContain('aria-labelledby="g-a-t g-a-d"')
  expect(svg).toContain('<title id="g-a-t">A &#60; B</title><desc id="g-a-d">why</desc><style>')
})
