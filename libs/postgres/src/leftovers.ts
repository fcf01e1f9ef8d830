import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from './errors.ts'
import { readIfThere, removeFile } from './files.ts'
import type { Location } from './location.ts'
import { processesOn, signal, worksOn } from './processes.ts'
import { waitUntil } from './waiting.ts'

/** How long a server may take for its last checkpoint before we insist. */
const FAST_STOP_MS = 60_000
const IMMEDIATE_STOP_MS = 10_000

/**
 * Clears what an earlier life left on this cluster: a server whose Florin died, processes whose server
 * died, lock files that name somebody else. The caller holds the data folder, so nobody needs them.
 */
export async function clearLeftovers(location: Location, say: (line: string) => void): Promise<void> {
  const pid = await lockedBy(location)
  if (pid !== undefined && (await worksOn(pid, location.data))) {
    say(`Stopping the PostgreSQL that an earlier run left behind (process ${pid}) …`)
    await stopServer(pid, () => worksOn(pid, location.data).then((works) => !works))
  } else if (pid !== undefined) {
    // PostgreSQL would remove it itself, except when a stranger now has that process number
    await removeFile(join(location.data, 'postmaster.pid'))
  }
  await endRemnants(location)
  await removeSocketLocks(location)
}

async function lockedBy(location: Location): Promise<number | undefined> {
  const text = await readIfThere(join(location.data, 'postmaster.pid'))
  if (text === undefined) return undefined
  const pid = Number.parseInt(text, 10)
  if (Number.isInteger(pid) && pid > 0) return pid
  // cut short by a crash: it protects nobody, and PostgreSQL would refuse to start over it
  await removeFile(join(location.data, 'postmaster.pid'))
  return undefined
}

/** Fast stop (ends sessions, writes everything out), then immediate (recovers at the next start), then force. */
export async function stopServer(pid: number, ended: () => boolean | Promise<boolean>): Promise<void> {
  for (const [name, timeout_ms] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
    ['SIGKILL', IMMEDIATE_STOP_MS],
  ] as const) {
    signal(pid, name)
    if (await waitUntil(ended, { timeout_ms })) return
  }
  throw new StartError(
    'start_timeout',
    `PostgreSQL (process ${pid}) doesn't end even when killed; restart the machine.`,
  )
}

/**
 * Sessions of a server that was killed still hold its shared memory, and a new one refuses to start beside
 * them. Most notice within milliseconds; one deep in a computation doesn't look up.
 */
export async function endRemnants(location: Location): Promise<void> {
  const gone = async (): Promise<boolean> => (await processesOn(location.data)).length === 0
  if (await waitUntil(gone, { timeout_ms: 2_000 })) return
  for (const name of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of await processesOn(location.data)) signal(pid, name)
    if (await waitUntil(gone, { timeout_ms: 5_000 })) return
  }
  throw new StartError(
    'start_timeout',
    `Processes of an earlier PostgreSQL on ${location.data} don't end even when killed; restart the machine.`,
  )
}

/** Only servers on this cluster use its socket folder, and none runs now. */
async function removeSocketLocks(location: Location): Promise<void> {
  const folder = socketFolder(location)
  if (folder === undefined) return
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    if (name.startsWith('.s.PGSQL.')) await removeFile(join(folder, name))
  }
}

/** A socket's path may be 107 bytes long, and PostgreSQL adds its own name to the folder. */
const LONGEST_SOCKET_FOLDER_BYTES = 85

/** Where the server keeps its socket; undefined where it has none, and TCP alone serves. */
export function socketFolder(location: Location): string | undefined {
  if (process.platform === 'win32') return undefined
  const folder = join(location.folder, 'run')
  return Buffer.byteLength(folder) <= LONGEST_SOCKET_FOLDER_BYTES ? folder : undefined
}
