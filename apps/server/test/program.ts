import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { installationRoot } from '../src/config.ts'

const main = join(installationRoot, 'apps/server/src/main.mjs')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Env = Readonly<Record<string, string>>

/** The program as a process of its own, with nothing of this process's configuration. */
export function start(args: readonly string[], env: Env): ChildProcessWithoutNullStreams {
  const { PATH, HOME, LANG } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...definedOnly({ PATH, HOME, LANG }), ...env },
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

const running = new Set<ChildProcessWithoutNullStreams>()

/** Ends what a failed test has left behind. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      return closed
    }),
  )
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Env {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** Runs a command line to its end. */
export function florin(args: readonly string[], env: Env, input = ''): Promise<Ended> {
  const child = start(args, env)
  child.stdin.end(input)
  return ended(child)
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...output })))
}

export interface Served {
  readonly child: ChildProcessWithoutNullStreams
  readonly url: string
  /** Settles when the process has ended, with all that it said. */
  readonly ended: Promise<Ended>
}

/** Starts a server and waits until it says where it answers. */
export async function serve(env: Env, args: readonly string[] = []): Promise<Served> {
  const child = start(['serve', ...args], env)
  const end = ended(child)
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (data) => {
      text += String(data)
      const found = /answers on (\S+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    void end.then((how) => reject(new Error(`the server ended: ${how.stdout}${how.stderr}`)))
  })
  return { child, url, ended: end }
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
