/**
 * 200 kills at moments all over a run, alone, beside a second process at the same record, and beside one in a separate pid namespace: `npm run
 * sweep:kills`. Each part ends after 200 kills or 5 minutes, and says how many there were. The ordinary tests do 8.
 */
import { expect, test } from 'vitest'
import { hasNamespaces, kill, type Rival } from '../cli/killed.js'

const times = Number(process.env['KILLS'] ?? 0)
const seconds = Number(process.env['SECONDS_EACH'] ?? 300)

test
  .runIf(times > 0)
  .each<readonly [string, Rival]>([
    ['alone', 'none'],
    ['beside a second process at the same record', 'beside'],
    ...(hasNamespaces() ? [['beside one in a separate pid namespace', 'namespace'] as const] : [])
  ])(`up to ${times} kills of a run %s`, { timeout: 3_600_000 }, async (name, rival) => {
  const { wrong, killed, records } = await kill(times, undefined, rival, seconds)
  console.log(`${name}: ${killed} kills in ${records} runs, ${wrong.length} of them ended differently`)
  expect(wrong).toEqual([])
  expect(killed).toBeGreaterThan(0)
})
