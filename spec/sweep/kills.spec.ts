/** 200 kills at moments all over a run: `npm run sweep:kills`. Not among the ordinary tests, which do 8. */
import { expect, test } from 'vitest'
import { hasNamespaces, kill } from '../cli/killed.js'

const times = Number(process.env['KILLS'] ?? 0)

test.runIf(times > 0)(`${times} kills`, { timeout: 3_600_000 }, async () => {
  const { wrong, killed, records } = await kill(times)
  console.log(`${killed} kills in ${records} runs, ${wrong.length} of them ended differently`)
  expect(wrong).toEqual([])
})

test.runIf(times > 0)(`${times} kills, with a second process at the same record`, { timeout: 3_600_000 }, async () => {
  expect((await kill(times, undefined, 'beside')).wrong).toEqual([])
})
test.runIf(times > 0 && hasNamespaces())(
  `${times} kills, with a second process in a pid namespace of its own`,
  { timeout: 3_600_000 },
  async () => {
    expect((await kill(times, undefined, 'namespace')).wrong).toEqual([])
  }
)
