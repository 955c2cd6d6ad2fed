/** The page: controls, pictures and the address. All computing is in the worker. */
import { longestLink, readLink, writeLink } from '../link.js'
import type { Answer, Asked, Checked, Finished, Progressed } from '../protocol.js'
import { starts } from '../sets.js'
import { startDrawing, showChances } from './digit.js'
import { thumbnails } from './thumbnails.js'
import { byId, choose, digits, element, options, reachable, save } from './dom.js'
import { showLayers, showShapes } from './layers.js'
import { chancesOf, drawCourse, drawNet, drawPlane } from './pictures.js'
import {
  blocks,
  epochsOf,
  isFields,
  layersOf,
  losses as objectives,
  optimizers,
  rateOf,
  tagOf,
  withEpochs,
  withLayers,
  type Json,
  type Run
} from './run.js'

/** milliseconds in which a run file is read: a longer check is ended, with its worker */
const patience = 10_000

let run = starts[0]?.run() as Run
let checked: Checked | undefined
let phase: 'idle' | 'running' | 'paused' | 'finished' = 'idle'
let id = 0
let losses: number[] = []
let before: readonly number[] = []
let newest: Progressed | undefined
let finished: Finished | undefined
/** the digest of the link, while the page shows the run of the link */
let wanted: { readonly run: string; readonly digest: string } | undefined
/** why the link of this page was refused; shown until another run is taken */
let refusal: string | undefined
let watchdog: ReturnType<typeof setTimeout> | undefined

const text = (): string => JSON.stringify(run)
const problem = (message: string | undefined): void => {
  const place = byId('problem')
  place.hidden = message === undefined
  place.textContent = message ?? ''
}
const status = (message: string): void => {
  byId('status').textContent = message
}

// ---- the worker

const started = (): Worker => {
  const made = new Worker('worker.js', { type: 'module' })
  made.addEventListener('message', ({ data }: MessageEvent<Answer>) => answered(data))
  made.addEventListener('error', e => problem(`The worker stopped: ${e.message}.`))
  return made
}
let worker = started()
const ask = (asked: Asked): void => worker.postMessage(asked)
const restart = (): void => {
  worker.terminate()
  worker = started()
}

// ---- what is shown

const inputNames = (): readonly string[] =>
  tagOf(run['data']) === 'iris' ? ['sepal l', 'sepal w', 'petal l', 'petal w'] : ['x1', 'x2', 'x3', 'x4']
