import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCode, type Logger, type Worker } from '@florin/kernel'
import { type Ask, archiveAt, type Known, knownFile, type Restored } from '@florin/postgres/backup'

/** How far every ledger's journal comes; none in a database that was never migrated. */
export async function knownLedgers(ask: Ask): Promise<Known[]> {
  const [there] = await ask(`SELECT to_regclass('ledger.heads') IS NOT NULL AS there`)
  if (there?.there !== true) return []
  const rows = await ask(
    `SELECT l.name, h.seq::text AS seq, to_char(h.booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
     FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id WHERE l.id > 0 ORDER BY l.name`,
  )
  return rows.map((row) => ({ name: String(row.name), seq: String(row.seq), at: String(row.at) }))
}

/**
 * The number of the transaction that wrote a record. A row names the subtransaction that wrote it, which is no place to
 * stop at, so where a command ran inside one its audit record is asked, which knows the whole transaction.
 */
export async function transactionOf(ask: Ask, ledger: string, seq: bigint): Promise<string | undefined> {
  const [row] = await ask(
    `SELECT coalesce((SELECT (a.xid::text::numeric % 4294967296)::text FROM kernel.audit a WHERE a.xmin = j.xmin LIMIT 1),
       j.xmin::text) AS xid
     FROM ledger.journal j JOIN ledger.ledgers l ON l.id = j.ledger_id WHERE l.name = $1 AND j.seq = $2`,
    [ledger, String(seq)],
  )
  return row === undefined ? undefined : String(row.xid)
}

/** Notes beside the archive how far the journals have come, and says so when PostgreSQL can't archive. */
export function archiveWatch(folder: string, log: Logger): Worker {
  const archive = archiveAt(folder)
  let noted = ''
  return {
    name: 'server.archive.watch',
    role: 'worker',
    everyMs: 5_000,
    async run({ view }) {
      const ask: Ask = (text, values) => view.db.query(text, values)
      const [state] = await ask(
        `SELECT coalesce(last_failed_time > coalesce(last_archived_time, 'epoch'), false) AS failing, last_failed_wal AS segment
         FROM pg_stat_archiver`,
      )
      if (state?.failing === true) {
        const { segment } = state
        log.warn({ segment, archive: archive.wal }, 'the write-ahead log is not being archived')
      }
      const known = JSON.stringify(await knownLedgers(ask))
      if (known !== noted) await replaceFile(knownFile(archive), `${known}\n`)
      noted = known
      return 0
    },
  }
}

function restoredFile(dataDir: string): string {
  return resolve(dataDir, 'restored.json')
}

/** Kept in the data folder: `florin verify` tells of it. */
export async function noteRestore(dataDir: string, restored: Restored, target: string): Promise<void> {
  const { known, newest, backup } = restored
  const note = { backup: backup.id, target, ledgers: compared(known, newest) }
  await replaceFile(restoredFile(dataDir), `${JSON.stringify(note)}\n`)
}

/** The note of the restore that made this data folder, if one did. */
export async function readRestore(dataDir: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(restoredFile(dataDir), 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export interface Compared {
  readonly ledger: string
  readonly restored_to: string
  readonly booked_at: string
  /** The furthest that the ledger was known to come before. */
  readonly known: string
  readonly known_at: string
  /** Records that were known and are not in it. */
  readonly missing: string
}

/** What a restore brought back, beside the furthest that was known before. */
export function compared(known: readonly Known[], newest: readonly Known[]): Compared[] {
  const names = [...new Set([...known, ...newest].map((one) => one.name))].sort()
  return names.map((name) => {
    const restored = known.find((one) => one.name === name)
    const latest = newest.find((one) => one.name === name)
    const missing = BigInt(latest?.seq ?? 0) - BigInt(restored?.seq ?? 0)
    return {
      ledger: name,
      restored_to: restored?.seq ?? '0',
      booked_at: restored?.at ?? '',
      known: latest?.seq ?? '',
      known_at: latest?.at ?? '',
      missing: String(missing > 0n ? missing : 0n),
    }
  })
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}
