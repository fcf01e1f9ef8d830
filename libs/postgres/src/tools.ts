import { spawn } from 'node:child_process'
import type { Owner } from './files.ts'

export type ToolResult = { ok: boolean; output: string }

/** What PostgreSQL may see of our environment: no secrets, no PG* settings, and messages in English. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const seen: NodeJS.ProcessEnv = { LC_ALL: 'C' }
  for (const name of ['PATH', 'TZ', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR']) {
    const value = process.env[name]
    if (value !== undefined) seen[name] = value
  }
  return seen
}

/** Runs a short-lived program as `owner` and collects what it says. Rejects when it can't be started at all. */
export function runTool(
  command: string,
  args: readonly string[],
  owner: Owner,
  abort?: AbortSignal,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...owner,
      // ours may be one that the other user can't enter
      cwd: '/',
      env: toolEnvironment(),
      // out of the terminal's process group: Ctrl-C is for us to handle
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(abort ? { signal: abort } : {}),
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', reject)
    child.once('close', (code) => resolve({ ok: code === 0, output }))
  })
}
