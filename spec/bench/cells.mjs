// The peers, what each is measured on, and how: every cell of the table is a process of its own.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { workloads } from './peers/work.mjs'

const all = Object.keys(workloads)
const allButW4 = all.filter(w => w !== 'W4')
export const training = ['W1', 'W2', 'W3', 'W4', 'W5']
const tuned = ['W1', 'W2', 'W3', 'W4']

const script = name => join(import.meta.dirname, 'peers', name)
const node = (file, ...args) => [process.execPath, script(file), ...args]
/** for older builds of OpenBLAS, where set; it would hold a current one back */
const blasKernel = { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined }

/**
 * js: one of the JavaScript peers. otherWork: its losses can't be compared. drift: how far from gradfold's, relatively, its loss may be
 * after 20 steps. threads: not bound to one core. extra: only when asked for.
 */
const gradfold = (peer, use, on, more = {}) => ({ peer, on, command: w => node('gradfold.mjs', peer, use, w), ...more })
/** its Adam adds epsilon before it corrects the second moment's bias, which shows after some steps */
const tfjs = (peer, backend, use, on, more = {}) => ({
  peer,
  on,
  js: true,
  drift: 1e-2,
  command: w => node('tfjs.mjs', peer, backend, use, w),
  ...more
})
export const peersWith = ({ numpy, torch }) => [
  gradfold('gradfold', 'public', all),
  gradfold('gradfold-loop', 'loop', all),
  gradfold('gradfold-native', 'public', all, { env: { BENCH_BACKEND: 'native' }, extra: true }),
  gradfold('gradfold-native-loop', 'loop', all, { env: { BENCH_BACKEND: 'native' }, extra: true }),
  gradfold('gradfold-1-batch', 'public', ['W2', 'W4'], { env: { BENCH_BATCHES: '1' } }),
  gradfold('gradfold-step', 'step', training, { extra: true }),
  gradfold('gradfold-2-threads', 'public', ['W1', 'W2', 'W4'], { threads: 2 }),
  { peer: 'jax-js', on: all, js: true, command: w => node('jaxjs.mjs', 'patches', w) },
  // its own convolution: 15 times as slow
  { peer: 'jax-js-conv', on: ['W4'], js: true, extra: true, command: w => node('jaxjs.mjs', 'conv', w) },
  {
    peer: 'jax-js-relaxed',
    on: all,
    js: true,
    command: w => [process.execPath, '--experimental-wasm-relaxed-simd', script('jaxjs.mjs'), 'patches', w]
  },
  {
    ...tfjs('tfjs-wasm', 'wasm', 'plain', all),
    command: w => node('tfjs.mjs', 'tfjs-wasm', 'wasm', tuned.includes(w) ? 'tuned' : 'plain', w)
  },
  tfjs('tfjs-wasm-plain', 'wasm', 'plain', ['W1', 'W2', 'W3'], { extra: true }),
  tfjs('tfjs-cpu', 'cpu', 'plain', allButW4, { extra: true }),
  { peer: 'brain.js', on: ['W5'], js: true, otherWork: true, command: w => node('classic.mjs', 'brain.js', w) },
  { peer: 'synaptic', on: ['W5'], js: true, otherWork: true, command: w => node('classic.mjs', 'synaptic', w) },
  ...(numpy ? [{ peer: 'numpy', on: all, env: blasKernel, command: w => [numpy, script('numpy_peer.py'), w] }] : []),
  ...(torch
    ? [
        { peer: 'torch', on: all, command: w => [torch, script('torch_peer.py'), 'torch', w] },
        {
          peer: 'torch-channels-last',
          on: ['W4'],
          command: w => [torch, script('torch_peer.py'), 'torch-channels-last', w]
        }
      ]
    : [])
]

/** the last line of JSON that a command prints; or why there is none */
export const lineOf = ([command, ...args], { core, env = {}, seconds = 120 } = {}) => {
  const [file, ...rest] = core === undefined ? [command, ...args] : ['taskset', '-c', core, command, ...args]
  const { stdout, stderr, error } = spawnSync(file, rest, {
    encoding: 'utf8',
    timeout: seconds * 1e3,
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', BENCH_BORN: String(Date.now()), ...env }
  })
  const line = (stdout ?? '').split('\n').findLast(l => l.startsWith('{'))
  if (line !== undefined) return JSON.parse(line)
  const why = /^.*Error.*$/m.exec(stderr ?? '')?.[0] ?? error?.message ?? `no result in ${seconds} s`
  return { why: why.trim().slice(0, 200) }
}

/** measures one peer on one workload; several threads may use every core */
export const measure = ({ peer, command, env = {}, threads = 1 }, workload, { core, settings }) => ({
  peer,
  workload,
  ...lineOf(command(workload), {
    core: threads === 1 ? core : undefined,
    env: { ...env, ...settings, BENCH_THREADS: String(threads) }
  })
})
