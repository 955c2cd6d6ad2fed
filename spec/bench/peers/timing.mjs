// The timing loop of the JavaScript peers, mirrored by work.py.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { making, workloads } from './work.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 1)
const warm = Number(process.env.BENCH_WARM ?? 0.5)
/** when this process was asked for, in ms */
const born = Number(process.env.BENCH_BORN ?? performance.timeOrigin)
const sinceBorn = () => performance.timeOrigin + performance.now() - born

let imported = NaN
export const importDone = () => void (imported = sinceBorn())

/** steps whose results are compared; the first of them is the first step */
const compared = w => (['mlp', 'conv', 'tiny'].includes(workloads[w].kind) ? 20 : 1)
/** blocks of steps shorter than this would measure the clock */
const blockMs = 5
const fewestBlocks = 9

const median = v => [...v].sort((a, b) => a - b)[v.length >> 1]
const digits = (x, n) => Number(x.toPrecision(n))

/** counts steps: warm-up, then blocks of steps that are timed. `more()` after every step (or every `each` steps) says whether another is wanted. */
export const meter = (each = 1) => {
  const blocks = []
  let [began, steps, size, at] = [performance.now(), 0, 0, 0]
  let cpu = process.cpuUsage()
  const warming = () => {
    const t = performance.now()
    if (t - began < warm * 1e3 || steps < 3) return true
    size = Math.max(1, Math.ceil(blockMs / ((t - began) / steps)))
    ;[began, at, steps, cpu] = [performance.now(), performance.now(), 0, process.cpuUsage()]
    return true
  }
  return {
    more: () => {
      steps++
      if (size === 0) return warming()
      if (steps % size !== 0) return true
      const t = performance.now()
      blocks.push((t - at) / size)
      at = t
      const took = t - began
      return took < seconds * 1e3 || (blocks.length < fewestBlocks && took < seconds * 6e3)
    },
    result: () => {
      const { user, system } = process.cpuUsage(cpu)
      return {
        ms: digits(median(blocks) / each, 5),
        mean: digits(blocks.reduce((a, b) => a + b, 0) / blocks.length / each, 5),
        steps: steps * each,
        // below 1 somebody else had the core too
        cpu: digits((user + system) / 1e3 / (performance.now() - began), 3)
      }
    }
  }
}

/** the high-water mark of this process's own memory, in MB; what getrusage tells includes the parent's */
const peakMb = () => {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024)
  } catch {
    return Math.round(process.resourceUsage().maxRSS / 1024)
  }
}

/** the losses of the first steps (elsewhere: the first number of the result), and when the first was done */
export const losses = w => {
  const seen = []
  let first = NaN
  let made = NaN
  return {
    wanted: () => seen.length < compared(w),
    add: l => {
      if (seen.length === 0) {
        first = sinceBorn()
        made = making.ms
      }
      seen.push(l)
    },
    result: () => ({
      first: Math.round(first),
      made: Math.round(made),
      ...(seen[0] === undefined ? {} : { loss1: digits(seen[0], 7) }),
      ...(seen[19] === undefined ? {} : { loss20: digits(seen[19], 7) })
    })
  }
}

/** what is known of the process */
export const said = () => ({ imported: Math.round(imported), peakMb: peakMb() })

/** one line of JSON: what the runner reads */
export const say = (peer, workload, timed, losses) =>
  console.log(
    JSON.stringify({
      peer,
      workload,
      ...timed,
      ...(workloads[workload].kind === 'matmul'
        ? { gflops: digits((2 * workloads[workload].n ** 3) / timed.ms / 1e6, 4) }
        : {}),
      ...losses,
      ...said()
    })
  )

/** step(wanted) -> its loss where wanted, or a promise of it; `more` measures something else afterwards */
export const run = async (peer, w, step, more = () => ({})) => {
  const l = losses(w)
  while (l.wanted()) {
    const loss = step(true)
    l.add(loss instanceof Promise ? await loss : loss)
  }
  const m = meter()
  const first = step(false)
  // a promise for a step that needs none would cost a tiny one more than the step itself
  if (first instanceof Promise) {
    await first
    while (m.more()) await step(false)
  } else while (m.more()) step(false)
  const timed = m.result()
  say(peer, w, { ...timed, ...(await more()) }, l.result())
}
