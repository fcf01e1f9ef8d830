import type { Db } from '@florin/kernel'

/** A margin call. Values in ticks x lots, times in microseconds since 1970. */
export interface MarginCall {
  readonly id: string
  readonly account: number
  /** Of the command that led to it. */
  readonly seq: number
  readonly calledUs: number
  /** `null`: nothing happens by itself. */
  readonly deadlineUs: number | null
  readonly mark: number
  readonly equity: number
  /** Brings the equity back to the initial margin: ticks x lots like the equity, an integer below 2^53. */
  readonly amount: number
  readonly endedSeq: number | null
  readonly endedUs: number | null
  readonly outcome: 'met' | 'closed' | null
}

interface CallRow {
  id: string
  account_id: bigint
  seq: bigint
  called_us: bigint
  deadline_us: bigint | null
  mark: number
  equity: bigint
  amount: bigint
  ended_seq: bigint | null
  ended_us: bigint | null
  outcome: 'met' | 'closed' | null
}

const columns =
  'id, account_id, seq, called_us, deadline_us, mark, equity, amount, ended_seq, ended_us, outcome'

/** Those that have not ended, by account. */
export async function openCalls(db: Db, marketId: bigint): Promise<MarginCall[]> {
  const rows = await db.query<CallRow>(
    `SELECT ${columns} FROM exchange.margin_calls WHERE market_id = $1 AND ended_seq IS NULL ORDER BY account_id`,
    [marketId],
  )
  return rows.map(callOf)
}

export async function insertCall(db: Db, marketId: bigint, call: MarginCall): Promise<void> {
  await db.query(
    `INSERT INTO exchange.margin_calls (market_id, ${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      marketId,
      call.id,
      call.account,
      call.seq,
      call.calledUs,
      call.deadlineUs,
      call.mark,
      call.equity,
      call.amount,
      call.endedSeq,
      call.endedUs,
      call.outcome,
    ],
  )
}

export async function updateCall(db: Db, call: MarginCall): Promise<void> {
  await db.query(
    `UPDATE exchange.margin_calls SET deadline_us = $2, mark = $3, equity = $4, amount = $5, ended_seq = $6,
       ended_us = $7, outcome = $8 WHERE id = $1`,
    [
      call.id,
      call.deadlineUs,
      call.mark,
      call.equity,
      call.amount,
      call.endedSeq,
      call.endedUs,
      call.outcome,
    ],
  )
}

/** In the order in which they were made, after a command and account. */
export async function listCalls(
  db: Db,
  marketId: bigint,
  filter: { readonly account: bigint | undefined; readonly open: boolean | undefined },
  after: { readonly seq: string; readonly account: string },
  limit: number,
): Promise<MarginCall[]> {
  const rows = await db.query<CallRow>(
    `SELECT ${columns} FROM exchange.margin_calls WHERE market_id = $1 AND ($2::bigint IS NULL OR account_id = $2)
       AND ($3::boolean IS NULL OR (ended_seq IS NULL) = $3) AND (seq, account_id) > ($4::bigint, $5::bigint)
     ORDER BY seq, account_id LIMIT $6`,
    [marketId, filter.account ?? null, filter.open ?? null, after.seq, after.account, limit],
  )
  return rows.map(callOf)
}

function callOf(row: CallRow): MarginCall {
  return {
    id: row.id,
    account: Number(row.account_id),
    seq: Number(row.seq),
    calledUs: Number(row.called_us),
    deadlineUs: row.deadline_us === null ? null : Number(row.deadline_us),
    mark: row.mark,
    equity: Number(row.equity),
    amount: Number(row.amount),
    endedSeq: row.ended_seq === null ? null : Number(row.ended_seq),
    endedUs: row.ended_us === null ? null : Number(row.ended_us),
    outcome: row.outcome,
  }
}
