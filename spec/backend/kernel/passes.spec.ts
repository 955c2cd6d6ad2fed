/** What each pass makes of small programs, and what holds after each of them, of random programs and of whole trainings too. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../../src/backend/backend.js'
import {
  compile,
  passes,
  passNames,
  runPasses,
  uncompiled,
  type Compilation,
  type Pass,
  type PassName,
  type Source
} from '../../../src/backend/kernel/compile.js'
import { explainPass, sourceOf } from '../../../src/backend/kernel/explain.js'
import type { Kernel, KernelProgram, MatmulKernel } from '../../../src/backend/kernel/ir.js'
import { verify } from '../../../src/backend/kernel/verify.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { networks } from '../../../src/laws/networks.js'
import { losses } from '../../../src/train/loss/index.js'
import { optimizers } from '../../../src/train/optimizer/index.js'
import { steps } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import { program } from '../../../src/expr/program.js'
import { runnable, samplesOf } from '../../expr/arbitrary.js'
import { programs } from './programs.js'
import { right } from '../../support/either.js'
import { runs } from '../../support/runs.js'
import { numbers, seed } from '../../support/tensors.js'

/** which program shows a pass best */
const shownOn: { readonly [P in PassName]: keyof typeof programs } = {
  simplify: 'redundant',
  'unroll-windows': 'pool',
  materialize: 'layer',
  fuse: 'layer',
  'fuse-unwindows': 'convolution',
  schedule: 'step',
  'fuse-updates': 'step',
  'fuse-finite-check': 'step',
  'weight-layout': 'step',
  partition: 'large step',
  'memory-plan': 'large step',
  barriers: 'large step',
  'thread-programs': 'large step'
}
const shown = (name: PassName): Source => {
  const { program, threads } = programs[shownOn[name]] as (typeof programs)[string]
  return sourceOf(program, { threads })
}
const listing = (name: PassName): string => {
  const { program, threads } = programs[shownOn[name]] as (typeof programs)[string]
  const before = passNames[passNames.indexOf(name) - 1]
  const first = 'the program as it is written'
  const at = (pass: PassName | 'none'): string => explainPass(program, pass, { threads })
  return [
    `# ${name}: ${passes[passNames.indexOf(name)]?.does}`,
    `\n## before (${before === undefined ? first : `after ${before}`})\n`,
    at(before ?? 'none'),
    '\n## after\n',
    at(name),
    ''
  ].join('\n')
}

/** what is wrong after each of the passes, if anything */
const faultsIn = (source: Source): Readonly<Record<string, readonly string[]>> => {
  const found: Record<string, readonly string[]> = {}
  passes.reduce((c: Compilation, pass: Pass) => {
    const after = pass.run(c)
    const faults = verify(after)
    if (faults.length > 0) found[pass.name] = faults
    return after
  }, uncompiled(source))
  return found
}

describe('each pass', () => {
  it.each(passNames)('%s', async name => {
    await expect(listing(name)).toMatchFileSnapshot(`./listings/${name}.txt`)
  })
  it.each(passNames)('%s changes what it is shown on', name => {
    const before = passNames[passNames.indexOf(name) - 1]
    const c = uncompiled(shown(name))
    expect(runPasses(c, { to: name })).not.toEqual(before === undefined ? c : runPasses(c, { to: before }))
  })
})

describe('after each pass the program holds together', () => {
  it.each(Object.entries(programs))('%s', (_, { program }) => {
    for (const threads of [1, 2, 3]) expect(faultsIn(sourceOf(program, { threads }))).toEqual({})
  })

  it.each(runnable)('%s', op => {
    fc.assert(
      fc.property(samplesOf(op, { dtype: 'f32', numbers: 'any' }), ({ node }) => {
        expect(faultsIn({ programs: [right(program({ y: node }))] })).toEqual({})
      }),
      { numRuns: runs(10) }
    )
  })

  it('trainings of random networks, on 1 to 4 threads', () => {
    const optimizer = fc.constantFrom(...Object.values(optimizers).flatMap(k => k.samples))
    const loss = fc.constantFrom(...Object.values(losses).flatMap(k => k.samples))
    let loops = 0
    fc.assert(
      fc.property(
        networks({ depth: 2 }),
        loss,
        optimizer,
        seed,
        fc.integer({ min: 1, max: 4 }),
        (net, l, o, s, threads) => {
          const watched: Backend = {
            ...wasm,
            loop: (opened, start, resident) => {
              loops++
              expect(faultsIn({ programs: opened, carried: start, resident: Object.keys(resident), threads })).toEqual(
                {}
              )
              return wasm.loop(opened, start, resident)
            }
          }
          const data = {
            x: { tensor: numbers('f32', [40, ...(net.model.input as readonly number[])], s), scale: 1, shift: 0 },
            y: { tensor: numbers('f32', [40, ...net.output], s + 1, 1), scale: 1, shift: 0 }
          }
          train(
            { model: net.model, loss: l, optimizer: o, batchSize: 32, stop: steps(1), seed: 1 },
            { backend: watched }
          )(data as never)
        }
      ),
      { numRuns: runs(30) }
    )
    expect(loops).toBeGreaterThan(0)
  })
})

describe('the verifier sees', () => {
  const whole = compile(shown('thread-programs'))
  const fused = runPasses(uncompiled(shown('fuse')), { to: 'fuse' })
  const [first] = fused.programs as readonly [KernelProgram]
  const withKernels = (kernels: readonly Kernel[]): Compilation => ({ ...fused, programs: [{ ...first, kernels }] })
  const product = first.kernels.find((k): k is MatmulKernel => k.kind === 'matmul') as MatmulKernel
  const withProduct = (k: MatmulKernel): Compilation =>
    withKernels(first.kernels.map(old => (old === product ? k : old)))

  it('nothing wrong before something is', () => {
    expect(verify(whole)).toEqual([])
    expect(verify(fused)).toEqual([])
  })
  it.each<[string, Compilation, string]>([
    ['kernels in the wrong order', withKernels([...first.kernels].reverse()), 'before it is filled'],
    ['a kernel that is missing', withKernels(first.kernels.slice(1)), 'before it is filled'],
    ['a view that leaves its buffer', withProduct({ ...product, b: { ...product.b, offset: 1 } }), 'leaves buffer'],
    ['sizes that do not fit', withProduct({ ...product, b: { ...product.b, shape: [4, 8] } }), 'a product of'],
    [
      'a matrix in panels of which it has no whole number',
      withProduct({ ...product, b: { ...product.b, shape: [8, 7] }, packed: { b: true, to: false } }),
      'whole number of panels'
    ],
    [
      'memory that is shared too early',
      { ...whole, plan: { ...whole.plan, address: new Map([...whole.plan.address].map(([x]) => [x, 1024])) } },
      'after it was overwritten'
    ],
    [
      'a barrier that is missing',
      { ...whole, barriers: whole.barriers.map(p => p.map(() => false)) },
      'no barrier between'
    ],
    [
      'a part that is missing',
      { ...whole, shares: whole.shares.map(p => p.map(parts => parts.slice(0, -1))) },
      'parts for 2 threads'
    ],
    [
      'work that nobody does',
      { ...whole, parts: whole.parts.map(threads => threads.slice(0, 1)) },
      'threads do not do kernel'
    ]
  ])('%s', (_, broken, fault) => {
    expect(verify(broken).join('\n')).toContain(fault)
  })
})
