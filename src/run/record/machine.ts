/** Facts about the platform, and a pause for its event loop. A door (Node). */
import { arch, availableParallelism, cpus, platform, release } from 'node:os'
import type { Backend } from '../../backend/backend.js'
import { version } from '../version.js'

/** where a run is computed */
export interface Environment {
  readonly gradfold: string
  /** `node 20.19.5` */
  readonly runtime: string
  /** `v8 11.3.244.8` */
  readonly engine: string
  readonly os: string
  readonly architecture: string
  readonly cpu: string
  readonly cores: number
  /** `wasm, 2 threads` */
  readonly backend: string
}

export const environment = ({ name }: Backend): Environment => {
  const { versions } = process
  const [runtime, engine] = [
    ['bun', 'deno', 'node'].find(r => versions[r] !== undefined) ?? 'unknown',
    ['v8', 'webkit'].find(e => versions[e] !== undefined) ?? 'unknown'
  ]
  return {
    gradfold: version,
    runtime: `${runtime} ${versions[runtime] ?? ''}`,
    engine: `${engine} ${versions[engine] ?? ''}`,
    os: `${platform()} ${release()}`,
    architecture: arch(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    backend: name
  }
}

/** Lets signals, timers and file operations run. */
export const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
