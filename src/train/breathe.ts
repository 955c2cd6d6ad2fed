/** A door: gives the event loop a turn. */

/** one macrotask: timers, input and messages that wait come first */
export const breathe: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () => new Promise(resolve => setImmediate(resolve))
    : () =>
        new Promise(resolve => {
          // a timer of 0 waits 4 ms in browsers once it is nested
          const { port1, port2 } = new MessageChannel()
          const done = (): void => {
            port1.close()
            resolve()
          }
          port1.addEventListener('message', done)
          port1.start()
          port2.postMessage(0)
        })
