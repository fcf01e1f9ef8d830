import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { rememberedFolder } from '../src/location.ts'
import { identityOf, processesOn, signal } from '../src/processes.ts'
import { waitUntil } from '../src/waiting.ts'

export const asRoot = process.getuid?.() === 0
export const onLinux = process.platform === 'linux'

/** A folder for this test alone; whatever still runs on it at the end is killed, and it is removed. */
export async function tempFolder(mode = 0o755): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'florin-case-')))
  await chmod(folder, mode)
  onTestFinished(async () => {
    const elsewhere = await rememberedFolder(join(folder, '.florin')).catch(() => undefined)
    const clusters = [join(folder, '.florin', 'postgres'), ...(elsewhere ? [elsewhere] : [])]
    for (const cluster of clusters) await killAll(join(cluster, 'data'))
    for (const path of [...(elsewhere ? [elsewhere] : []), folder])
      await rm(path, { recursive: true, force: true, maxRetries: 5 })
  })
  return folder
}

/** kill -9 for every PostgreSQL process on the data. */
export async function killAll(data: string): Promise<void> {
  for (const pid of await processesOn(data)) signal(pid, 'SIGKILL')
  await eventually(async () => (await processesOn(data)).length === 0)
}

/** Whether the process runs; one that has ended and isn't collected yet does not. */
export async function runs(pid: number): Promise<boolean> {
  return (await identityOf(pid)) !== undefined
}

/** Polls, bounded, until it is so. */
export async function eventually(done: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await waitUntil(done, { timeout_ms: 60_000 }))) throw new Error(`not in time: ${done}`)
}

export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

export type Ready = { adminUrl: string; pid: number; location: string; created: boolean }
export type Refused = { code: string; message: string }

/** A Florin of its own process, seen through what it says. */
export class Florin {
  readonly process: ChildProcess
  readonly lines: string[] = []
  #ended: Promise<void>

  constructor(options: Record<string, unknown>) {
    const script = fileURLToPath(new URL('./child.ts', import.meta.url))
    this.process = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { stdout } = this.process
    if (stdout === null) throw new Error('the child has no output')
    createInterface(stdout).on('line', (line) => this.lines.push(line))
    this.#ended = new Promise((resolve) => this.process.once('close', () => resolve()))
    onTestFinished(() => this.end('SIGKILL'))
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('the child was not started')
    return this.process.pid
  }

  /** The processes it started: the server and its guard. */
  async children(): Promise<number[]> {
    const text = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
    return text.trim().split(/\s+/).map(Number)
  }

  async end(name: NodeJS.Signals): Promise<void> {
    this.process.kill(name)
    await this.#ended
  }

  async ready(): Promise<Ready> {
    const found = await this.#said('ready')
    return {
      adminUrl: String(field(found, 'adminUrl')),
      pid: Number(field(found, 'pid')),
      location: String(field(found, 'location')),
      created: field(found, 'created') === true,
    }
  }

  async refused(): Promise<Refused> {
    const found = await this.#said('refused')
    return { code: String(field(found, 'code')), message: String(field(found, 'message')) }
  }

  async #said(name: string): Promise<unknown> {
    let found: unknown
    await eventually(() => {
      found = this.lines.map((line) => field(JSON.parse(line), name)).find((value) => value !== undefined)
      if (found === undefined && this.process.exitCode !== null) {
        throw new Error(`it ended and said ${this.lines.join(' ')}`)
      }
      return found !== undefined
    })
    return found
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

export async function mode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}
