// node spec/bench/shards.mjs: what the shards of a step would gain on several machines, simulated. Prints the table of
// docs/internals/sharding.md. A step of n machines: each computes its shards (the slowest decides; times vary by a tenth), sends each other
// machine the piece of the gradients that this one adds up in the fixed tree, and gets the sums: 2 (n - 1) / n of the gradients' bytes
// each way through its own link, and two rounds of messages.
/** milliseconds for three passes over a batch: products of one example and pass, 15 billion of them in a second */
const estimated = (products, batch) => Math.round((3 * products * batch) / 15e6)
const workloads = [
  { name: '784-512-512-10, batch 128', numbers: 669_706, ms: 9.2 }, // measured: docs/guide/speed.md
  { name: 'the convolutional net of `npm run bench`, batch 128', numbers: 20_490, ms: estimated(1.03e6, 128) },
  { name: 'ResNet-18 for CIFAR, batch 128', numbers: 11_173_962, ms: estimated(0.56e9, 128) }
]
const networks = [
  { name: '1 Gbit/s, 0.2 ms', bits: 1e9, ms: 0.2 },
  { name: '10 Gbit/s, 0.05 ms', bits: 1e10, ms: 0.05 }
]
/** numbers in [0, 1) from a fixed sequence */
const sequence = () => {
  let x = 1
  return () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 2 ** 32
}
const speedUp = ({ numbers, ms }, network, n) => {
  const next = sequence()
  const steps = 2000
  const jitter = () => 1 + 0.1 * (next() + next() + next() - 1.5)
  let total = 0
  for (let step = 0; step < steps; step++) {
    const slowest = Math.max(...Array.from({ length: n }, () => (ms / n) * jitter()))
    const transfer = ((2 * (n - 1)) / n) * ((numbers * 32) / network.bits) * 1000
    total += slowest + transfer + 2 * network.ms
  }
  return ms / (total / steps)
}
const row = cells => `| ${cells.join(' | ')} |`
console.log(row(['step', 'ms on one core', 'MB of gradients', 'link', '2 machines', '4', '8']))
console.log(row(['---', '---', '---', '---', '---', '---', '---']))
for (const w of workloads)
  for (const network of networks)
    console.log(
      row([
        w.name,
        w.ms,
        ((w.numbers * 4) / 1e6).toFixed(1),
        network.name,
        ...[2, 4, 8].map(n => speedUp(w, network, n).toFixed(1))
      ])
    )
