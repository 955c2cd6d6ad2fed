/** Locks: one holder at a time, whatever becomes of the others. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { lock } from '../../../src/run/record/lock.js'
import { closeSocket, isAlive, lease, openSocket, thisOwner } from '../../../src/run/record/owner.js'
import { left, right } from '../../support/either.js'

const root = mkdtempSync(join(tmpdir(), 'gradfold-lock-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'run-'))
})
const locks = (): readonly string[] => readdirSync(join(folder, 'lock'))
const put = (name: string, owner: unknown): void => {
  mkdirSync(join(folder, 'lock'), { recursive: true })
  writeFileSync(join(folder, 'lock', name), typeof owner === 'string' ? owner : JSON.stringify(owner))
}

/** a process that has ended, and its number */
const ended = async (): Promise<number> => {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise(resolve => child.once('close', resolve))
  return child.pid as number
}

describe('lock', () => {
  test('is taken, refused while it is held, free afterwards', async () => {
    const release = right(await lock(folder)())
    expect(left(await lock(folder)())).toBe(
      `${folder}: expected a folder that no other run is using, got one in use by process ${process.pid}; wait for it, or stop it`
    )
    await release()
    expect(locks()).toEqual([])
    await right(await lock(folder)())()
  })
  test('is refused while another process lives, with its number', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
    try {
      put('1', { pid: child.pid, host: hostname() })
      expect(left(await lock(folder)())).toContain(`in use by process ${child.pid}`)
      expect(locks()).toEqual(['1'])
    } finally {
      child.kill('SIGKILL')
    }
  })
  test('of a process that is gone does not count, and goes with the next one', async () => {
    put('3', { pid: await ended(), host: hostname() })
    const release = right(await lock(folder)())
    expect(
      locks()
        .filter(name => /^\d+$/.test(name))
        .sort()
    ).toEqual(['3', '4'])
    await release()
    expect(locks()).toEqual([])
  })
  test.runIf(process.platform === 'linux')('of a process whose number is used again does not count', async () => {
    put('1', { pid: process.pid, host: hostname(), began: 'another start 17' })
    await right(await lock(folder)())()
  })
  test.each(['', '{"pid":', '{"pid":-1,"host":"x"}'])('cut off by a loss of power does not count: %j', async text => {
    put('1', text)
    await right(await lock(folder)())()
  })
  test('of another machine counts, and the hint says what to delete', async () => {
    put('1', { pid: 1, host: 'elsewhere' })
    expect(left(await lock(folder)())).toContain(
      `by process 1 on elsewhere; if that process is gone, delete ${join(folder, 'lock', '1')}`
    )
  })
  test('of another machine that renews its lock counts until the lease is over', async () => {
    put('1', { pid: 1, host: 'elsewhere', began: 'another-boot 17', namespace: 'pid:[1]', lease })
    expect(left(await lock(folder)())).toContain(`its lock ends within ${lease} s`)
    const before = Date.now() / 1000 - lease - 60
    utimesSync(join(folder, 'lock', '1'), before, before)
    await right(await lock(folder)())()
  })
  test.runIf(process.platform === 'linux')('goes by the process, not by the name of the machine', async () => {
    const here = await thisOwner()
    const seen = { folder, age: 0 }
    expect(await isAlive({ ...here, host: 'renamed' }, here, seen)).toBe(true)
    expect(await isAlive({ ...here, host: 'renamed', pid: await ended() }, here, seen)).toBe(false)
    expect(await isAlive({ ...here, began: `${here.began}0` }, here, seen)).toBe(false)
  })
  test.runIf(process.platform === 'linux')(
    'of another namespace counts while its socket is open, at a path of any length',
    async () => {
      const here = await thisOwner()
      const deep = join(folder, 'a'.repeat(100), 'b'.repeat(100))
      for (const at of [folder, deep]) {
        mkdirSync(at, { recursive: true })
        const theirs = { ...here, namespace: 'pid:[1]', socket: 'socket-1' }
        const alive = () => isAlive(theirs, here, { folder: at, age: 0 })
        expect(await alive()).toBe(false)
        const server = await openSocket(at, 'socket-1')
        if (server === undefined) throw new Error('no socket')
        expect(await alive()).toBe(true)
        await closeSocket(server)
        // of a long path the socket's file stays, as after a kill
        expect(await alive()).toBe(false)
      }
    }
  )
  test('loses what killed processes left there', async () => {
    const id = '0b0f1f0c-7f5b-4f6e-9c3c-2f3a4b5c6d7e'
    const left = [`3.${id}`, `clock-${id}`, `socket-${id}`]
    for (const name of [...left, 'mine']) {
      put(name, '')
      utimesSync(join(folder, 'lock', name), 1e9, 1e9)
    }
    await right(await lock(folder)())()
    expect(locks()).toEqual(['mine'])
  })
  test('of an empty path is refused', async () => {
    expect(left(await lock('')())).toBe('expected the path of a folder, got ""')
  })
  test('is refused where there can be no folder', async () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    expect(left(await lock(file)())).toMatch(/expected a folder that can be locked, got E/)
  })
  test.each([0, 1])('of many that try at once at most one has it (%i stale ones before)', async stale => {
    const pid = await ended()
    for (let round = 0; round < 20; round++) {
      folder = mkdtempSync(join(root, 'many-'))
      if (stale > 0) put('1', { pid, host: hostname() })
      const all = await Promise.all(Array.from({ length: 8 }, () => lock(folder)()))
      const got = all.filter(E.isRight)
      expect(got.length).toBeLessThanOrEqual(1)
      for (const g of got) await g.right()
      await right(await lock(folder)())()
    }
  })
})
