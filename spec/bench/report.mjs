// Tables of what was measured: Markdown, as text.
import { workloads } from './peers/work.mjs'

const median = v => [...v].sort((a, b) => a - b)[(v.length - 1) >> 1]
const known = v => v !== undefined && Number.isFinite(v)
const shown = v =>
  !known(v) ? '–' : v >= 100 ? v.toFixed(0) : v >= 1 ? v.toPrecision(3) : v >= 0.1 ? v.toFixed(3) : v.toPrecision(3)
const times = v => (known(v) ? v.toFixed(2) : '–')
export const markdown = (head, rows) => {
  const cells = [head, ...rows].map(r => r.map(String))
  const width = head.map((_, i) => Math.max(...cells.map(r => r[i].length)))
  const line = r => `| ${r.map((c, i) => (i === 0 ? c.padEnd(width[i]) : c.padStart(width[i]))).join(' | ')} |`
  const rule = `|${width.map((n, i) => (i === 0 ? '-'.repeat(n + 2) : '-'.repeat(n + 1) + ':')).join('|')}|`
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n')
}

/** questions about the lines that cells printed: { peer, workload, repeat, ms, ... } */
export const resultsOf = (lines, peers, empty) => {
  const of = (peer, w) => lines.filter(l => l.peer === peer && l.workload === w && known(l.ms))
  const middleOf = (peer, w, number) => {
    const values = of(peer, w).map(number).filter(known)
    return values.length === 0 ? undefined : median(values)
  }
  const middle = (peer, w, field) => middleOf(peer, w, l => l[field])
  const js = peers.filter(p => p.js)
  /** the fastest JavaScript peer on a workload */
  const rival = w =>
    js
      .map(p => ({ peer: p.peer, ms: middle(p.peer, w, 'ms') }))
      .filter(r => known(r.ms))
      .sort((a, b) => a.ms - b.ms)[0]
  /** how many times as fast as another: by medians, and the range of the repeats taken one by one */
  const ratio = (peer, other, w) => {
    const mine = middle(peer, w, 'ms')
    const theirs = other === undefined ? undefined : middle(other, w, 'ms')
    const pairs = of(peer, w).flatMap(l =>
      of(other, w)
        .filter(o => o.repeat === l.repeat)
        .map(o => o.ms / l.ms)
    )
    return { value: theirs / mine, pairs }
  }
  const leanest = (w, field) => {
    const values = js.map(p => middle(p.peer, w, field)).filter(known)
    return values.length === 0 ? undefined : Math.min(...values)
  }
  /** ms of its own until the first step is done: without the start of the engine, and the making of data and weights */
  const own = (peer, w) => middleOf(peer, w, l => l.first - l.made - median(empty))
  const names = peers.map(p => p.peer).filter(p => lines.some(l => l.peer === p))
  const columns = Object.keys(workloads).filter(w => lines.some(l => l.workload === w))
  return { of, middle, rival, ratio, leanest, own, names, columns, lines }
}

export const millisecondsTable = r => {
  // somebody else had the core: take the number with care
  const shared = (p, w) => (r.of(p, w).some(l => l.cpu < 0.95) ? '~' : '')
  const cell = (p, w) => {
    const failed = r.lines.some(l => l.peer === p && l.workload === w && l.why !== undefined)
    return failed && r.of(p, w).length === 0 ? 'failed' : shared(p, w) + shown(r.middle(p, w, 'ms'))
  }
  return markdown(
    ['ms per step', ...r.columns],
    r.names.map(p => [p, ...r.columns.map(w => cell(p, w))])
  )
}

/** rows: how many times as fast as the best JavaScript peer, and between which bounds in the single repeats */
export const ratioTable = (r, peers) => {
  const rivals = r.columns.map(w => r.rival(w))
  const cell = (p, i) => {
    const { value, pairs } = r.ratio(p, rivals[i]?.peer, r.columns[i])
    const range = pairs.length > 1 ? ` (${times(Math.min(...pairs))}-${times(Math.max(...pairs))})` : ''
    return times(value) + range
  }
  const mine = r.names.filter(p => !peers.some(q => q.peer === p && q.js))
  return markdown(
    ['times as fast as the best of JavaScript', ...r.columns],
    [['(which is)', ...rivals.map(v => v?.peer ?? '–')], ...mine.map(p => [p, ...r.columns.map((_, i) => cell(p, i))])]
  )
}

export const startTable = (r, w) =>
  markdown(
    [`${w} in a fresh process`, 'imported, ms', 'first step done, ms', 'of that its own, ms', 'peak memory, MB'],
    r.names
      .filter(p => r.of(p, w).length > 0)
      .map(p => [
        p,
        ...['imported', 'first'].map(f => shown(r.middle(p, w, f))),
        shown(r.own(p, w)),
        shown(r.middle(p, w, 'peakMb'))
      ])
  )

