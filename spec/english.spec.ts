/** Messages, comments and documentation keep to the words of the house rules (docs/internals/house-rules.md). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { documents } from './support/markdown.js'

/** [what is found, what to write instead] */
const rules: readonly (readonly [found: RegExp, instead: string])[] = [
  [/\bwork(s|ed|ing)? out\b/, 'compute'],
  [/\bhand(s|ed|ing)?( [\w.]+){0,6} along\b/, 'pass'],
  [/\bhand(s|ed|ing)? (in|out)\b/, 'pass, return'],
  [/\bof (one's|your) own\b/, 'custom'],
  [/\bunless given\b/, 'default'],
  [/\busual(ly)?\b/, 'default'],
  [
    /\b(lies?|lying|lay) (at|in|on|behind|beside|below|above|within|along|there|where|one|from|apart|still)\b/,
    'is at, is stored'
  ],
  [/\b(go|goes|gone|going|went) on\b/, 'resume, continue'],
  [/\b(break|breaks|broke|broken|breaking) off\b/, 'interrupt'],
  [/\bfewest\b/, 'min'],
  [/\bso many\b/, 'a number, a count'],
  [/\bstands? in( for)?\b/, 'is in, replaces'],
  [/\bstands? (for|at)\b/, 'is, means, is at'],
  [/\bis told\b|\btold (to|of|by)\b/, 'receives'],
  [/\bwhoever\b/, 'the caller'],
  [/\b(nobody|somebody)\b/, 'name the actor'],
  [/\bwhat is no\b/, 'anything but'],
  [/\bas far as\b/, 'if, up to'],
  [/\bhears? of\b/, 'receives'],
  [/\banew\b/, 'again'],
  [/\bgives? back\b/, 'return, release'],
  [/\btak(es?|en) down\b/, 'record'],
  [/\b(can|may|could) be had\b/, 'can be read'],
  [/\bheld against\b/, 'compared with'],
  [/\ball the same\b/, 'nevertheless'],
  [/\bin mid-/, 'in the middle of, during'],
  [/\b(is|are) kin\b/, 'is similar']
]

const found = (text: string): readonly string[] => {
  const line = text.replaceAll(/\s+(\* |\/\/ )?/g, ' ')
  return rules.flatMap(([pattern, instead]) =>
    [...line.matchAll(new RegExp(pattern, 'gi'))].map(([words]) => `"${words}": write ${instead}`)
  )
}

/** the words of a program that people read: comments, and texts of more than one word */
const proseOf = (file: string): string => {
  const text = readFileSync(file, 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  const texts: string[] = []
  const walk = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) texts.push(node.text)
    ts.forEachChild(node, walk)
  }
  walk(source)
  const comments = [...text.matchAll(/\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs)].map(([comment]) => comment)
  return [...comments, ...texts].join('\n.\n')
}
/** the words of a page; code is not prose */
const pageOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replaceAll(/```.*?```/gs, '')
    .replaceAll(/`[^`\n]*`/g, '')

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map(name => join('src', name).replaceAll('\\', '/'))
  .filter(name => name.endsWith('.ts'))
// the rules themselves cite what they forbid
const pages = documents().filter(name => name !== 'docs/internals/house-rules.md')

describe('plain English', () => {
  const all = [...pages.map(f => [f, found(pageOf(f))] as const), ...sources.map(f => [f, found(proseOf(f))] as const)]

  it('is what every page, comment and message is written in', () => {
    expect(all.filter(([, words]) => words.length > 0)).toEqual([])
  })
  it('is found by rules that find something', () => {
    expect(found('it works\n * out what is no number, and goes on')).toHaveLength(3)
    expect(found('it computes and continues')).toEqual([])
  })
})
