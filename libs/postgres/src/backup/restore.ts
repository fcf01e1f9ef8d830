import { appendFile, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PASSWORD_FILE } from '../cluster.ts'
import { errorCode, folderError, StartError } from '../errors.ts'
import { makeFolder, readIfThere, syncFolder, writeWhole } from '../files.ts'
import { type Location, locate, openDataFolder, ROOT_HOME } from '../location.ts'
import { holdFolder } from '../lock.ts'
import { quote } from '../settings.ts'
import { startEmbedded } from '../start.ts'
import { type Archive, shellWord, walFiles } from './archive.ts'
import { type Backup, type Known, newestKnown, readCatalog } from './catalog.ts'
import { reachOf } from './check.ts'
import { copyFile, syncTree } from './copy.ts'
import { BackupError } from './errors.ts'
import { type Ask, PASSWORD_COPY, query } from './take.ts'
import { lsnOf } from './wal.ts'

/** What to restore: all there is, or everything committed up to a place. */
export type Target =
  | { kind: 'latest' }
  /** Everything committed until then, by PostgreSQL's clock; ISO 8601 with its zone. */
  | { kind: 'time'; time: string }
  | { kind: 'lsn'; lsn: string }
  /** The transaction that wrote a journal's record and everything committed before it. */
  | {
      kind: 'record'
      journal: string
      seq: bigint
      /** The number of the transaction that wrote it, or undefined where there is no such record. */
      find: (ask: Ask) => Promise<string | undefined>
    }

export type RestoreOptions = {
  archive: Archive
  /** Must hold no database yet. */
  dataDir: string
  target: Target
  /** The newest that fits the target unless given. */
  backup?: string
  /** Goes to the gap where the archived log has one, instead of refusing. */
  despiteGaps?: boolean
  known: (ask: Ask) => Promise<Known[]>
  /** The PostgreSQL that will run it. */
  major: number
  say: (line: string) => void
  rootHome?: string
}

export type Restored = {
  backup: Backup
  /** How far the journals come now. */
  known: readonly Known[]
  /** The furthest that they had ever been known to come. */
  newest: readonly Known[]
}

const RECOVERY_PATIENCE_MS = 24 * 60 * 60_000

/** Restores into an empty data folder and recovers up to the target; leaves the server stopped. Throws `BackupError`. */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const catalog = await readCatalog(options.archive)
  const backup = chooseBackup(options, catalog.backups)
  refuseOtherMajor(backup, options.major)
  await refuseGaps(options, backup)
  if (options.target.kind === 'record') {
    const { find, journal, seq } = options.target
    options.say(`Looking for the transaction that wrote ${journal}:${seq}; everything is replayed twice …`)
    const xid = await recover(options, backup, [], find)
    await emptyAgain(options)
    if (xid === undefined) {
      throw new BackupError(
        'target_not_reached',
        `The archive holds no record ${journal}:${seq}; \`florin backup list\` says how far it comes.`,
      )
    }
    const known = await recover(options, backup, [['recovery_target_xid', xid]], options.known)
    return { backup, known, newest: await newestKnown(options.archive, catalog) }
  }
  const known = await recover(options, backup, targetSettings(options.target), options.known)
  return { backup, known, newest: await newestKnown(options.archive, catalog) }
}

function targetSettings(target: Exclude<Target, { kind: 'record' }>): [string, string][] {
  // read before PostgreSQL knows the names of time zones, so not with a Z
  if (target.kind === 'time')
    return [['recovery_target_time', target.time.replace('T', ' ').replace(/Z$/, '+00')]]
  return target.kind === 'lsn' ? [['recovery_target_lsn', target.lsn]] : []
}

