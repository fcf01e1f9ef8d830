import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ProcessOptions {
  readonly url: string
  readonly idleInTransactionTimeoutMs?: number
  readonly statementTimeoutMs?: number
  readonly stopAt?: string
}

/** What a process said of one call: an outcome, or the code of the error. */
export interface Said {
  readonly status?: string
  readonly id?: string
  readonly error?: string
}

/** A Florin of its own process, to stop and to kill. */
export class FlorinProcess {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<string, (said: Said) => void>()
  readonly ended: Promise<void>
  #gone = false

  constructor(options: ProcessOptions) {
    const script = fileURLToPath(new URL('./process.ts', import.meta.url))
    this.#child = spawn(process.execPath, [script, JSON.stringify(options)])
    this.ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#gone = true
        for (const tell of this.#waiting.values()) tell({ error: 'the process ended' })
        resolve()
      })
    })
    // what it was sent last may not arrive any more
    this.#child.stdin.on('error', () => undefined)
    this.#child.stderr.pipe(process.stderr)
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line))
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The process was not started')
    return this.#child.pid
  }

  /** One call. A key is sent by one caller at a time. */
  call(name: string, input: object, key: string): Promise<Said> {
    if (this.#gone) return Promise.resolve({ error: 'the process ended' })
    return new Promise((resolve) => {
      this.#waiting.set(key, resolve)
      this.#child.stdin.write(`${JSON.stringify({ name, input, key })}\n`)
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Whether it is stopped (SIGSTOP) just now. */
  async isStopped(): Promise<boolean> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  }

  /** Lets calls under way end. */
  async close(): Promise<void> {
    this.#child.stdin.end()
    await this.ended
  }

  #hear(line: string): void {
    const found: unknown = JSON.parse(line)
    if (typeof found !== 'object' || found === null || !('key' in found)) return
    const key = String(found.key)
    const tell = this.#waiting.get(key)
    this.#waiting.delete(key)
    tell?.({
      ...('status' in found ? { status: String(found.status) } : {}),
      ...('id' in found ? { id: String(found.id) } : {}),
      ...('error' in found ? { error: String(found.error) } : {}),
    })
  }
}
