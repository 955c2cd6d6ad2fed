// Run under --disallow-code-generation-from-strings: the core must load where a page forbids making code from text.
import { createRequire } from 'node:module'

const { cache } = createRequire(import.meta.url)
const loaded = () => Object.keys(cache).filter(file => /[\\/]node_modules[\\/]ndarray(-ops)?[\\/]/.test(file))

await import('gradfold')
await import('gradfold/codec')
if (loaded().length > 0) throw new Error(`the core loads ${loaded().join(', ')}`)

// would this check see it?
await import('ndarray')
if (loaded().length === 0) throw new Error('ndarray was loaded and not seen')
console.log('core: ok')
