import { randomUUID } from 'node:crypto'
import { link, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, folderError, StartError } from './errors.ts'
import { readIfThere, removeFile, writeSynced, writeWhole } from './files.ts'
import { identityOf } from './processes.ts'

/** No secrets in it; root may leave one in a folder that an ordinary user starts from next. */
const HOLDER_MODE = 0o644

/**
 * Who holds a data folder is the highest-numbered `holder.<n>` file there. To take over from a dead or
 * finished holder n is to create n + 1, which the file system lets only one process do; the highest file
 * is never removed, so nobody can mistake "just released" for "never held".
 */
const NAME = /^holder\.(\d+)$/

export type Holder = {
  pid: number
  /** Tells the process from a later one with the same number. */
  identity: string
  released: boolean
  /** Where it answers, once it does. */
  url?: string
  /** Its PostgreSQL, once that runs. */
  postgres?: { port: number; folder: string }
}

export type Hold = {
  /** Adds facts that others may find while we hold the folder. */
  publish(facts: Pick<Holder, 'url' | 'postgres'>): Promise<void>
  release(): Promise<void>
}

/** Takes the folder for this process, or throws `folder_in_use` naming who has it. */
export async function holdFolder(folder: string): Promise<Hold> {
  const identity = await identityOf(process.pid)
  if (identity === undefined) throw new Error("this process can't find itself")
  const own: Holder = { pid: process.pid, identity, released: false }
  for (;;) {
    const latest = await latestNumber(folder)
    const other = latest === 0 ? undefined : await readHolder(folder, latest)
    if (other && (await isLive(other))) throw inUse(folder, other)
    const number = latest + 1
    if (!(await create(folder, number, own))) continue
    // somebody may have gone on from a newer file than the one we saw
    if ((await latestNumber(folder)) === number) return held(folder, number, own)
    await removeFile(join(folder, `holder.${number}`))
  }
}

/** The live holder of the folder, or undefined. */
export async function liveHolder(folder: string): Promise<Holder | undefined> {
  try {
    const real = await realpath(folder)
    const latest = await latestNumber(real)
    const holder = latest === 0 ? undefined : await readHolder(real, latest)
    return holder && (await isLive(holder)) ? holder : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function held(folder: string, number: number, own: Holder): Promise<Hold> {
  for (const older of (await numbers(folder)).filter((other) => other < number)) {
    await removeFile(join(folder, `holder.${older}`))
  }
  let current = own
  const write = async (next: Holder): Promise<void> => {
    current = next
    await writeWhole(join(folder, `holder.${number}`), JSON.stringify(next), { mode: HOLDER_MODE })
  }
  return {
    publish: (facts) => write({ ...current, ...facts }),
    release: () => write({ pid: own.pid, identity: own.identity, released: true }),
  }
}

async function create(folder: string, number: number, holder: Holder): Promise<boolean> {
  const draft = join(folder, `holder-draft.${randomUUID()}`)
  try {
    await writeSynced(draft, JSON.stringify(holder), { mode: HOLDER_MODE })
    // a link appears with its whole text or not at all, and only once
    await link(draft, join(folder, `holder.${number}`))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw folderError(error, folder)
  } finally {
    await removeFile(draft)
  }
}

async function numbers(folder: string): Promise<number[]> {
  try {
    return (await readdir(folder)).flatMap((name) => {
      const match = NAME.exec(name)
      return match ? [Number(match[1])] : []
    })
  } catch (error) {
    throw folderError(error, folder)
  }
}

async function latestNumber(folder: string): Promise<number> {
  return Math.max(0, ...(await numbers(folder)))
}

async function readHolder(folder: string, number: number): Promise<Holder | undefined> {
  const path = join(folder, `holder.${number}`)
  try {
    const text = await readIfThere(path)
    return text === undefined ? undefined : parseHolder(text)
  } catch (error) {
    throw folderError(error, path)
  }
}

/** Text that isn't a holder (a disk that lost the write) counts as nobody: its process can't be alive. */
function parseHolder(text: string): Holder | undefined {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof found !== 'object' || found === null) return undefined
  if (!('pid' in found && 'identity' in found && 'released' in found)) return undefined
  if (typeof found.pid !== 'number' || typeof found.identity !== 'string') return undefined
  const holder: Holder = { pid: found.pid, identity: found.identity, released: found.released === true }
  if ('url' in found && typeof found.url === 'string') holder.url = found.url
  const postgres = 'postgres' in found ? parsePostgres(found.postgres) : undefined
  if (postgres) holder.postgres = postgres
  return holder
}

function parsePostgres(found: unknown): Holder['postgres'] {
  if (typeof found !== 'object' || found === null || !('port' in found && 'folder' in found)) return undefined
  if (typeof found.port !== 'number' || typeof found.folder !== 'string') return undefined
  return { port: found.port, folder: found.folder }
}

async function isLive(holder: Holder): Promise<boolean> {
  return !holder.released && (await identityOf(holder.pid)) === holder.identity
}

function inUse(folder: string, holder: Holder): StartError {
  const who = `process ${holder.pid}${holder.url === undefined ? '' : `, ${holder.url}`}`
  return new StartError(
    'folder_in_use',
    `Florin is already running on ${folder} (${who}); stop it first or choose another data folder.`,
  )
}