/** relative distance of every peer's losses from gradfold's; where nothing is trained, of the first number of the result */
export const lossTable = (lines, peers) => {
  const apart = (a, b) => Math.abs(a - b) / Math.abs(b)
  const rows = lines
    .filter(l => !peers.find(p => p.peer === l.peer)?.otherWork)
    .map(l => {
      const same = lines.filter(o => o.workload === l.workload && known(o.loss1))
      const ours = same.find(o => o.peer === 'gradfold') ?? same[0]
      const drift = peers.find(p => p.peer === l.peer)?.drift ?? 1e-4
      const [one, twenty] = [apart(l.loss1, ours?.loss1), apart(l.loss20, ours?.loss20)]
      return { l, one, twenty, agrees: one < 1e-5 && (twenty < drift || l.loss20 === undefined) }
    })
  const table = markdown(
    ['losses', 'workload', 'step 1', 'step 20', 'from gradfold, 1', '20', 'agree'],
    rows.map(({ l, one, twenty, agrees }) => [
      l.peer,
      l.workload,
      ...[l.loss1, l.loss20].map(v => v ?? '–'),
      ...[one, twenty].map(v => (known(v) ? v.toExponential(1) : '–')),
      agrees ? 'yes' : (l.why ?? 'NO')
    ])
  )
  return { table, agree: rows.every(x => x.agrees || x.l.why !== undefined) }
}

/** what was asked of gradfold, and what it is: in its public use and in the engine's loop */
export const targetTable = (r, { limit, growth }) => {
  const row = (what, asked, met, [whole, loop]) => [
    what,
    asked,
    ...[whole, loop].map(v => (known(v) ? `${times(v)} ${met(v) ? 'met' : 'MISSED'}` : '–'))
  ]
  const both = f => [f('gradfold'), f('gradfold-loop')]
  const least = n => v => v >= n
  const most = n => v => v < n
  const faster = (w, n) =>
    row(
      `${w}: times as fast as the best of JavaScript`,
      `>= ${n}`,
      least(n),
      both(p => r.ratio(p, r.rival(w)?.peer, w).value)
    )
  const torch = (w, peer = 'torch') =>
    row(
      `${w}: times as fast as PyTorch`,
      '> 1',
      v => v > 1,
      both(p => r.ratio(p, peer, w).value)
    )
  const share = w =>
    row(
      `${w}: percent of the 128-bit mul+add limit`,
      '>= 85',
      least(85),
      both(p => (100 * r.middle(p, w, 'gflops')) / limit)
    )
  const shareBeside = w =>
    row(
      `${w}: the same, of what WebAssembly gets at that moment`,
      '>= 85',
      least(85),
      both(p => r.middle(p, w, 'share'))
    )
  /** the limit is the best of many short tries: what is as lucky as that shows the code, the median the machine as well */
  const shareAtBest = w => [
    `${w}: the same, the best of ours`,
    '',
    ...both(p => Math.max(...r.of(p, w).map(l => l.gflops ?? 0))).map(v => (v > 0 ? times((100 * v) / limit) : '–'))
  ]
  const threads = (w, n) =>
    row(`${w}: two threads, times as fast as one`, `>= ${n}`, least(n), [
      r.ratio('gradfold-2-threads', 'gradfold', w).value
    ])
  const memory = r.leanest('W2', 'peakMb')
  const memoryW4 = r.leanest('W4', 'peakMb')
  return markdown(
    ['asked of gradfold', '', 'public use', 'engine loop'],
    [
      faster('W1', 4),
      faster('W2', 2.2),
      faster('W3', 2.2),
      faster('W4', 10),
      faster('W5', 1.4),
      faster('W7a', 1.5),
      faster('W7b', 1.5),
      torch('W1'),
      torch('W4', 'torch-channels-last'),
      torch('W5'),
      share('W6a'),
      shareBeside('W6a'),
      shareAtBest('W6a'),
      share('W6b'),
      shareBeside('W6b'),
      shareAtBest('W6b'),
      threads('W1', 1.5),
      threads('W2', 1.8),
      threads('W4', 1.7),
      // the loop's cells load modules one by one, from below the package's entries
      row('W2: first step done, ms after process start', '< 250', most(250), [r.middle('gradfold', 'W2', 'first')]),
      row('W2: the same, of its own', '< 250', most(250), [r.own('gradfold', 'W2')]),
      row(
        'W2: peak memory, MB',
        `< ${memory ?? '–'}`,
        most(memory),
        both(p => r.middle(p, 'W2', 'peakMb'))
      ),
      row('W2: the same with one batch, as the others have it', `< ${memory ?? '–'}`, most(memory), [
        r.middle('gradfold-1-batch', 'W2', 'peakMb')
      ]),
      row('W4: peak memory with one batch, MB', `< ${memoryW4 ?? '–'}`, most(memoryW4), [
        r.middle('gradfold-1-batch', 'W4', 'peakMb')
      ]),
      row('W5: live bytes more per step, over many', '< 16', most(16), [growth?.bytesPerStep])
    ].filter(([, , whole, loop]) => whole !== '–' || loop !== '–')
  )
}
