import type { Db } from '@florin/kernel'
import type { EngineRecord } from '../engine/port.ts'
import { loadPostings } from '../posting/recorded.ts'
import type { RecordKind } from './journal.ts'

interface Row {
  seq: bigint
  id: string
  kind: RecordKind
  booked_at: Date
  value_time: Date
  refusal: string | null
  subject: string | null
}

/** Records with their postings, by the primary key: a page reads a page. */
export async function journalAfter(
  db: Db,
  ledgerId: bigint,
  after: bigint,
  limit: number,
): Promise<EngineRecord[]> {
  const rows = await db.query<Row>(
    `SELECT seq, id, kind, booked_at, value_time, refusal ->> 'code' AS refusal, subject
     FROM ledger.journal WHERE ledger_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [ledgerId, after, limit],
  )
  const postings = await loadPostings(
    db,
    rows.flatMap((row) => (row.refusal === null ? [row.id] : [])),
  )
  return rows.map((row) => ({
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    bookedAt: row.booked_at.getTime(),
    valueTime: row.value_time.getTime(),
    refusal: row.refusal ?? undefined,
    subject: row.subject ?? undefined,
    postings: (postings.get(row.id) ?? []).map(({ debit, credit, asset, amount }) => ({
      debit,
      credit,
      asset,
      amount,
    })),
  }))
}