const pictures = (): void => {
  drawCourse(byId<HTMLCanvasElement>('course'), { losses, before })
  drawNet(byId<HTMLCanvasElement>('picture'), newest?.seen?.columns ?? [], inputNames())
  const plane = checked?.plane
  byId('plane-figure').hidden = plane === undefined
  if (plane !== undefined) drawPlane(byId<HTMLCanvasElement>('plane'), plane, newest?.seen?.regions)
}
const showPhase = (): void => {
  const busy = phase === 'running' || phase === 'paused'
  const train = byId<HTMLButtonElement>('train')
  train.textContent = busy ? 'Restart' : 'Train'
  train.disabled = checked === undefined
  const pause = byId<HTMLButtonElement>('pause')
  pause.disabled = !busy
  pause.textContent = phase === 'paused' ? 'Resume' : 'Pause'
  byId<HTMLButtonElement>('step').disabled = checked === undefined || phase === 'running'
  byId<HTMLButtonElement>('save-weights').disabled = finished === undefined
}
const showNumbers = (): void => {
  byId('steps').textContent = (newest?.step ?? 0).toLocaleString('en')
  byId('epochs').textContent = (newest?.epoch ?? 0).toLocaleString('en')
  const last = losses.at(-1)
  byId('loss').textContent = last === undefined ? '-' : digits(last)
  const place = losses.findIndex((l, i) => i < before.length && !Object.is(l, before[i]))
  byId('course-text').textContent =
    before.length === 0 || losses.length === 0
      ? 'The loss of each step.'
      : place >= 0
        ? `The loss of each step. This run parts from the previous one (thin line) at step ${place + 1}.`
        : `The loss of each step. So far it is, to the bit, that of the previous run.`
}
const showDigests = (): void => {
  const link = wanted?.run === text() ? wanted.digest : undefined
  byId('digest').textContent = finished?.digest ?? '-'
  byId('wanted').textContent = link ?? '-'
  const verdict = byId('verdict')
  const equal = link !== undefined && finished !== undefined ? link === finished.digest : undefined
  verdict.className = equal === undefined ? '' : equal ? 'same' : 'other'
  verdict.textContent =
    equal === true
      ? '✓ The same digest as in the link: the same bits.'
      : equal === false
        ? '✗ Another digest than in the link.'
        : link !== undefined
          ? 'Train to compare.'
          : ''
}
const showDeltas = (): void => {
  const columns = newest?.seen?.columns ?? []
  const known = columns.flatMap(c => (c.delta === undefined ? [] : [[c.path, c.delta] as const]))
  if (known.length === 0) {
    if (newest === undefined) byId('deltas').replaceChildren()
    return
  }
  const most = Math.max(...known.map(k => k[1]), 1e-300)
  byId('deltas').replaceChildren(
    element('h3', {}, 'Backpropagation: mean |δ| of each dense layer'),
    element(
      'div',
      { class: 'bars' },
      ...known.flatMap(([path, delta]) => [
        element('span', {}, path),
        element('meter', { min: '0', max: '1', value: (delta / most).toFixed(3), 'aria-label': `delta of ${path}` }),
        element('span', {}, digits(delta))
      ])
    )
  )
}
const showRun = (): void => {
  choose(byId<HTMLSelectElement>('optimizer'), tagOf(run['optimizer']))
  choose(byId<HTMLSelectElement>('objective'), tagOf(run['loss']))
  const put = (name: string, value: Json | undefined): void => {
    const input = byId<HTMLInputElement>(name)
    input.value = typeof value === 'number' ? String(value) : ''
    input.disabled = value === undefined
  }
  put('rate', rateOf(run['optimizer']))
  put('batch', run['batchSize'] ?? 32)
  put('limit', epochsOf(run['stop']))
  put('seed', run.seed)
  byId<HTMLTextAreaElement>('file').value = JSON.stringify(run, undefined, 2)
  byId('digit').hidden = tagOf(run['data']) !== 'mnist'
  for (const b of document.querySelectorAll<HTMLButtonElement>('#starts button'))
    b.setAttribute(
      'aria-pressed',
      String(
        JSON.stringify(starts.find(s => s.name === b.dataset['start'])?.run()['data']) === JSON.stringify(run['data'])
      )
    )
}

/** the address holds the run, and its digest once it is known */
const showAddress = (): void => {
  const digest = finished?.digest ?? (wanted?.run === text() ? wanted.digest : undefined)
  const link = writeLink({ run: text(), ...(digest === undefined ? {} : { digest }) })
  history.replaceState(null, '', link.length <= longestLink ? link : location.pathname)
}

// ---- changes

const forget = (): void => {
  if (checked !== undefined) refusal = undefined
  if (phase === 'running') ask({ tag: 'pause' })
  phase = 'idle'
  if (losses.length > 0) before = losses
  losses = []
  newest = undefined
  finished = undefined
  byId('scores').textContent = ''
}
const check = (): void => {
  checked = undefined
  id++
  ask({ tag: 'check', id, text: text() })
  clearTimeout(watchdog)
  watchdog = setTimeout(() => {
    restart()
    problem('The run file takes too long to read.')
  }, patience)
  showPhase()
}
/** takes another run: from a control, which keeps the list of layers as it is, or from elsewhere */
const take = (next: Run, layers = true): void => {
  forget()
  if (JSON.stringify(next['data']) !== JSON.stringify(run['data'])) before = []
  run = next
  showRun()
  if (layers) showLayers(layersOf(run), changed => take(withLayers(run, changed), false))
  check()
  showNumbers()
  showDigests()
  showDeltas()
}
const isRun = (u: Json): u is Run => isFields(u) && isFields(u['model'])

