export default { worker: { format: 'es' }, build: { target: 'es2022', outDir: 'out' }, logLevel: 'error' }
