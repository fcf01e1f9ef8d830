import type { Db } from '@florin/kernel'

/** `bought` and `sold`: the ledger has it already, since a trade was bust or corrected. */
export type TransferKind = 'allocate' | 'release' | 'deposit' | 'withdraw' | 'bought' | 'sold'

/** Buying power or instruments on their way between ledger and engine. */
export interface Transfer {
  readonly id: string
  readonly account: number
  readonly kind: TransferKind
  /** Minor units of the quote, or of the instrument. */
  readonly amount: bigint
  /** Of what goes into the market. */
  readonly hold: string | undefined
  readonly inboxId: bigint
  /** Epoch milliseconds. */
  readonly requestedAt: number
  readonly requestedBy: string
}

export interface EndedTransfer extends Transfer {
  /** Of the engine's answer. */
  readonly seq: number
}

interface TransferRow {
  id: string
  account_id: bigint
  kind: TransferKind
  amount: bigint
  hold: string | null
  inbox_id: bigint
  requested_at: Date
  requested_by: string
}

const columns = 't.id, t.account_id, t.kind, t.amount, t.hold, t.inbox_id, t.requested_at, t.requested_by'

export async function insertTransfers(
  db: Db,
  marketId: bigint,
  transfers: readonly Transfer[],
): Promise<void> {
  if (transfers.length === 0) return
  await db.send(
    `INSERT INTO exchange.transfers (id, market_id, account_id, kind, amount, hold, inbox_id, requested_at, requested_by)
     SELECT t.id, $1, t.account, t.kind, t.amount, t.hold, t.inbox_id, t.requested_at, t.requested_by
     FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::numeric[], $6::uuid[], $7::bigint[], $8::timestamptz[], $9::text[])
       AS t (id, account, kind, amount, hold, inbox_id, requested_at, requested_by)`,
    [
      marketId,
      transfers.map(({ id }) => id),
      transfers.map(({ account }) => account),
      transfers.map(({ kind }) => kind),
      transfers.map(({ amount }) => amount),
      transfers.map(({ hold }) => hold ?? null),
      transfers.map(({ inboxId }) => inboxId),
      transfers.map(({ requestedAt }) => new Date(requestedAt)),
      transfers.map(({ requestedBy }) => requestedBy),
    ],
  )
}

/** Transfers whose commands were carried out under these numbers and that have no end yet, in order. */
export async function transfersCarriedOut(
  db: Db,
  marketId: bigint,
  seqs: readonly number[],
): Promise<EndedTransfer[]> {
  if (seqs.length === 0) return []
  const rows = await db.query<TransferRow & { seq: bigint }>(
    `SELECT ${columns}, k.seq FROM exchange.taken k JOIN exchange.transfers t ON t.inbox_id = k.inbox_id
     WHERE k.market_id = $1 AND k.seq = ANY($2::bigint[])
       AND NOT EXISTS (SELECT FROM exchange.transfer_ends e WHERE e.transfer_id = t.id) ORDER BY k.seq`,
    [marketId, seqs],
  )
  return rows.map((row) => ({ ...transferOf(row), seq: Number(row.seq) }))
}

/** Those that have no end yet, by account. */
export async function pendingTransfers(
  db: Db,
  marketId: bigint,
  accounts?: readonly number[],
): Promise<Transfer[]> {
  const rows = await db.query<TransferRow>(
    `SELECT ${columns} FROM exchange.transfers t
     WHERE t.market_id = $1 AND ($2::bigint[] IS NULL OR t.account_id = ANY($2::bigint[]))
       AND NOT EXISTS (SELECT FROM exchange.transfer_ends e WHERE e.transfer_id = t.id) ORDER BY t.inbox_id`,
    [marketId, accounts ?? null],
  )
  return rows.map(transferOf)
}

export interface TransferState extends Transfer {
  /** Undefined while the engine has not answered, or nobody looked yet. */
  readonly ended: { readonly seq: number; readonly reason: number } | undefined
}

export async function findTransfer(
  db: Db,
  id: string,
): Promise<(TransferState & { readonly marketId: bigint }) | undefined> {
  const [row] = await db.query<
    TransferRow & { market_id: bigint; seq: bigint | null; reason: number | null }
  >(
    `SELECT ${columns}, t.market_id, e.seq, e.reason FROM exchange.transfers t
     LEFT JOIN exchange.transfer_ends e ON e.transfer_id = t.id WHERE t.id = $1`,
    [id],
  )
  if (row === undefined) return undefined
  const { seq, reason } = row
  const ended = seq === null || reason === null ? undefined : { seq: Number(seq), reason }
  return { ...transferOf(row), marketId: row.market_id, ended }
}

export async function endTransfers(
  db: Db,
  ends: readonly { readonly id: string; readonly seq: number; readonly reason: number }[],
  now: number,
): Promise<void> {
  if (ends.length === 0) return
  await db.send(
    `INSERT INTO exchange.transfer_ends (transfer_id, seq, reason, ended_at)
     SELECT e.id, e.seq, e.reason, $4 FROM unnest($1::uuid[], $2::bigint[], $3::int[]) AS e (id, seq, reason)`,
    [ends.map(({ id }) => id), ends.map(({ seq }) => seq), ends.map(({ reason }) => reason), new Date(now)],
  )
}

function transferOf(row: TransferRow): Transfer {
  return {
    id: row.id,
    account: Number(row.account_id),
    kind: row.kind,
    amount: row.amount,
    hold: row.hold ?? undefined,
    inboxId: row.inbox_id,
    requestedAt: row.requested_at.getTime(),
    requestedBy: row.requested_by,
  }
}
