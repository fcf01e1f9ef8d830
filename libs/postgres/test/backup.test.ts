import { appendFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type Ask,
  archiveAt,
  checkBackups,
  type Known,
  pruneBackups,
  readCatalog,
  restoreBackup,
  type Target,
  takeBackup,
  walFiles,
} from '../src/backup/index.ts'
import { type EmbeddedServer, startEmbedded } from '../src/index.ts'
import { processesOn, signal } from '../src/processes.ts'
import { eventually, onLinux, query, tempFolder } from './support.ts'

const major = 18
const quiet = (): void => undefined

/** One journal, in one table. */
async function known(ask: Ask): Promise<Known[]> {
  const [row] = await ask(`SELECT max(n)::text AS seq, max(at)::text AS at FROM facts`)
  return row?.seq == null ? [] : [{ name: 'facts', seq: String(row.seq), at: String(row.at) }]
}

async function startOn(folder: string, archive?: string): Promise<EmbeddedServer> {
  return startEmbedded({
    dataDir: join(folder, '.florin'),
    settings: { shared_buffers: '16MB', max_wal_size: '64MB' },
    ...(archive === undefined ? {} : { archive }),
  })
}

async function writeFacts(server: EmbeddedServer, from: number, to: number): Promise<void> {
  await query(
    server.adminUrl,
    'CREATE TABLE IF NOT EXISTS facts (n int PRIMARY KEY, at timestamptz DEFAULT now())',
  )
  for (let n = from; n <= to; n++) await query(server.adminUrl, `INSERT INTO facts VALUES (${n})`)
}

/** Everything written so far is in the archive. */
async function archived(server: EmbeddedServer): Promise<void> {
  const [name] = await query(server.adminUrl, "SELECT pg_walfile_name(pg_create_restore_point('archived'))")
  await query(server.adminUrl, 'SELECT pg_switch_wal()')
  await eventually(async () => {
    const [last] = await query(server.adminUrl, 'SELECT last_archived_wal FROM pg_stat_archiver')
    return String(last) >= String(name)
  })
}

function take(server: EmbeddedServer, archive: string) {
  const { adminUrl, location } = server
  return takeBackup({
    archive: archiveAt(archive),
    adminUrl,
    location,
    florinVersion: 'test',
    now: Date.now,
    known,
    say: quiet,
  })
}

function restore(folder: string, archive: string, target: Target = { kind: 'latest' }, more = {}) {
  const dataDir = join(folder, '.florin')
  return restoreBackup({ archive: archiveAt(archive), dataDir, target, known, major, say: quiet, ...more })
}

