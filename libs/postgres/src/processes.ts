import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { errorCode } from './errors.ts'
import { readIfThere } from './files.ts'

const run = promisify(execFile)

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
    // it exists, and belongs to somebody else
    if (errorCode(error) === 'EPERM') return true
    throw error
  }
}

/** Sends a signal to a process that may have ended in the meantime. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/**
 * What tells this process from a later one with the same number: the boot and the tick it started at.
 * Undefined when there is no such process. Where the system doesn't tell, every process looks the same
 * and only the number counts.
 */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined
  if (process.platform === 'linux') return linuxIdentity(pid)
  if (process.platform === 'win32') return 'unknown'
  return (await psField(pid, 'lstart')) ?? undefined
}

async function linuxIdentity(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid)
  // a zombie has ended: nobody has collected it yet
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  return `${boot}:${fields[19]}`
}

/** The fields of /proc/<pid>/stat after the command name, which may hold spaces and brackets itself. */
async function statFields(pid: number): Promise<string[] | undefined> {
  try {
    const stat = await readIfThere(`/proc/${pid}/stat`)
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch (error) {
    // the process ended between open and read
    if (errorCode(error) === 'ESRCH') return undefined
    throw error
  }
}

async function psField(pid: number, field: 'lstart' | 'command'): Promise<string | undefined> {
  try {
    return (await run('ps', ['-o', `${field}=`, '-p', String(pid)])).stdout.trim()
  } catch (error) {
    // ps answers 1 when there is no such process
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined
    throw error
  }
}

/** Whether this process is a PostgreSQL that works on `data`: its server, or one of the server's own. */
export async function worksOn(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  // every PostgreSQL process makes its data folder its working folder
  if (process.platform === 'linux') return (await workingFolder(pid)) === data
  // no cheap way to look: believe the lock file that named it
  if (process.platform === 'win32') return true
  const command = await psField(pid, 'command')
  return command?.includes('postgres') === true && command.includes(data)
}

async function workingFolder(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`)
  } catch (error) {
    const code = errorCode(error)
    // ended meanwhile, or not ours to look at: then it can't be our server either
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined
    throw error
  }
}

/** Every live PostgreSQL process on `data`; empty where the system has no /proc. */
export async function processesOn(data: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const pid = Number(name)
    if ((await workingFolder(pid)) !== data) continue
    // a person's shell may stand in the folder too: only PostgreSQL itself counts
    if (/postgres/.test((await nameOf(pid)) ?? '')) found.push(pid)
  }
  return found
}

async function nameOf(pid: number): Promise<string | undefined> {
  try {
    return await readIfThere(`/proc/${pid}/comm`)
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return undefined
    throw error
  }
}
