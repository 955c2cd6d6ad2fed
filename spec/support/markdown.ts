/**
 * TypeScript blocks of Markdown files. A comment before a block says how it is checked:
 * `<!-- setup: CODE -->` puts code before it, `<!-- continues -->` puts the block before it there, `<!-- runs -->` runs it and
 * compares what it prints with its last line, `<!-- refused -->` holds the compiler's message against its comments.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Block {
  /** file and line */
  readonly at: string
  readonly code: string
  readonly runs: boolean
  readonly refused: boolean
}

/** the Markdown files of a reader, README first */
export const documents = (): readonly string[] => [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .map(name => join('docs', name).replaceAll('\\', '/'))
    .filter(name => name.endsWith('.md') && !name.startsWith('docs/site/'))
    .sort((a, b) => (a < b ? -1 : 1))
]

const fence = /((?:<!--(?:(?!-->).)*-->\s*)*)```ts\n(.*?)```/gs

export const blocksOf = (file: string, text = readFileSync(file, 'utf8')): readonly Block[] => {
  const blocks: Block[] = []
  for (const { index, 1: marks = '', 2: body = '' } of text.matchAll(fence)) {
    const setup = /<!-- setup:\s(.*?)-->/s.exec(marks)?.[1] ?? ''
    const before = marks.includes('<!-- continues -->') ? (blocks.at(-1)?.code ?? '') : ''
    blocks.push({
      at: `${file}:${text.slice(0, index + marks.length).split('\n').length}`,
      code: `${before}${setup}\n${body}`,
      runs: marks.includes('<!-- runs -->'),
      refused: marks.includes('<!-- refused -->')
    })
  }
  return blocks
}