async function factsOf(folder: string): Promise<unknown[]> {
  const server = await startOn(folder)
  const facts = await query(server.adminUrl, 'SELECT n FROM facts ORDER BY n')
  await server.stop()
  return facts
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

test.runIf(onLinux)(
  'backup, kill -9, disk lost: restored to the end, a time, a record, a place',
  async () => {
    const [origin, archive] = [await tempFolder(), join(await tempFolder(), 'archive')]
    const server = await startOn(origin, archive)
    await writeFacts(server, 1, 10)
    const backup = await take(server, archive)
    expect(backup.known_after).toMatchObject([{ name: 'facts', seq: '10' }])
    await writeFacts(server, 11, 20)
    const [time, lsn] = await query(
      server.adminUrl,
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), pg_current_wal_lsn()`,
    )
    await writeFacts(server, 21, 30)
    await archived(server)
    // it comes back by itself, so nobody waits for it to be gone
    for (const pid of await processesOn(join(server.location, 'data'))) signal(pid, 'SIGKILL')
    await server.stop()
    await rm(join(origin, '.florin'), { recursive: true })

    const find = async (ask: Ask) => {
      const [row] = await ask('SELECT xmin::text AS xid FROM facts WHERE n = 15')
      return row === undefined ? undefined : String(row.xid)
    }
    const targets: [Target, number][] = [
      [{ kind: 'latest' }, 30],
      [{ kind: 'time', time: String(time) }, 20],
      [{ kind: 'record', journal: 'facts', seq: 15n, find }, 15],
      // where this place is, the next record has not ended
      [{ kind: 'lsn', lsn: String(lsn) }, 20],
    ]
    for (const [target, last] of targets) {
      const folder = await tempFolder()
      const restored = await restore(folder, archive, target)
      expect([target.kind, restored.known]).toMatchObject([target.kind, [{ seq: String(last) }]])
      expect(await factsOf(folder)).toEqual(upTo(last))
    }
    const gone = restore(await tempFolder(), archive, { kind: 'time', time: '2099-01-01T00:00:00Z' })
    await expect(gone).rejects.toMatchObject({ code: 'target_not_reached' })
    const before = restore(await tempFolder(), archive, { kind: 'time', time: '2001-01-01T00:00:00Z' })
    await expect(before).rejects.toMatchObject({ code: 'backup_not_found' })
  },
)

test.runIf(onLinux)('dangerous things are refused, each with its reason', async () => {
  const [origin, archive] = [await tempFolder(), join(await tempFolder(), "arch'ive 100%")]
  const server = await startOn(origin, archive)
  await writeFacts(server, 1, 3)
  await take(server, archive)
  await expect(restore(origin, archive)).rejects.toMatchObject({ code: 'folder_in_use' })
  for (const n of [4, 5, 6]) {
    await writeFacts(server, n, n)
    await archived(server)
  }
  await server.stop()
  await expect(restore(origin, archive)).rejects.toMatchObject({ code: 'target_not_empty' })
  await expect(restore(await tempFolder(), archive, undefined, { major: 17 })).rejects.toMatchObject({
    code: 'wrong_major',
  })

  const other = await tempFolder()
  await expect(startOn(other, archive)).rejects.toMatchObject({ code: 'archive_foreign' })

  const segments = (await walFiles(archiveAt(archive))).filter((name) => /^[0-9A-F]{24}$/.test(name))
  const lost = segments.at(-3) ?? ''
  await rm(join(archive, 'wal', lost))
  await expect(restore(await tempFolder(), archive)).rejects.toMatchObject({
    code: 'archive_gap',
    message: expect.stringContaining(lost),
  })
  expect((await checkBackups(archiveAt(archive), quiet))[0]).toMatchObject({ missing: [lost], damaged: [] })
  const folder = await tempFolder()
  await restore(folder, archive, undefined, { despiteGaps: true })
  expect((await factsOf(folder)).length).toBeLessThan(6)

  const [{ id } = { id: '' }] = (await readCatalog(archiveAt(archive))).backups
  await appendFile(join(archive, 'backups', id, 'data/PG_VERSION'), ' ')
  expect((await checkBackups(archiveAt(archive), quiet))[0]?.damaged).toEqual(['PG_VERSION'])
  await expect(restore(await tempFolder(), archive, undefined, { despiteGaps: true })).rejects.toMatchObject({
    code: 'backup_damaged',
  })
  await rm(join(archive, 'backups', id, 'backup.json'))
  expect(await readCatalog(archiveAt(archive))).toMatchObject({ backups: [], incomplete: [id] })
  await expect(restore(await tempFolder(), archive)).rejects.toMatchObject({ code: 'backup_not_found' })
})

test.runIf(onLinux)(
  'archiving goes on after a restore, on the new timeline, and old backups are pruned',
  async () => {
    const [first, second, third] = [await tempFolder(), await tempFolder(), await tempFolder()]
    const archive = join(await tempFolder(), 'archive')
    const server = await startOn(first, archive)
    await writeFacts(server, 1, 5)
    await take(server, archive)
    await writeFacts(server, 6, 10)
    await server.stop()

    await restore(second, archive)
    const again = await startOn(second, archive)
    await writeFacts(again, 11, 15)
    await archived(again)
    await again.stop()
    // from the backup of before, over the restore, to what was written since
    await restore(third, archive)
    expect(await factsOf(third)).toEqual(upTo(15))

    const last = await startOn(second, archive)
    const newer = await take(last, archive)
    await archived(last)
    await last.stop()
    const names = await walFiles(archiveAt(archive))
    const pruned = await pruneBackups(archiveAt(archive), 1)
    expect(pruned.backups).toHaveLength(1)
    expect(pruned.segments).toBeGreaterThan(0)
    expect(pruned.segments).toBe(names.length - (await walFiles(archiveAt(archive))).length)
    expect((await readCatalog(archiveAt(archive))).backups.map((one) => one.id)).toEqual([newer.id])
    const fourth = await tempFolder()
    await restore(fourth, archive)
    expect(await factsOf(fourth)).toEqual(upTo(15))
    expect((await pruneBackups(archiveAt(archive), 1)).segments).toBe(0)
    expect(await readdir(join(archive, 'backups'))).toEqual([newer.id])
  },
)

test.runIf(onLinux)('the archive takes no other content under a name it has', async () => {
  const [origin, archive] = [await tempFolder(), join(await tempFolder(), 'archive')]
  const server = await startOn(origin, archive)
  await writeFacts(server, 1, 1)
  const [name] = await query(server.adminUrl, 'SELECT pg_walfile_name(pg_current_wal_lsn())')
  const path = join(archive, 'wal', String(name))
  await writeFile(path, 'another', { mode: 0o644 })
  await query(server.adminUrl, 'SELECT pg_switch_wal()')
  const failures = 'SELECT failed_count::int FROM pg_stat_archiver'
  await eventually(async () => Number((await query(server.adminUrl, failures))[0]) > 0)
  await rm(path)
  await eventually(async () => (await walFiles(archiveAt(archive))).includes(String(name)))
  await server.stop()
})
