import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFile, syncFolder } from '../files.ts'
import { type Archive, walFiles } from './archive.ts'
import { type Backup, readCatalog } from './catalog.ts'
import { hashOf } from './copy.ts'
import { coverage, segmentsBefore } from './wal.ts'

export type BackupReport = {
  backup: Backup
  /** Files that are missing or differ from what was copied. */
  damaged: readonly string[]
  /** Segments of the archived log that are missing between this backup and the end of the archive. */
  missing: readonly string[]
  /** The last archived segment that this backup can go on to without a gap; undefined: only its own end. */
  reaches: string | undefined
}

/** Reads every byte of every backup and compares it with what was copied; looks for gaps in the archived log. */
export async function checkBackups(archive: Archive, say: (line: string) => void): Promise<BackupReport[]> {
  const { backups } = await readCatalog(archive)
  const names = await walFiles(archive)
  const reports: BackupReport[] = []
  for (const backup of backups) {
    say(`Checking ${backup.id} …`)
    const damaged = await damagedFiles(archive, backup)
    reports.push({ backup, damaged, ...reachOf(names, backup) })
  }
  return reports
}

export async function damagedFiles(archive: Archive, backup: Backup): Promise<string[]> {
  const data = join(archive.backups, backup.id, 'data')
  const damaged: string[] = []
  for (const file of backup.files) {
    if ((await hashOf(join(data, file.path))) !== file.sha256) damaged.push(file.path)
  }
  return damaged
}

/** How far the archived log leads on from a backup, which brings its own log up to its end. */
export function reachOf(
  names: readonly string[],
  backup: Pick<Backup, 'last_segment'>,
): Pick<BackupReport, 'missing' | 'reaches'> {
  return coverage([...names, backup.last_segment], backup.last_segment)
}

export type Pruned = { backups: readonly string[]; segments: number }

/** Keeps the newest `keep` backups (at least one) and the log from the oldest of them on; removes the rest. */
export async function pruneBackups(archive: Archive, keep: number): Promise<Pruned> {
  if (!Number.isInteger(keep) || keep < 1) throw new Error('At least one backup is kept')
  const { backups, incomplete } = await readCatalog(archive)
  const kept = backups.slice(-keep)
  const [oldest] = kept
  if (oldest === undefined) return { backups: [], segments: 0 }
  const gone = [...backups.slice(0, -keep).map((backup) => backup.id), ...incomplete]
  for (const id of gone) await rm(join(archive.backups, id), { recursive: true })
  // a backup under way began after those that are kept, so it needs nothing older either
  const old = segmentsBefore(await walFiles(archive), oldest.first_segment)
  for (const name of old) await removeFile(join(archive.wal, name))
  if (old.length > 0) await syncFolder(archive.wal)
  return { backups: gone, segments: old.length }
}