/** takes the text of a run file, from the field or a link; a sentence if it is none */
const takeText = (source: string): string | undefined => {
  try {
    const parsed = JSON.parse(source) as Json
    if (!isRun(parsed)) return 'A run file is a JSON object with a model.'
    take({ ...parsed, seed: typeof parsed['seed'] === 'number' ? parsed['seed'] : 0 })
    return undefined
  } catch (e) {
    return `The run file is not JSON: ${e instanceof Error ? e.message : 'it cannot be read'}.`
  }
}
const takeLink = (): boolean => {
  const read = readLink(location.hash)
  const wrong = read.tag === 'refused' ? read.message : read.tag === 'link' ? takeText(read.link.run) : undefined
  refusal = wrong
  problem(wrong)
  if (read.tag !== 'link' || wrong !== undefined) return false
  // the address is written again from the run that was read
  wanted = read.link.digest === undefined ? undefined : { run: text(), digest: read.link.digest }
  status('A run from a link. Nothing trains before you press Train.')
  showDigests()
  return true
}

// ---- answers of the worker

const scoresText = (name: string, s: Finished['train']): string =>
  `${name}: loss ${digits(s.loss)}${Object.entries(s.metrics)
    .map(([k, v]) => (typeof v === 'number' ? `, ${k} ${digits(v)}` : ''))
    .join('')}`

const tellDrawing = startDrawing(pixels => ask({ tag: 'recognise', pixels }))

const answered = (answer: Answer): void => {
  if (answer.tag === 'recognised') return showChances(chancesOf(answer.outputs))
  if (answer.id !== id) return
  if (answer.tag === 'checked' || answer.tag === 'refused') clearTimeout(watchdog)
  if (answer.tag === 'refused') {
    phase = 'idle'
    problem(answer.message)
    showShapes(undefined)
  } else if (answer.tag === 'checked') {
    checked = answer
    problem(refusal)
    showShapes(answer)
    byId('formulas').replaceChildren(
      ...answer.formulas.map(([of, formula]) => {
        const row = element('div', {}, element('span', { class: 'soft' }, of))
        // MathML that the worker made
        row.insertAdjacentHTML('beforeend', formula)
        return row
      })
    )
    byId('plane-text').textContent =
      answer.plane === undefined
        ? ''
        : tagOf(run['data']) === 'iris'
          ? 'The class at each petal length and width (standardised), the sepals at their means.'
          : 'The output at each place; points are the examples.'
    scrolling()
    showAddress()
  } else if (answer.tag === 'progress') {
    newest = answer
    for (const l of answer.losses) losses.push(l)
    if (phase === 'running')
      status(
        `Training: step ${answer.step.toLocaleString('en')} of at most ${(checked?.steps ?? 0).toLocaleString('en')}.`
      )
    showNumbers()
    showDeltas()
  } else {
    finished = answer
    phase = 'finished'
    status(`Finished after ${answer.step.toLocaleString('en')} steps: ${answer.reason}.`)
    byId('scores').textContent = [
      scoresText('Training part', answer.train),
      ...(answer.test === undefined ? [] : [scoresText('Test part', answer.test)])
    ].join('. ')
    showDigests()
    showAddress()
    tellDrawing()
  }
  showPhase()
  requestAnimationFrame(pictures)
}

// ---- controls

