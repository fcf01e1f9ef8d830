import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { readIfThere } from '../files.ts'
import { identityOf } from '../processes.ts'
import type { Archive } from './archive.ts'
import type { CopiedFile } from './copy.ts'
import { BackupError } from './errors.ts'

/** Written last: a folder without it is no backup. */
export const MANIFEST_FILE = 'backup.json'
/** Who makes it, while it is made. */
export const RUNNING_FILE = 'running.json'

/** How far a numbered journal had come: what must be found again after a restore. */
export type Known = { name: string; seq: string; at: string }

export type Backup = {
  id: string
  /** ISO 8601. The copy is of no moment between the two; recovery makes it one not before `ended_at`. */
  started_at: string
  ended_at: string
  florin_version: string
  postgres_version: string
  major: number
  system_identifier: string
  start_lsn: string
  stop_lsn: string
  /** The write-ahead log that makes the copy consistent; it lies in the backup. */
  first_segment: string
  last_segment: string
  /** Certainly in the backup. */
  known: readonly Known[]
  /** As found right after it: nothing later is in the backup itself. */
  known_after: readonly Known[]
  files: readonly CopiedFile[]
}

export type Catalog = {
  /** The oldest first. */
  backups: readonly Backup[]
  /** Folders of backups that were cut short. */
  incomplete: readonly string[]
  /** Folders of backups that are being made. */
  running: readonly string[]
}

export async function readCatalog(archive: Archive): Promise<Catalog> {
  const backups: Backup[] = []
  const incomplete: string[] = []
  const running: string[] = []
  for (const id of await foldersOf(archive.backups)) {
    const folder = join(archive.backups, id)
    const text = await readIfThere(join(folder, MANIFEST_FILE))
    if (text !== undefined) backups.push(parseBackup(text, folder))
    else if (await isRunning(folder)) running.push(id)
    else incomplete.push(id)
  }
  return { backups, incomplete, running }
}

async function foldersOf(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

async function isRunning(folder: string): Promise<boolean> {
  const text = await readIfThere(join(folder, RUNNING_FILE))
  if (text === undefined) return false
  const found: unknown = JSON.parse(text)
  if (typeof found !== 'object' || found === null || !('pid' in found && 'identity' in found)) return false
  return typeof found.pid === 'number' && (await identityOf(found.pid)) === found.identity
}

const TEXTS = [
  'id',
  'started_at',
  'ended_at',
  'florin_version',
  'postgres_version',
  'system_identifier',
  'start_lsn',
  'stop_lsn',
  'first_segment',
  'last_segment',
] as const

function parseBackup(text: string, folder: string): Backup {
  const found = parseObject(text)
  const texts = Object.fromEntries(TEXTS.map((name) => [name, found?.[name]]))
  const known = knownOf(found?.known)
  const after = knownOf(found?.known_after)
  const files = filesOf(found?.files)
  if (
    !isTexts(texts) ||
    typeof found?.major !== 'number' ||
    known === undefined ||
    after === undefined ||
    files === undefined
  ) {
    throw new BackupError(
      'backup_damaged',
      `The file ${MANIFEST_FILE} in ${folder} is damaged; remove that backup.`,
    )
  }
  return { ...texts, major: found.major, known, known_after: after, files }
}

function isTexts(texts: Record<string, unknown>): texts is Record<(typeof TEXTS)[number], string> {
  return TEXTS.every((name) => typeof texts[name] === 'string')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null ? { ...found } : undefined
  } catch {
    // not even JSON: as damaged as a file with the wrong members
    return undefined
  }
}

function knownOf(value: unknown): Known[] | undefined {
  return listOf(value, (one) => {
    const { name, seq, at } = one
    if (typeof name !== 'string' || typeof at !== 'string') return undefined
    return typeof seq === 'string' && /^\d+$/.test(seq) ? { name, seq, at } : undefined
  })
}

function filesOf(value: unknown): CopiedFile[] | undefined {
  return listOf(value, (one) => {
    const { path, size_bytes, sha256 } = one
    if (typeof path !== 'string' || path.split('/').includes('..') || path.startsWith('/')) return undefined
    if (typeof size_bytes !== 'number' || typeof sha256 !== 'string') return undefined
    return { path, size_bytes, sha256 }
  })
}

function listOf<T>(value: unknown, read: (one: Record<string, unknown>) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items = value.flatMap((one: unknown) => {
    const item = typeof one === 'object' && one !== null ? read({ ...one }) : undefined
    return item === undefined ? [] : [item]
  })
  return items.length === value.length ? items : undefined
}

const KNOWN_FILE = 'known.json'

/** Where a running Florin writes down how far its journals have come. */
export function knownFile(archive: Archive): string {
  return join(archive.folder, KNOWN_FILE)
}

/** The latest that is known of every journal, from the running notes and from all backups. */
export async function newestKnown(archive: Archive, catalog: Catalog): Promise<Known[]> {
  const text = await readFile(knownFile(archive), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '[]'
    throw error
  })
  const noted = knownOf(parseList(text)) ?? []
  const newest = new Map<string, Known>()
  for (const known of [...catalog.backups.flatMap((backup) => backup.known_after), ...noted]) {
    const before = newest.get(known.name)
    if (before === undefined || BigInt(before.seq) < BigInt(known.seq)) newest.set(known.name, known)
  }
  return [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // a note, not a record: what the backups know still counts
    return []
  }
}
