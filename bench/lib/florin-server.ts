import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorCode } from '@florin/kernel'
import { findRunning } from '@florin/postgres'
import { undoing } from './leftovers.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** It asks the child to stop when this process is gone, however it went. */
const watch = new URL('../../scripts/parent-watch.mjs', import.meta.url).href

/** A real `florin serve` in a process of its own, with its own embedded PostgreSQL. */
export interface FlorinServer {
  readonly pid: number
  readonly url: string
  /** The superuser's way into its database. */
  readonly adminUrl: string
  /** The admin's API key. */
  readonly key: string
  /** Seconds from the start of the process until it answered. */
  readonly startup_s: number
  stop(): Promise<void>
}

/** Gives a data folder that exists only for the work. */
export async function withDataFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'florin-bench-')))
  const remove = async (): Promise<void> => {
    // As root the cluster lies in a place that its user can reach; the folder says where.
    const elsewhere = await readFile(join(folder, 'postgres-location'), 'utf8').catch(absent)
    if (elsewhere !== undefined) await rm(elsewhere.trim(), { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
  return undoing(remove, () => work(folder))
}

/** Gives a Florin that runs only for the work. */
export async function withFlorin<T>(folder: string, work: (florin: FlorinServer) => Promise<T>): Promise<T> {
  const florin = await startFlorin(folder)
  return undoing(florin.stop, () => work(florin))
}

export async function startFlorin(dataDir: string): Promise<FlorinServer> {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [`--import=${watch}`, join(root, 'apps/server/src/main.mjs'), 'serve'],
    {
      env: { ...environment(), FLORIN_DATA: dataDir, FLORIN_PORT: '0', FLORIN_LOG_LEVEL: 'error' },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const url = await answering(child)
    const startup_s = (performance.now() - started) / 1_000
    const adminUrl = (await findRunning(dataDir))?.adminUrl
    if (adminUrl === undefined || child.pid === undefined)
      throw new Error('The database of florin is not found')
    const key = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim()
    return { pid: child.pid, url, adminUrl, key, startup_s, stop: () => stop(child, ended) }
  } catch (error) {
    await stop(child, ended)
    throw error
  }
}

/** Nothing of the caller's own Florin or database must get in. */
function environment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('FLORIN_') && name !== 'DATABASE_URL',
  )
  return Object.fromEntries(ours)
}

/** The address that the server says it answers on. */
function answering(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /answers on (http:\S+)/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`florin serve ended with ${code}: ${said}`)))
  })
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGINT')
  await ended
}

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined
  throw error
}
