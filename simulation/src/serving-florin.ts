import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../apps/server/src/main.mjs', import.meta.url))
/** Asks the child to stop when this process is gone, however it went. */
const watch = new URL('../../scripts/parent-watch.mjs', import.meta.url).href

export interface ServingOptions {
  /** Of its own. */
  readonly folder: string
  readonly databaseUrl: string
}

/** A real `florin serve` of its own process and port, which comes back when it is killed. */
export class ServingFlorin {
  readonly port: number
  readonly #options: ServingOptions
  #child: ChildProcess | undefined
  #serving: Promise<void>
  #ended: Promise<void> = Promise.resolve()
  #stopping = false
  /** How often it was started. */
  starts = 0

  private constructor(port: number, options: ServingOptions) {
    this.port = port
    this.#options = options
    this.#serving = this.#start()
    // One that is stopped hears of nothing else.
    process.once('exit', () => this.signal('SIGKILL'))
  }

  static async start(options: ServingOptions): Promise<ServingFlorin> {
    await mkdir(options.folder, { recursive: true })
    const florin = new ServingFlorin(await freePort(), options)
    await florin.serving()
    return florin
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Resolves once it answers. */
  serving(): Promise<void> {
    return this.#serving
  }

  /** The secret of its admin. */
  async key(): Promise<string> {
    return (await readFile(join(this.#options.folder, 'admin.key'), 'utf8')).trim()
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.signal('SIGCONT')
    this.signal('SIGINT')
    await this.#ended
  }

  #start(): Promise<void> {
    this.starts++
    const child = spawn(process.execPath, [`--import=${watch}`, program, 'serve'], {
      env: {
        ...cleanEnvironment(),
        DATABASE_URL: this.#options.databaseUrl,
        FLORIN_DATA: this.#options.folder,
        FLORIN_PORT: String(this.port),
        FLORIN_LOG_LEVEL: 'fatal',
      },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      // Ctrl-C is meant for whoever started it.
      detached: true,
    })
    this.#child = child
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()))
    // Whoever is killed, or could not start since the database was away just then, is started again.
    void this.#ended.then(() => {
      if (!this.#stopping) this.#serving = this.#start()
    })
    return new Promise((resolve) => {
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('answers on')) resolve()
      })
    })
  }
}

/** Runs `florin` with these arguments in a process of its own; what it wrote, and how it ended. */
export async function runFlorin(
  args: readonly string[],
  options: ServingOptions,
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...cleanEnvironment(), DATABASE_URL: options.databaseUrl, FLORIN_DATA: options.folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  return { code, output }
}

/** Nothing of the caller's own Florin or database must get in. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('FLORIN_') && name !== 'DATABASE_URL'),
  )
}

/** One that nobody listens on just now: it stays the same when the process comes back. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('There is no port')
  return address.port
}
