/** The modules that a program becomes, as WebAssembly text. */
import type { Program } from '../../expr/program.js'
import { compile } from '../kernel/compile.js'
import { sourceOf, type ExplainOptions } from '../kernel/explain.js'
import { emitModule } from './emit/module.js'
import { watOf } from './emit/wat.js'

/**
 * The modules of each thread in WebAssembly's text format, in the order in which they run. They can be assembled again (wat2wasm).
 *
 * @example console.log(explainWat(p))
 */
export const explainWat = (p: Program, options: ExplainOptions = {}): string =>
  (compile(sourceOf(p, options)).parts[0] ?? [])
    .flatMap((modules, thread) =>
      modules.map((part, i) => `;; thread ${thread}, module ${i}\n${watOf(emitModule(part).bytes)}`)
    )
    .join('\n\n')
