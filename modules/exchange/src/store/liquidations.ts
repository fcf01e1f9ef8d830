import type { Db } from '@florin/kernel'
import type { SeenOrder } from '../supervision/observer.ts'

/** The closing of an account's position by its market. Times in microseconds since 1970. */
export interface Liquidation {
  readonly id: string
  readonly account: number
  readonly callId: string
  /** Version of the policy by which it began. */
  readonly policy: number
  readonly cause: 'liquidation_margin' | 'deadline'
  readonly begunSeq: number
  readonly begunUs: number
  /** The account was made to only reduce, for as long as it lasts. */
  readonly restricted: boolean
  readonly rounds: number
  /** No further round before. */
  readonly nextUs: number
  readonly endedSeq: number | null
  readonly endedUs: number | null
  readonly outcome: 'closed' | 'restored' | 'stopped' | null
}

interface LiquidationRow {
  id: string
  account_id: bigint
  call_id: string
  policy: number
  cause: Liquidation['cause']
  begun_seq: bigint
  begun_us: bigint
  restricted: boolean
  rounds: number
  next_us: bigint
  ended_seq: bigint | null
  ended_us: bigint | null
  outcome: Liquidation['outcome']
}

const columns = `id, account_id, call_id, policy, cause, begun_seq, begun_us, restricted, rounds, next_us, ended_seq, ended_us,
  outcome`

/** Those that have not ended, by account. */
export async function openLiquidations(db: Db, marketId: bigint): Promise<Liquidation[]> {
  const rows = await db.query<LiquidationRow>(
    `SELECT ${columns} FROM exchange.liquidations WHERE market_id = $1 AND ended_seq IS NULL ORDER BY account_id`,
    [marketId],
  )
  return rows.map(liquidationOf)
}