function chooseBackup(
  { archive, target, backup: wanted }: RestoreOptions,
  backups: readonly Backup[],
): Backup {
  if (wanted !== undefined) {
    const found = backups.find((one) => one.id === wanted)
    if (found !== undefined && endsBefore(found, target)) return found
    throw new BackupError(
      'backup_not_found',
      found === undefined
        ? `${archive.folder} holds no complete backup ${wanted}; \`florin backup list\` tells those there are.`
        : `The backup ${wanted} ends at ${found.ended_at}, later than asked for; choose an earlier one.`,
    )
  }
  const found = backups.findLast((one) => endsBefore(one, target))
  if (found !== undefined) return found
  const [oldest] = backups
  throw new BackupError(
    'backup_not_found',
    oldest === undefined
      ? `${archive.folder} holds no complete backup; nothing can be restored from it.`
      : `The oldest backup, ${oldest.id}, ends at ${oldest.ended_at} and ${oldest.stop_lsn}, later than asked for; what was before is gone.`,
  )
}

/** Recovery only goes forward: the backup must end before the target. */
function endsBefore(backup: Backup, target: Target): boolean {
  switch (target.kind) {
    case 'latest':
      return true
    case 'time':
      return Date.parse(backup.ended_at) <= Date.parse(target.time)
    case 'lsn':
      return (lsnOf(backup.stop_lsn) ?? 0n) <= (lsnOf(target.lsn) ?? 0n)
    case 'record': {
      const known = backup.known_after.find((one) => one.name === target.journal)
      return known === undefined || BigInt(known.seq) < target.seq
    }
  }
}

function refuseOtherMajor(backup: Backup, major: number): void {
  if (backup.major === major) return
  throw new BackupError(
    'wrong_major',
    `The backup ${backup.id} is of PostgreSQL ${backup.major} and this Florin brings PostgreSQL ${major}; restore it with a Florin of its time (${backup.florin_version}).`,
  )
}

/** PostgreSQL would stop at a gap without a word, as if that were the end. */
async function refuseGaps({ archive, target, despiteGaps }: RestoreOptions, backup: Backup): Promise<void> {
  if (target.kind !== 'latest' || despiteGaps === true) return
  const { missing, reaches } = reachOf(await walFiles(archive), backup)
  const [first] = missing
  if (first === undefined) return
  throw new BackupError(
    'archive_gap',
    `The archive lacks ${first}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}, and has later ones: everything after ${reaches ?? 'the backup'} would be missing; put it back, restore a later backup, or go only so far with --despite-gaps.`,
  )
}

/** Lays the backup out, replays the log up to the target, asks one thing of the result, and stops. */
async function recover<T>(
  options: RestoreOptions,
  backup: Backup,
  target: readonly [name: string, value: string][],
  ask: (ask: Ask) => Promise<T>,
): Promise<T> {
  await layOut(options, backup, target)
  const server = await startEmbedded({
    dataDir: options.dataDir,
    onProgress: options.say,
    // the archive gets nothing of this life before somebody has looked at it
    settings: { archive_mode: 'off' },
    recoverTimeoutMs: RECOVERY_PATIENCE_MS,
    ...(options.rootHome === undefined ? {} : { rootHome: options.rootHome }),
  }).catch((error: unknown) => {
    throw explain(error, options)
  })
  try {
    return await query(server.adminUrl, async (run) => {
      for (const [name] of [...RECOVERY_SETTINGS, ...target]) await run(`ALTER SYSTEM RESET ${name}`)
      return await ask(run)
    })
  } finally {
    await server.stop()
  }
}

const RECOVERY_SETTINGS: readonly [name: string, value: string][] = [
  // ready then means recovered
  ['hot_standby', 'off'],
  ['restore_command', ''],
  ['recovery_target_action', 'promote'],
]

async function layOut(
  options: RestoreOptions,
  backup: Backup,
  target: readonly [name: string, value: string][],
): Promise<void> {
  const folder = await openDataFolder(options.dataDir)
  const hold = await holdFolder(folder)
  try {
    const location = await emptyLocation(folder, options)
    options.say(`Copying the backup ${backup.id} …`)
    await copyBack(options.archive, backup, location, target)
  } finally {
    await hold.release()
  }
}

