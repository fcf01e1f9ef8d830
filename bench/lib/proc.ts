import { readdir, readFile } from 'node:fs/promises'
import type { Database } from '@florin/kernel'
import { errorCode } from '@florin/kernel'

/** What processes use; from /proc, so on Linux only. */
export interface Use {
  /** Seconds of processor time, all threads. */
  readonly cpu_s: number
  /** Memory in MiB: resident, and with shared pages counted in part. */
  readonly rss_mib: number
  readonly pss_mib: number
}

const nothing: Use = { cpu_s: 0, rss_mib: 0, pss_mib: 0 }
/** The kernel counts processor time in hundredths on every Linux that Node runs on. */
const ticksPerSecond = 100

/** What the processes use together; undefined where there is no /proc. */
export async function useOf(pids: readonly number[]): Promise<Use | undefined> {
  if (process.platform !== 'linux') return undefined
  let total = nothing
  for (const pid of pids) {
    const use = await useOfOne(pid)
    total = {
      cpu_s: total.cpu_s + use.cpu_s,
      rss_mib: total.rss_mib + use.rss_mib,
      pss_mib: total.pss_mib + use.pss_mib,
    }
  }
  return total
}

/** The server's processes: the postmaster and what it started. */
export async function postgresPids(admin: Database): Promise<number[]> {
  const [row] = await admin.query<{ pid: string }>(
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`,
  )
  const postmaster = Number(row?.pid)
  return [postmaster, ...(await childrenOf(postmaster))]
}

async function childrenOf(parent: number): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const children: number[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (Number.isInteger(pid) && (await statOf(pid))[1] === String(parent)) children.push(pid)
  }
  return children
}

async function useOfOne(pid: number): Promise<Use> {
  const stat = await statOf(pid)
  const rollup = await readIfThere(`/proc/${pid}/smaps_rollup`)
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) / 1_024
  return {
    cpu_s: (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) / ticksPerSecond,
    rss_mib: mib('Rss'),
    pss_mib: mib('Pss'),
  }
}

/** The fields of /proc/<pid>/stat from the state on; none for a process that is gone. */
async function statOf(pid: number): Promise<string[]> {
  const stat = await readIfThere(`/proc/${pid}/stat`)
  // The name before it may contain anything, parentheses included.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(errorCode(error) ?? '')) return ''
    throw error
  }
}
