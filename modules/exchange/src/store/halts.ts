import type { Db } from '@florin/kernel'
import { commandType } from '@florin/orderbook'
import type { Halt, HaltOutcome, HaltState } from '../domain/halts.ts'
import type { PhaseName } from '../domain/phase-names.ts'

interface HaltRow {
  number: number
  kind: Halt['kind']
  seq: bigint
  at_us: bigint
  policy: number
  step: number | null
  price: number | null
  reference: number | null
  until_us: bigint | null
  state: HaltState
  halted_seq: bigint | null
  reopens_us: bigint | null
  withheld: PhaseName | null
  ended_seq: bigint | null
  ended_us: bigint | null
  outcome: HaltOutcome | null
}

const columns = `number, kind, seq, at_us, policy, step, price, reference, until_us, state, halted_seq, reopens_us, withheld,
  ended_seq, ended_us, outcome`

/** The halt that has not ended, if there is one. */
export async function openHalt(db: Db, marketId: bigint): Promise<Halt | undefined> {
  const [row] = await db.query<HaltRow>(
    `SELECT ${columns} FROM exchange.halts WHERE market_id = $1 AND state <> 'ended'`,
    [marketId],
  )
  return row === undefined ? undefined : haltOf(row)
}

/** Number of the last halt; 0: there was none. */
export async function lastHalt(db: Db, marketId: bigint): Promise<number> {
  const [row] = await db.query<{ number: number }>(
    'SELECT coalesce(max(number), 0) AS number FROM exchange.halts WHERE market_id = $1',
    [marketId],
  )
  return row?.number ?? 0
}

export async function insertHalt(db: Db, marketId: bigint, halt: Halt): Promise<void> {
  await db.query(
    `INSERT INTO exchange.halts (market_id, ${columns})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [
      marketId,
      halt.number,
      halt.kind,
      halt.seq,
      halt.atUs,
      halt.policy,
      halt.step,
      halt.price,
      halt.reference,
      halt.untilUs,
      halt.state,
      halt.haltedSeq,
      halt.reopensUs,
      halt.withheld,
      halt.endedSeq,
      halt.endedUs,
      halt.outcome,
    ],
  )
}

export async function updateHalt(db: Db, marketId: bigint, halt: Halt): Promise<void> {
  await db.query(
    `UPDATE exchange.halts SET state = $3, halted_seq = $4, reopens_us = $5, withheld = $6, ended_seq = $7,
       ended_us = $8, outcome = $9 WHERE market_id = $1 AND number = $2`,
    [
      marketId,
      halt.number,
      halt.state,
      halt.haltedSeq,
      halt.reopensUs,
      halt.withheld,
      halt.endedSeq,
      halt.endedUs,
      halt.outcome,
    ],
  )
}

/** In their order, after a number. */
export async function listHalts(
  db: Db,
  marketId: bigint,
  open: boolean | undefined,
  after: string,
  limit: number,
): Promise<Halt[]> {
  const rows = await db.query<HaltRow>(
    `SELECT ${columns} FROM exchange.halts WHERE market_id = $1 AND ($2::boolean IS NULL OR (state <> 'ended') = $2)
       AND number > $3::int ORDER BY number LIMIT $4`,
    [marketId, open ?? null, after, limit],
  )
  return rows.map(haltOf)
}

/** Whether a change of phase was sent that is not among the commands up to `seq`. */
export async function isPhaseUnderWay(db: Db, marketId: bigint, seq: number): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(
    `SELECT EXISTS (
       SELECT FROM exchange.waiting w JOIN exchange.inbox i ON i.id = w.inbox_id
       WHERE w.market_id = $1 AND get_byte(i.command, 0) = $3
     ) OR EXISTS (
       SELECT FROM exchange.taken t JOIN exchange.inbox i ON i.id = t.inbox_id
       WHERE t.market_id = $1 AND t.seq > $2 AND get_byte(i.command, 0) = $3
     ) AS found`,
    [marketId, seq, commandType.phase],
  )
  return row?.found === true
}

function haltOf(row: HaltRow): Halt {
  const { at_us, until_us, halted_seq, reopens_us, ended_seq, ended_us, seq, ...rest } = row
  return {
    ...rest,
    seq: Number(seq),
    atUs: Number(at_us),
    untilUs: numberOf(until_us),
    haltedSeq: numberOf(halted_seq),
    reopensUs: numberOf(reopens_us),
    endedSeq: numberOf(ended_seq),
    endedUs: numberOf(ended_us),
  }
}

function numberOf(value: bigint | null): number | null {
  return value === null ? null : Number(value)
}