export async function insertLiquidation(db: Db, marketId: bigint, begun: Liquidation): Promise<void> {
  await db.query(
    `INSERT INTO exchange.liquidations (market_id, ${columns})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      marketId,
      begun.id,
      begun.account,
      begun.callId,
      begun.policy,
      begun.cause,
      begun.begunSeq,
      begun.begunUs,
      begun.restricted,
      begun.rounds,
      begun.nextUs,
      begun.endedSeq,
      begun.endedUs,
      begun.outcome,
    ],
  )
}

export async function updateLiquidation(db: Db, changed: Liquidation): Promise<void> {
  await db.query(
    `UPDATE exchange.liquidations SET rounds = $2, next_us = $3, ended_seq = $4, ended_us = $5, outcome = $6 WHERE id = $1`,
    [changed.id, changed.rounds, changed.nextUs, changed.endedSeq, changed.endedUs, changed.outcome],
  )
}

/** In the order in which they began, after a command and account. */
export async function listLiquidations(
  db: Db,
  marketId: bigint,
  filter: { readonly account: bigint | undefined; readonly open: boolean | undefined },
  after: { readonly seq: string; readonly account: string },
  limit: number,
): Promise<Liquidation[]> {
  const rows = await db.query<LiquidationRow>(
    `SELECT ${columns} FROM exchange.liquidations WHERE market_id = $1 AND ($2::bigint IS NULL OR account_id = $2)
       AND ($3::boolean IS NULL OR (ended_seq IS NULL) = $3) AND (begun_seq, account_id) > ($4::bigint, $5::bigint)
     ORDER BY begun_seq, account_id LIMIT $6`,
    [marketId, filter.account ?? null, filter.open ?? null, after.seq, after.account, limit],
  )
  return rows.map(liquidationOf)
}

/** An order of a liquidation as it was sent. Price and mark in ticks, quantity in lots. */
export interface SentOrder {
  readonly inboxId: bigint
  readonly liquidation: string
  readonly account: number
  readonly round: number
  readonly side: 'buy' | 'sell'
  readonly quantity: number
  readonly price: number
  readonly mark: number
}

export async function insertSentOrders(
  db: Db,
  marketId: bigint,
  orders: readonly SentOrder[],
): Promise<void> {
  await db.query(
    `INSERT INTO exchange.liquidation_orders
       (market_id, inbox_id, liquidation_id, account_id, round, side, quantity, price, mark)
     SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::int[], $9::int[])`,
    [
      marketId,
      orders.map(({ inboxId }) => inboxId),
      orders.map(({ liquidation }) => liquidation),
      orders.map(({ account }) => account),
      orders.map(({ round }) => round),
      orders.map(({ side }) => side),
      orders.map(({ quantity }) => quantity),
      orders.map(({ price }) => price),
      orders.map(({ mark }) => mark),
    ],
  )
}

export interface WaitingOrder {
  readonly inboxId: bigint
  readonly account: number
}

/** Orders of which nothing was read yet. */
export async function waitingOrders(db: Db, marketId: bigint): Promise<WaitingOrder[]> {
  const rows = await db.query<{ inbox_id: bigint; account_id: bigint }>(
    'SELECT inbox_id, account_id FROM exchange.liquidation_orders WHERE market_id = $1 AND seq IS NULL ORDER BY inbox_id',
    [marketId],
  )
  return rows.map((row) => ({ inboxId: row.inbox_id, account: Number(row.account_id) }))
}

/** Under which numbers commands of the inbox were carried out, as far as the journal was read. */
export async function carriedOutUpTo(
  db: Db,
  marketId: bigint,
  inboxIds: readonly bigint[],
  seq: number,
): Promise<{ readonly inboxId: bigint; readonly seq: number }[]> {
  const rows = await db.query<{ inbox_id: bigint; seq: bigint }>(
    `SELECT inbox_id, seq FROM exchange.taken WHERE inbox_id = ANY($2::bigint[]) AND market_id = $1 AND seq <= $3
     ORDER BY seq`,
    [marketId, inboxIds, seq],
  )
  return rows.map((row) => ({ inboxId: row.inbox_id, seq: Number(row.seq) }))
}

export interface AnsweredOrder extends SeenOrder {
  readonly inboxId: bigint
  readonly seq: number
}

export async function answerOrders(db: Db, answered: readonly AnsweredOrder[]): Promise<void> {
  if (answered.length === 0) return
  await db.query(
    `UPDATE exchange.liquidation_orders o SET seq = a.seq, reason = a.reason, executed = a.executed, value = a.value
     FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::bigint[]) AS a (inbox_id, seq, reason, executed, value)
     WHERE o.inbox_id = a.inbox_id`,
    [
      answered.map(({ inboxId }) => inboxId),
      answered.map(({ seq }) => seq),
      answered.map(({ reason }) => reason),
      answered.map(({ executed }) => executed),
      answered.map(({ value }) => value),
    ],
  )
}

export interface LiquidationOrderRow {
  readonly liquidation_id: string
  readonly round: number
  readonly side: 'buy' | 'sell'
  readonly quantity: number
  readonly price: number
  readonly mark: number
  readonly seq: bigint | null
  readonly reason: number | null
  readonly executed: number | null
  readonly value: bigint | null
}

/** Orders by their liquidation, in the order in which they were sent. */
export async function ordersOf(
  db: Db,
  liquidations: readonly string[],
): Promise<ReadonlyMap<string, LiquidationOrderRow[]>> {
  const rows = await db.query<LiquidationOrderRow>(
    `SELECT liquidation_id, round, side, quantity, price, mark, seq, reason, executed, value
     FROM exchange.liquidation_orders WHERE liquidation_id = ANY($1::uuid[]) ORDER BY liquidation_id, inbox_id`,
    [liquidations],
  )
  return Map.groupBy(rows, (row) => row.liquidation_id)
}

function liquidationOf(row: LiquidationRow): Liquidation {
  return {
    id: row.id,
    account: Number(row.account_id),
    callId: row.call_id,
    policy: row.policy,
    cause: row.cause,
    begunSeq: Number(row.begun_seq),
    begunUs: Number(row.begun_us),
    restricted: row.restricted,
    rounds: row.rounds,
    nextUs: Number(row.next_us),
    endedSeq: row.ended_seq === null ? null : Number(row.ended_seq),
    endedUs: row.ended_us === null ? null : Number(row.ended_us),
    outcome: row.outcome,
  }
}
