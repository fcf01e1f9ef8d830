import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { readPassword } from '../cluster.ts'
import { makeFolder, removeFile, writeSynced, writeWhole } from '../files.ts'
import { identityOf } from '../processes.ts'
import { type Archive, claimArchive, systemIdentifier } from './archive.ts'
import { type Backup, type Known, MANIFEST_FILE, RUNNING_FILE } from './catalog.ts'
import { type CopiedFile, copyCluster, copyFile, hashOf, syncTree } from './copy.ts'
import { BackupError } from './errors.ts'
import { segmentNames } from './wal.ts'

export const PASSWORD_COPY = 'superuser-password'

/** Asks the database one thing. */
export type Ask = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>

export type TakeOptions = {
  archive: Archive
  /** The superuser's connection string of the running server, and the folder of its cluster. */
  adminUrl: string
  location: string
  florinVersion: string
  /** Epoch milliseconds. */
  now: () => number
  /** How far the journals in the database have come. */
  known: (ask: Ask) => Promise<Known[]>
  say: (line: string) => void
}

/**
 * Copies the cluster while it runs, with the log that makes the copy consistent, into `backups/<id>`: a backup is
 * whole in itself; the archive's log is needed only to go on from it. Throws `BackupError`.
 */
export async function takeBackup(options: TakeOptions): Promise<Backup> {
  const { archive, now } = options
  await claimArchive(archive, await systemIdentifier(join(options.location, 'data')))
  const id = new Date(now())
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.(\d+)Z$/, '-$1Z')
  const folder = join(archive.backups, id)
  await mkdir(folder, { mode: 0o700 })
  try {
    await writeSynced(
      join(folder, RUNNING_FILE),
      JSON.stringify({ pid: process.pid, identity: await identityOf(process.pid) }),
      { mode: 0o600 },
    )
    const backup = await query(options.adminUrl, (ask) => copy(options, id, folder, ask))
    await syncTree(folder)
    await writeWhole(join(folder, MANIFEST_FILE), `${JSON.stringify(backup, null, 1)}\n`, { mode: 0o600 })
    await removeFile(join(folder, RUNNING_FILE))
    return backup
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** PostgreSQL ties a backup, and what keeps its log from being reused, to one session: all goes when that ends. */
export async function query<T>(adminUrl: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'florin backup' })
  let lost: Error | undefined
  client.on('error', (error) => {
    lost = error
  })
  await client.connect()
  try {
    const result = await work(async (text, values) => (await client.query(text, values)).rows)
    if (lost !== undefined) throw lost
    return result
  } finally {
    await client.end()
  }
}

async function copy(options: TakeOptions, id: string, folder: string, ask: Ask): Promise<Backup> {
  const data = join(options.location, 'data')
  const server = await describe(ask)
  const started_at = new Date(options.now()).toISOString()
  // the log from here on stays until the session ends
  await ask('SELECT pg_create_physical_replication_slot($1, true, true)', [`florin_backup_${process.pid}`])
  options.say('Waiting for a checkpoint …')
  const start = textAt(
    await ask('SELECT lsn, pg_walfile_name(lsn) AS file FROM pg_backup_start($1, true) AS lsn', [id]),
  )
  const to = join(folder, 'data')
  await makeFolder(to, 0o700, undefined)
  const files = await copyCluster(data, to, progress(options.say))
  const known = await options.known(ask)
  const stop = textAt(
    await ask('SELECT lsn, labelfile, spcmapfile, pg_walfile_name(lsn) AS file FROM pg_backup_stop(false)'),
  )
  const known_after = await options.known(ask)
  await writeSynced(join(to, 'backup_label'), stop.labelfile ?? '', { mode: 0o600 })
  const first = start.file ?? ''
  const last = stop.file ?? ''
  for (const name of segmentNames(first, last)) files.push(await copyFile(data, to, `pg_wal/${name}`))
  files.push(await inManifest(to, 'backup_label'))
  await writeSynced(join(folder, PASSWORD_COPY), `${await readPassword(options.location)}\n`, { mode: 0o600 })
  return {
    id,
    started_at,
    ended_at: new Date(options.now()).toISOString(),
    florin_version: options.florinVersion,
    postgres_version: server.version,
    major: server.major,
    system_identifier: await systemIdentifier(data),
    start_lsn: start.lsn ?? '',
    stop_lsn: stop.lsn ?? '',
    first_segment: first,
    last_segment: last,
    known,
    known_after,
    files,
  }
}

async function describe(ask: Ask): Promise<{ version: string; major: number }> {
  const found = textAt(
    await ask(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
         pg_is_in_recovery()::text AS recovering, current_setting('full_page_writes') AS whole,
         (SELECT count(*) FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global'))::text AS others`,
    ),
  )
  if (found.others !== '0') {
    throw new BackupError(
      'not_supported',
      'This database has tablespaces of its own, which `florin backup` leaves out; use pg_basebackup.',
    )
  }
  if (found.recovering === 'true') {
    throw new BackupError('not_supported', 'This database is being recovered; back it up when it is back.')
  }
  return { version: found.version ?? '', major: Math.floor(Number(found.number) / 10_000) }
}

function textAt(rows: readonly Record<string, unknown>[]): Record<string, string> {
  const entries = Object.entries(rows[0] ?? {})
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
  )
}

async function inManifest(folder: string, path: string): Promise<CopiedFile> {
  const sha256 = await hashOf(join(folder, path))
  if (sha256 === undefined) throw new Error(`${path} was written and is gone`)
  return { path, size_bytes: (await stat(join(folder, path))).size, sha256 }
}

const TOLD_EVERY_BYTES = 256 * 1024 * 1024

function progress(say: (line: string) => void): (bytes: number) => void {
  let copied = 0
  let told = 0
  return (bytes) => {
    copied += bytes
    if (copied - told < TOLD_EVERY_BYTES) return
    told = copied
    say(`Copied ${Math.round(copied / 1024 / 1024)} MiB …`)
  }
}
