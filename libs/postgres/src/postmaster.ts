import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Binaries, program } from './binaries.ts'
import { errorCode } from './errors.ts'
import type { Owner } from './files.ts'
import { stopServer } from './leftovers.ts'
import type { Location } from './location.ts'
import { runTool, toolEnvironment } from './tools.ts'

const LOG_LIMIT_BYTES = 16 * 1024 * 1024

/** A running server process. */
export type Postmaster = {
  pid: number
  /** Settles when it has ended, with how. */
  ended: Promise<string>
  hasEnded(): boolean
  /** What it has written to its log since it started. */
  logged(): Promise<string>
  stop(): Promise<void>
}

export async function spawnPostmaster(binaries: Binaries, location: Location): Promise<Postmaster> {
  const path = join(location.folder, 'postgres.log')
  await rotate(path)
  const log = await open(path, 'a', 0o600)
  try {
    const from = (await log.stat()).size
    if (location.owner) await log.chown(location.owner.uid, location.owner.gid)
    const child = spawn(program(binaries, 'postgres'), ['-D', location.data], {
      ...location.owner,
      cwd: '/',
      env: toolEnvironment(),
      // its own session: Ctrl-C reaches us alone, and we decide the order
      detached: process.platform !== 'win32',
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    })
    const pid = await started(child)
    return watch(child, pid, binaries, location, async () => (await readFile(path)).subarray(from).toString())
  } finally {
    await log.close()
  }
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('PostgreSQL has no process number'))
      else resolve(child.pid)
    })
  })
}

function watch(
  child: ChildProcess,
  pid: number,
  binaries: Binaries,
  location: Location,
  logged: () => Promise<string>,
): Postmaster {
  const guard = watchOver(pid, location.owner)
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      guard?.kill('SIGKILL')
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`)
    })
  })
  return {
    pid,
    ended,
    hasEnded,
    logged,
    async stop() {
      if (hasEnded()) return
      // Windows has no signals
      if (process.platform === 'win32') {
        await runTool(program(binaries, 'pg_ctl'), ['stop', '-D', location.data, '-m', 'fast'], undefined)
      } else {
        await stopServer(pid, hasEnded)
      }
      await ended
    },
  }
}

/**
 * A tiny shell that waits for our end of a pipe to close, which the system does whatever kills us, and then
 * asks PostgreSQL to stop. A convenience: without it the next start finds and stops the orphan.
 */
function watchOver(pid: number, owner: Owner): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(pid)], {
    ...owner,
    cwd: '/',
    env: toolEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // no shell, no guard: see above
  guard.once('error', () => undefined)
  guard.unref()
  return guard
}

async function rotate(path: string): Promise<void> {
  try {
    if ((await stat(path)).size > LOG_LIMIT_BYTES) await rename(path, `${path}.old`)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
