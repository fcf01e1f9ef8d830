import { cpus, totalmem } from 'node:os'
import type { Database } from '@florin/kernel'

/** What a figure depends on besides the code. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly node: string
  readonly postgresql: string
  readonly fsync: string
  readonly synchronousCommit: string
  readonly date: string
}

export async function describeMachine(database: Database, now: Date): Promise<Machine> {
  const setting = async (name: string): Promise<string> => {
    const [row] = await database.query<{ value: string }>('SELECT current_setting($1) AS value', [name])
    return row?.value ?? 'unknown'
  }
  const [first] = cpus()
  return {
    cpu: first?.model ?? 'unknown processor',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgresql: await setting('server_version'),
    fsync: await setting('fsync'),
    synchronousCommit: await setting('synchronous_commit'),
    date: now.toISOString().slice(0, 10),
  }
}

export function machineLine(machine: Machine): string {
  const { cores, cpu, memoryGib, node, postgresql, fsync, synchronousCommit, date } = machine
  return `${date}, ${cores} x ${cpu}, ${memoryGib} GiB, Node ${node}, PostgreSQL ${postgresql} embedded, fsync ${fsync}, synchronous_commit ${synchronousCommit}`
}
