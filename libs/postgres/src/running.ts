import { readPassword, SUPERUSER } from './cluster.ts'
import { errorCode } from './errors.ts'
import { liveHolder } from './lock.ts'
import { connectionUrl } from './start.ts'

export type RunningFlorin = {
  pid: number
  /** Where it answers; absent while it starts. */
  url?: string
  /** Its superuser's connection string; absent while it starts and for those who may not read the password. */
  adminUrl?: string
  /** The folder of its cluster. */
  location?: string
}

/** The live Florin that holds this data folder, or undefined. Creates and changes nothing. */
export async function findRunning(dataDir: string): Promise<RunningFlorin | undefined> {
  const holder = await liveHolder(dataDir)
  if (holder === undefined) return undefined
  const running: RunningFlorin = { pid: holder.pid }
  if (holder.url !== undefined) running.url = holder.url
  if (holder.postgres) running.location = holder.postgres.folder
  const password = holder.postgres && (await passwordIfAllowed(holder.postgres.folder))
  if (holder.postgres && password !== undefined) {
    const { port } = holder.postgres
    running.adminUrl = connectionUrl({
      host: '127.0.0.1',
      port,
      user: SUPERUSER,
      password,
      database: 'postgres',
    })
  }
  return running
}

async function passwordIfAllowed(folder: string): Promise<string | undefined> {
  try {
    return await readPassword(folder)
  } catch (error) {
    if (errorCode(error) === 'EACCES') return undefined
    throw error
  }
}
