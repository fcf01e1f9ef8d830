import type { Db } from '@florin/kernel'

const page = 2_000

/** A hold whose kept figures are not what its records come to. */
export interface WrongHold {
  readonly id: string
  readonly kept: HoldFigures
  readonly counted: HoldFigures
}

export interface HoldFigures {
  readonly remaining: bigint
  readonly settled: bigint
  readonly status: string
}

interface HoldRow {
  id: string
  seq: bigint
  remaining: bigint
  settled: bigint
  status: string
  held: bigint
  posted: bigint
  ended: string | null
}

/** What ended a hold says how it stands. */
const statusAfter: Readonly<Record<string, string>> = {
  settlement: 'settled',
  release: 'released',
  expiry: 'expired',
}

/** What is kept and what is recorded of the holds of a subquery, at one moment. */
const figures = (some: string): string => `SELECT h.id, h.seq, h.remaining, h.settled, h.status,
    (SELECT coalesce(sum(r.delta), 0) FROM ledger.reservations r WHERE r.hold_id = h.id) AS held,
    (SELECT coalesce(sum(p.amount), 0) FROM ledger.journal j
     JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
     WHERE j.subject = h.id AND j.kind = 'settlement' AND j.refusal IS NULL) AS posted,
    (SELECT j.kind FROM ledger.journal j WHERE j.subject = h.id AND j.refusal IS NULL
       AND j.kind IN ('settlement', 'release', 'expiry') ORDER BY j.seq DESC LIMIT 1) AS ended
  FROM (${some}) h ORDER BY h.seq`

/**
 * The holds that don't add up, in pages by their place in the journal. Served by `holds (ledger_id, seq)`,
 * `reservations_hold` and `journal_subject`.
 */
export async function* wrongHolds(db: Db, ledger: bigint): AsyncGenerator<WrongHold> {
  for (let after = 0n; ; ) {
    const rows = await db.query<HoldRow>(
      figures(`SELECT * FROM ledger.holds WHERE ledger_id = $1 AND seq > $2 ORDER BY seq LIMIT ${page}`),
      [ledger, after],
    )
    yield* rows.flatMap(wrongOf)
    const last = rows.at(-1)
    if (last === undefined || rows.length < page) return
    after = last.seq
  }
}

/** Those of these holds that don't add up. */
export async function wrongAmong(db: Db, ledger: bigint, ids: readonly string[]): Promise<WrongHold[]> {
  const rows = await db.query<HoldRow>(
    figures('SELECT * FROM ledger.holds WHERE ledger_id = $1 AND id = ANY($2::uuid[])'),
    [ledger, [...ids]],
  )
  return rows.flatMap(wrongOf)
}

function wrongOf(row: HoldRow): WrongHold[] {
  const { id, remaining, settled, status } = row
  const counted = {
    remaining: row.held,
    settled: row.posted,
    status: row.held > 0n ? 'open' : (statusAfter[row.ended ?? ''] ?? 'open'),
  }
  const holds = remaining === counted.remaining && settled === counted.settled && status === counted.status
  return holds ? [] : [{ id, kept: { remaining, settled, status }, counted }]
}
