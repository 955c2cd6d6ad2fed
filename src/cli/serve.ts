/**
 * The report of a record over HTTP, while the run is trained: on the loopback interface alone. It only reads the record, so no bit of the
 * run depends on it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { folderAt } from '../run/folder.js'
import { openRecord } from '../report/open-record.js'
import { page } from '../report/page.js'
import { runHtml } from '../report/run-report.js'
import { fileError, type FileError } from '../value/error.js'
import { errorCode } from '../value/text.js'

export interface Served {
  /** http://127.0.0.1:PORT/ */
  readonly address: string
  /** ends the server; if a browser shows the page of a run under way, it first receives the last one */
  readonly close: () => Promise<void>
}

/** a page, and whether it is the last one of its run */
interface Made {
  readonly html: string
  readonly last: boolean
  readonly at: number
  /** seconds after which a browser asks for the next one */
  readonly refresh: number
}

/** seconds between two pages, at least; a page that takes long to make is made rarely, so that most of the time is left for training */
const soonest = 2
const share = 20

const makePage = async (folder: string, before: Made | undefined): Promise<Made> => {
  const at = performance.now()
  const report = await openRecord(folderAt(folder))()
  const refresh = before?.refresh ?? soonest
  const last = E.isRight(report) && report.right.report.end !== undefined
  const html = E.isRight(report)
    ? runHtml({ ...report.right.report, ...(last ? {} : { refresh }) })
    : page({ title: 'Run', lead: 'No step is recorded yet.', sections: [], refresh })
  const seconds = (performance.now() - at) / 1000
  return { html, last, at: performance.now(), refresh: Math.max(soonest, Math.ceil(share * seconds)) }
}

const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store'
}
const answer = (response: ServerResponse, status: number, type: 'html' | 'plain', body: string): void => {
  response.writeHead(status, { ...headers, 'content-type': `text/${type}; charset=utf-8` })
  response.end(body)
}

/** the refusal of a request, if it is none for the page: a page elsewhere can send requests here under a name of its own */
const refused = (
  { method, url, headers: { host } }: IncomingMessage,
  port: number
): readonly [number, string] | undefined =>
  host !== `127.0.0.1:${port}` && host !== `localhost:${port}`
    ? [421, `expected the host 127.0.0.1:${port} or localhost:${port}\n`]
    : method !== 'GET' && method !== 'HEAD'
      ? [405, 'expected the method GET\n']
      : url !== '/'
        ? [404, 'expected the path /\n']
        : undefined

const listening =
  (server: Server, port: number): TE.TaskEither<FileError, number> =>
  () =>
    new Promise(resolve => {
      server.once('error', e => {
        const got = `${port}: ${errorCode(e)}`
        resolve(E.left(fileError(['port'], 'a port of this machine that is free', got, '0 takes any')))
      })
      server.listen(port, '127.0.0.1', () => resolve(E.right((server.address() as AddressInfo).port)))
    })

/**
 * Serves the report of a record that is being written.
 *
 * @param port 0: any that is free
 * @returns Left if the port is not free
 */
export const serveRecord = (folder: string, port: number): TE.TaskEither<FileError, Served> => {
  const made = IORef.newIORef<Made | undefined>(undefined)()
  const making = IORef.newIORef<Promise<Made> | undefined>(undefined)()
  /** when each browser that shows a run under way was sent its page, and who waits for all to be sent the last one */
  const sent = IORef.newIORef<readonly number[]>([])()
  const finished = IORef.newIORef<() => void>(() => undefined)()
  const ending = IORef.newIORef(false)()

  const newest = (): Promise<Made> => {
    const old = made.read()
    const fresh = old !== undefined && performance.now() - old.at < 1000 * old.refresh && (old.last || !ending.read())
    if (fresh) return Promise.resolve(old)
    const under = making.read() ?? makePage(folder, old)
    making.write(under)()
    return under.then(p => {
      made.write(p)()
      making.write(undefined)()
      return p
    })
  }
  const younger = (seconds: number): readonly number[] =>
    sent.read().filter(at => performance.now() - at < 1000 * seconds)
  const server = createServer((request, response) => {
    const no = refused(request, (server.address() as AddressInfo | null)?.port ?? 0)
    if (no !== undefined) {
      answer(response, no[0], 'plain', no[1])
      return
    }
    newest().then(
      ({ html, last, refresh }) => {
        response.on('finish', () => {
          if (last || ending.read()) sent.write(sent.read().slice(1))()
          // a browser asks again after `refresh` seconds: its page of before is no other browser's
          else sent.write([...younger(0.9 * refresh), performance.now()])()
          if (ending.read() && sent.read().length === 0) finished.read()()
        })
        answer(response, 200, 'html', html)
      },
      () => answer(response, 500, 'plain', 'the page could not be made\n')
    )
  })
  const close = async (): Promise<void> => {
    ending.write(true)()
    const wait = 2 * (made.read()?.refresh ?? soonest) + 1
    sent.write(younger(wait))()
    // each browser that shows the page asks once more
    if (sent.read().length > 0)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 1000 * wait)
        finished.write(() => {
          clearTimeout(timer)
          resolve()
        })()
      })
    await new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return pipe(
    listening(server, port),
    TE.map(at => ({ address: `http://127.0.0.1:${at}/`, close }))
  )
}
