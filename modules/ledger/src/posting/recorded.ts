import { type Db, type Outcome, type Recorded, storedRefusal } from '@florin/kernel'
import type { HoldStatus } from '../domain/book.ts'
import { loadForwardPostings } from '../store/forward-records.ts'
import type { RecordKind } from '../store/journal.ts'
import { arrayLiteral } from '../store/rows.ts'
import { type ShownRecordRow, shownRecord, shownRecordColumns } from '../store/shown-record.ts'
import { type Booked, bookedOf, type ShownHold, type ShownPosting } from './views.ts'

interface RecordRow extends ShownRecordRow {
  ledger: string
  payload_hash: Buffer
  refusal: unknown
}

/** What came of these requests, exactly as it was answered then. */
export async function findRecorded(db: Db, ids: readonly string[]): Promise<Map<string, Recorded<Booked>>> {
  const rows = await db.query<RecordRow>(
    `SELECT ${shownRecordColumns}, l.name AS ledger, j.payload_hash, j.refusal
     FROM unnest($1::uuid[]) AS asked(id)
     -- an index probe for each: told of thousands of ids at once the planner would rather read the whole journal
     JOIN LATERAL (SELECT * FROM ledger.journal WHERE id = asked.id OFFSET 0) j ON true
     JOIN ledger.ledgers l ON l.id = j.ledger_id`,
    [arrayLiteral(ids)],
  )
  const booked = rows.filter((row) => row.refusal === null).map((row) => row.id)
  const postings = await loadPostings(db, booked)
  const holds = await loadHoldsThen(db, booked)
  const forwards = await loadForwardPostings(
    db,
    rows.filter((row) => row.kind === 'forward').map((row) => row.id),
  )
  return new Map(
    rows.map((row) => {
      const outcome: Outcome<Booked> =
        row.refusal === null
          ? {
              done: bookedOf(
                row.ledger,
                shownRecord(row),
                (row.kind === 'forward' ? forwards : postings).get(row.id) ?? [],
                holds.get(row.id),
              ),
            }
          : { refused: storedRefusal(row.refusal) }
      return [row.id, { payloadHash: row.payload_hash, outcome }]
    }),
  )
}

/** The postings of booked records, by the record's id. */
export async function loadPostings(db: Db, ids: readonly string[]): Promise<Map<string, ShownPosting[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db.query<ShownPosting & { id: string }>(
    `SELECT j.id, d.address AS debit, c.address AS credit, d.asset, d.exponent, p.amount
     FROM ledger.journal j JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
     JOIN ledger.accounts d ON d.id = p.debit_account JOIN ledger.accounts c ON c.id = p.credit_account
     WHERE j.id = ANY($1::uuid[]) ORDER BY p.seq, p.line`,
    [ids],
  )
  const byRecord = new Map<string, ShownPosting[]>()
  for (const { id, ...posting } of rows) {
    const list = byRecord.get(id)
    if (list === undefined) byRecord.set(id, [posting])
    else list.push(posting)
  }
  return byRecord
}

interface HoldThenRow {
  record: string
  kind: RecordKind
  id: string
  debit: string
  credit: string
  asset: string
  exponent: number
  amount: bigint
  expires_at: Date | null
  remaining: bigint
  settled: bigint
}

/** The holds that records made or changed, as those records left them. */
async function loadHoldsThen(db: Db, ids: readonly string[]): Promise<Map<string, ShownHold>> {
  if (ids.length === 0) return new Map()
  const rows = await db.query<HoldThenRow>(
    `SELECT j.id AS record, j.kind, h.id, d.address AS debit, c.address AS credit, d.asset, d.exponent, h.amount, h.expires_at,
       (SELECT sum(r.delta) FROM ledger.reservations r WHERE r.hold_id = h.id AND r.seq <= j.seq) AS remaining,
       (SELECT coalesce(sum(p.amount), 0) FROM ledger.journal s
        JOIN ledger.postings p ON p.ledger_id = s.ledger_id AND p.seq = s.seq
        WHERE s.subject = h.id AND s.kind = 'settlement' AND s.refusal IS NULL AND s.seq <= j.seq) AS settled
     FROM ledger.journal j
     JOIN ledger.holds h ON h.id = CASE j.kind WHEN 'hold' THEN j.id ELSE j.subject END
     JOIN ledger.accounts d ON d.id = h.debit_account JOIN ledger.accounts c ON c.id = h.credit_account
     WHERE j.id = ANY($1::uuid[]) AND j.kind IN ('hold', 'settlement', 'release', 'expiry')`,
    [ids],
  )
  return new Map(
    rows.map(({ record, kind, expires_at, ...hold }) => [
      record,
      { ...hold, status: statusAfter(kind, hold.remaining), expiresAt: expires_at?.getTime() },
    ]),
  )
}

/** The status that a record leaves a hold in. */
function statusAfter(kind: RecordKind, remaining: bigint): HoldStatus {
  if (remaining > 0n) return 'open'
  if (kind === 'expiry') return 'expired'
  return kind === 'release' ? 'released' : 'settled'
}