const begin = (single: boolean): void => {
  forget()
  id++
  phase = single ? 'paused' : 'running'
  ask({ tag: 'train', id, text: text(), paused: single })
  if (single) ask({ tag: 'step' })
  status(single ? 'One step.' : 'Training.')
  problem(undefined)
  showDigests()
  showPhase()
}
byId('train').addEventListener('click', () => begin(false))
byId('step').addEventListener('click', () => (phase === 'paused' ? ask({ tag: 'step' }) : begin(true)))
byId('pause').addEventListener('click', () => {
  phase = phase === 'paused' ? 'running' : 'paused'
  ask({ tag: phase === 'paused' ? 'pause' : 'resume' })
  status(phase === 'paused' ? `Paused at step ${byId('steps').textContent}.` : 'Training.')
  showPhase()
})

const onChange = (name: string, changed: (value: string) => Run): void =>
  byId<HTMLInputElement>(name).addEventListener('change', e =>
    take(changed((e.target as HTMLInputElement).value), false)
  )
onChange('optimizer', tag => ({ ...run, optimizer: optimizers.find(o => tagOf(o) === tag) ?? tag }))
onChange('objective', tag => ({ ...run, loss: tag }))
onChange('rate', value => ({
  ...run,
  optimizer: isFields(run['optimizer']) ? { ...run['optimizer'], rate: Number(value) } : (run['optimizer'] ?? null)
}))
onChange('batch', value => ({ ...run, batchSize: Number(value) }))
onChange('limit', value => ({ ...run, stop: withEpochs(run['stop'], Number(value)) }))
onChange('seed', value => ({ ...run, seed: Number(value) }))

byId('add').addEventListener('click', () => {
  const kind = byId<HTMLSelectElement>('kind').value
  const block = blocks.find(b => tagOf(b) === kind)
  const layers = layersOf(run)
  // before the last dense layer, whose size the data decide
  const last = layers.map(tagOf).lastIndexOf('dense')
  if (block !== undefined)
    take(withLayers(run, last < 0 ? [...layers, block] : [...layers.slice(0, last), block, ...layers.slice(last)]))
})
byId('apply').addEventListener('click', () => problem(takeText(byId<HTMLTextAreaElement>('file').value)))
byId('share').addEventListener('click', () => {
  showAddress()
  const link = location.href
  if (location.hash === '') return status('The run is too long for a link. Save its run file.')
  navigator.clipboard.writeText(link).then(
    () =>
      status(
        finished === undefined
          ? 'Link copied. It holds the run; after training it holds the digest too.'
          : 'Link copied, with the digest of the final state.'
      ),
    () => status('The link is the address of this page.')
  )
})
byId('save-run').addEventListener('click', () => save('run.json', checked?.text ?? text(), 'application/json'))
byId('save-weights').addEventListener('click', () => {
  if (finished !== undefined)
    save('weights.safetensors', finished.weights as Uint8Array<ArrayBuffer>, 'application/octet-stream')
})

options(byId<HTMLSelectElement>('kind'), blocks.map(tagOf))
options(byId<HTMLSelectElement>('optimizer'), optimizers.map(tagOf))
options(byId<HTMLSelectElement>('objective'), objectives)
byId('starts').replaceChildren(
  ...starts.map(s => {
    const canvas = element('canvas', { 'data-start': s.name, 'aria-hidden': 'true' })
    const made = element(
      'button',
      { type: 'button', 'data-start': s.name, 'aria-pressed': 'false' },
      canvas,
      element('strong', {}, s.title),
      element('small', {}, s.says)
    )
    made.addEventListener('click', () => {
      take(s.run() as Run)
      status(`${s.title}: ${s.says}.`)
    })
    return made
  })
)
const scrolling = (): void => {
  for (const place of document.querySelectorAll<HTMLElement>('.formula, #formulas > div')) reachable(place, 'Formula')
}
const redraw = (): void => {
  scrolling()
  thumbnails()
  pictures()
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
addEventListener('resize', redraw)
addEventListener('hashchange', () => void takeLink())
if (!takeLink()) {
  take(run)
  if (refusal !== undefined) status('The link was refused. This is XOR instead.')
}
redraw()