async function emptyLocation(folder: string, options: RestoreOptions): Promise<Location> {
  if ((await readIfThere(join(folder, 'postgres-location'))) !== undefined) throw notEmpty(folder)
  const names = await readdir(join(folder, 'postgres')).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  })
  if (names.some((name) => !name.startsWith(DRAFT))) throw notEmpty(folder)
  return await locate(folder, options.rootHome ?? ROOT_HOME, options.say)
}

function notEmpty(folder: string): BackupError {
  return new BackupError(
    'target_not_empty',
    `There is a database in ${folder} already; restore into a new folder (FLORIN_DATA) and compare before you remove anything.`,
  )
}

const DRAFT = 'data-restore.'

/** Built beside its place and renamed: a restore that was cut short leaves no half database. */
async function copyBack(
  archive: Archive,
  backup: Backup,
  location: Location,
  target: readonly [name: string, value: string][],
): Promise<void> {
  const { owner } = location
  const draft = join(location.folder, `${DRAFT}${backup.id}`)
  await rm(draft, { recursive: true, force: true })
  await makeFolder(draft, 0o700, owner)
  const from = join(archive.backups, backup.id, 'data')
  for (const path of await foldersOf(from, '')) await makeFolder(join(draft, path), 0o700, owner)
  for (const file of backup.files) {
    const copied = await copyFile(from, draft, file.path, owner).catch((error: unknown) => {
      throw errorCode(error) === 'ENOENT' ? damaged(backup, file.path) : folderError(error, draft)
    })
    if (copied.sha256 !== file.sha256) throw damaged(backup, file.path)
  }
  await appendFile(join(draft, 'postgresql.auto.conf'), recoveryConfig(archive, target))
  await writeWhole(join(draft, 'recovery.signal'), '', { mode: 0o600, owner })
  const password = await readIfThere(join(archive.backups, backup.id, PASSWORD_COPY))
  if (password === undefined) throw damaged(backup, PASSWORD_COPY)
  await writeWhole(join(location.folder, PASSWORD_FILE), password, { mode: 0o600, owner })
  await syncTree(draft)
  await rename(draft, location.data)
  await syncFolder(dirname(location.data))
}

async function foldersOf(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true })
  const paths: string[] = []
  for (const entry of entries.filter((one) => one.isDirectory())) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    paths.push(path, ...(await foldersOf(folder, path)))
  }
  return paths
}

/** Kept in the cluster, so that a restore whose Florin was killed goes on where it stopped at the next start. */
function recoveryConfig(archive: Archive, target: readonly [name: string, value: string][]): string {
  const command = `cp ${shellWord(archive.wal)}/"%f" "%p"`.replaceAll(/%(?![fp]")/g, '%%')
  const settings = RECOVERY_SETTINGS.map(([name, value]): [string, string] => [
    name,
    name === 'restore_command' ? command : value,
  ])
  return [...settings, ...target].map(([name, value]) => `${name} = ${quote(value)}\n`).join('')
}

function damaged(backup: Backup, path: string): BackupError {
  return new BackupError(
    'backup_damaged',
    `The backup ${backup.id} is damaged (${path}); restore an earlier one with --backup.`,
  )
}

/** Before the second run of a search: what the first one made is ours to remove. */
async function emptyAgain(options: RestoreOptions): Promise<void> {
  const folder = await openDataFolder(options.dataDir)
  const hold = await holdFolder(folder)
  try {
    const location = await locate(folder, options.rootHome ?? ROOT_HOME, options.say)
    await rm(location.folder, { recursive: true })
    await rm(join(folder, 'postgres-location'), { force: true })
    if (location.folder.startsWith(folder)) await mkdir(location.folder, { mode: 0o700 })
  } finally {
    await hold.release()
  }
}

function explain(error: unknown, { target }: RestoreOptions): unknown {
  if (
    !(error instanceof StartError) ||
    !/recovery ended before configured recovery target/.test(error.message)
  )
    return error
  const asked = target.kind === 'time' ? `nothing was committed after ${target.time}` : 'it ends before'
  return new BackupError(
    'target_not_reached',
    `The archived log does not come as far as asked for (${asked}); restore all there is without --to-…, into another folder.`,
    { cause: error },
  )
}
