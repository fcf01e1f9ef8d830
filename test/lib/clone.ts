import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A folder that looks like a fresh clone to whoever follows the documentation, with a server started in it. */
export interface Clone {
  /** What the start printed up to the moment when it answered. */
  readonly startOutput: string
  /** Runs a shell command there and gives everything it printed. */
  run(command: string): Promise<string>
  /** Stops the server and removes everything. */
  remove(): Promise<void>
}

const port = '4400'

export async function createClone(): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), 'florin-docs-'))
  // as root the database runs as somebody else, who has to get in
  await chmod(folder, 0o755)
  await cp(join(root, 'docs/examples'), join(folder, 'docs/examples'), { recursive: true })
  const bin = join(folder, '.bin')
  await mkdir(bin)
  await writeFile(join(bin, 'npx'), npx, { mode: 0o755 })
  const env = {
    PATH: [bin, process.env.PATH ?? ''].join(delimiter),
    HOME: folder,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    TZ: 'UTC',
    FLORIN_DATA: join(folder, '.florin'),
    FLORIN_PORT: '0',
  }
  const server = spawn(process.execPath, [join(root, 'scripts/start.mjs')], { cwd: folder, env })
  const address = /http:\/\/127\.0\.0\.1:(\d+)/
  const startOutput = await answering(server, address)
  const [, actualPort = port] = address.exec(startOutput) ?? []
  const plain = (text: string): string =>
    text.replaceAll(`127.0.0.1:${actualPort}`, `127.0.0.1:${port}`).replaceAll(folder, '/somewhere/florin')
  return {
    startOutput: plain(startOutput),
    async run(command) {
      const script = `exec 2>&1\n${command.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${actualPort}`)}`
      return plain(await shell(script, folder, env))
    },
    async remove() {
      await stop(server)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** `npx florin …` runs what package.json names as `florin`, without asking npm. */
const npx = `#!/bin/sh
[ "$1" = florin ] || { echo "npx $1: not here" >&2; exit 1; }
shift
exec '${process.execPath}' '${join(root, 'scripts/florin.mjs')}' "$@"
`

/** Resolves with what the server printed once it has told its address and what to try. */
function answering(server: ChildProcess, address: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    let errors = ''
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (address.test(output) && output.endsWith('\n\n')) resolve(output)
    })
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    server.once('exit', (code) => reject(new Error(`The server ended (${code}): ${output}${errors}`)))
  })
}

function shell(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', script], { cwd, env }, (_error, stdout) => resolve(stdout))
    child.stdin?.end()
  })
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await ended
}
