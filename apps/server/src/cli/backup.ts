import { systemClock } from '@florin/kernel'
import { findRunning, startEmbedded } from '@florin/postgres'
import {
  type Archive,
  archiveAt,
  type BackupReport,
  checkBackups,
  pruneBackups,
  reachOf,
  readCatalog,
  takeBackup,
  walFiles,
} from '@florin/postgres/backup'
import { knownLedgers } from '../archive.ts'
import type { Config } from '../config.ts'
import { readVersion } from '../version.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { exitCodes, unavailable, usage } from './failure.ts'
import { write } from './output.ts'
import { render } from './render.ts'

const help = `Usage: florin backup [FOLDER]              copy the database while it runs, into FOLDER/backups
       florin backup list [FOLDER]
       florin backup verify [FOLDER]       read every byte, and look for gaps in the archived log
       florin backup prune [FOLDER] --keep N

FOLDER is FLORIN_ARCHIVE unless given. With FLORIN_ARCHIVE set for \`florin serve\`, the write-ahead log is kept there,
too, and \`florin restore\` goes to any point in time after a backup.
`

interface Asked {
  readonly archive: Archive
  readonly keep: number | undefined
  readonly json: boolean
}

/** `florin backup …`: of the embedded PostgreSQL. Answers the exit code. */
export async function backup(config: Config, argv: readonly string[]): Promise<number> {
  const verbs = { list, verify, prune }
  const verb = argv[0] === 'list' || argv[0] === 'verify' || argv[0] === 'prune' ? argv[0] : undefined
  const reader = new FlagReader(verb === undefined ? argv : argv.slice(1))
  let keep: number | undefined
  const flags = readFlags(reader, (flag) => {
    if (flag.name !== 'keep' || verb !== 'prune') return false
    keep = keepOf(reader.value(flag))
    return true
  })
  if (flags.help) {
    await write(help)
    return exitCodes.done
  }
  const [folder, ...more] = reader.positional
  refuseExtra(more)
  const asked = { archive: archiveOf(config, folder), keep, json: flags.output === 'json' }
  return verb === undefined ? take(config, asked) : verbs[verb](asked)
}

/** The archive that is named, or the one that this Florin archives to. */
export function archiveOf(config: Config, folder: string | undefined): Archive {
  if (config.databaseUrl !== undefined) {
    throw usage(
      'DATABASE_URL leads to a PostgreSQL of your own: back it up with its own tools, such as pg_basebackup or pgBackRest (docs/operating.md).',
    )
  }
  const path = folder ?? config.archive
  if (path === undefined) throw usage('Which folder? Name one, or set FLORIN_ARCHIVE.')
  return archiveAt(path)
}

function keepOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw usage(`--keep must be a whole number from 1; it is "${text}".`)
}

async function take(config: Config, { archive, json }: Asked): Promise<number> {
  const { clusterUrl, location, stop } = await openCluster(config)
  try {
    const made = await takeBackup({
      archive,
      adminUrl: clusterUrl,
      location,
      florinVersion: readVersion(),
      now: () => systemClock.now(),
      known: knownLedgers,
      say: progress,
    })
    const { id, ended_at, known, files } = made
    const answer = { backup: id, ended_at, bytes: bytesOf(files), ledgers: known }
    await show(answer, json)
  } finally {
    await stop()
  }
  return exitCodes.done
}

/** The cluster of the Florin that runs on the data folder, or, where none runs, started for this. */
async function openCluster(config: Config): Promise<{
  clusterUrl: string
  location: string
  stop: () => Promise<void>
}> {
  const running = await findRunning(config.dataDir)
  if (running === undefined) {
    const server = await startEmbedded({
      dataDir: config.dataDir,
      onProgress: progress,
      ...(config.archive === undefined ? {} : { archive: config.archive }),
    })
    return { clusterUrl: server.adminUrl, location: server.location, stop: () => server.stop() }
  }
  if (running.adminUrl === undefined || running.location === undefined) {
    throw unavailable(
      `Florin (process ${running.pid}) is starting, or this user may not read its data; try again as its user.`,
    )
  }
  return { clusterUrl: running.adminUrl, location: running.location, stop: async () => undefined }
}

async function list({ archive, json }: Asked): Promise<number> {
  const { backups, incomplete, running } = await readCatalog(archive)
  const names = await walFiles(archive)
  const items = backups.map((one) => {
    const { missing, reaches } = reachOf(names, one)
    const ledgers = one.known.map(({ name, seq }) => `${name}:${seq}`).join(' ')
    const { id, ended_at, stop_lsn, florin_version: florin, postgres_version: postgres } = one
    return {
      backup: id,
      ended_at,
      stop_lsn,
      florin,
      postgres,
      ledgers,
      log_reaches: reaches,
      gaps: missing.length,
    }
  })
  await show({ items, next: null }, json)
  for (const id of incomplete)
    process.stderr.write(`${id} was cut short; \`florin backup prune\` removes it.\n`)
  for (const id of running) process.stderr.write(`${id} is being made.\n`)
  return exitCodes.done
}

async function verify({ archive, json }: Asked): Promise<number> {
  const reports = await checkBackups(archive, progress)
  const ok = reports.length > 0 && reports.every(isWhole)
  const backups = reports.map(({ backup: one, damaged, missing, reaches }) => ({
    backup: one.id,
    files: one.files.length,
    bytes: bytesOf(one.files),
    damaged,
    log_missing: missing,
    log_reaches: reaches,
  }))
  await show({ ok, backups }, json)
  if (reports.length === 0) process.stderr.write(`There is no complete backup in ${archive.folder}.\n`)
  return ok ? exitCodes.done : exitCodes.refused
}

function isWhole({ damaged, missing }: BackupReport): boolean {
  return damaged.length === 0 && missing.length === 0
}

async function prune({ archive, keep, json }: Asked): Promise<number> {
  if (keep === undefined) throw usage('How many are to be kept? florin backup prune --keep N')
  const { backups, segments } = await pruneBackups(archive, keep)
  await show({ removed: backups, log_files_removed: segments }, json)
  return exitCodes.done
}

function bytesOf(files: readonly { size_bytes: number }[]): number {
  return files.reduce((sum, file) => sum + file.size_bytes, 0)
}

export async function show(answer: unknown, json: boolean): Promise<void> {
  await write(json ? `${JSON.stringify(answer)}\n` : render(answer))
}

export function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${line}\n`)
}
