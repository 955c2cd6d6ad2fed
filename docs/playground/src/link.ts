/** The address of the page holds a run file and the digest of its result. What comes from an address is not trusted. */

/** characters of the part of an address behind # */
export const longestLink = 16_384

export interface Link {
  /** the text of a run file; it is not checked yet */
  readonly run: string
  readonly digest?: string
}
export type ReadLink =
  | { readonly tag: 'none' }
  | { readonly tag: 'link'; readonly link: Link }
  | { readonly tag: 'refused'; readonly message: string }

const refused = (message: string): ReadLink => ({ tag: 'refused', message })

const toBase64 = (text: string): string => {
  const bytes = new TextEncoder().encode(text)
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
const fromBase64 = (text: string): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
  )

/** @example writeLink({ run: '{}', digest }) // '#run=e30&digest=...' */
export const writeLink = ({ run, digest }: Link): string =>
  `#run=${toBase64(run)}${digest === undefined ? '' : `&digest=${digest}`}`

/** reads what `writeLink` writes, and refuses anything else with a sentence */
export const readLink = (hash: string): ReadLink => {
  if (hash === '' || hash === '#') return { tag: 'none' }
  if (hash.length > longestLink)
    return refused(`The link has ${hash.length} characters. A link has at most ${longestLink}.`)
  const fields = hash
    .slice(1)
    .split('&')
    .map(field => field.split('='))
  const unknown = fields.find(
    ([name = '', value, more]) => !['run', 'digest'].includes(name) || value === undefined || more !== undefined
  )
  if (unknown !== undefined) return refused('The link has a field other than run and digest.')
  const [runs, digests] = ['run', 'digest'].map(name =>
    fields.flatMap(([n, value = '']) => (n === name ? [value] : []))
  )
  const [run, again] = runs ?? []
  const [digest, other] = digests ?? []
  if (run === undefined || again !== undefined || other !== undefined)
    return refused('The link has to have one run, and at most one digest.')
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    return refused('The digest of the link is not 64 hexadecimal digits.')
  if (!/^[\w-]*$/.test(run)) return refused('The run of the link is not base64url.')
  try {
    return { tag: 'link', link: { run: fromBase64(run), ...(digest === undefined ? {} : { digest }) } }
  } catch {
    return refused('The run of the link is not text in base64url.')
  }
}
