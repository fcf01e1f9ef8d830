import type { Db } from '@florin/kernel'
import type { Condition, Movements } from '../domain/instruction.ts'
import type { LedgerHead } from './head.ts'
import { arrayLiteral, columnOf, instant, rowSource, type Statement } from './rows.ts'

export type ForwardOutcome = 'booked' | 'refused' | 'cancelled'
export type ForwardStatus = 'pending' | ForwardOutcome

/** What is kept of a forward's request until it is due. */
export interface ForwardRequest extends Movements {
  readonly conditions: readonly Condition[]
}

/** A forward as it is written. Times in epoch milliseconds, amounts in minor units. */
export interface NewForward {
  readonly id: string
  readonly seq: bigint
  readonly due: number
  readonly request: ForwardRequest
  readonly postings: readonly {
    readonly debit: string
    readonly credit: string
    readonly asset: string
    readonly exponent: number
    readonly amount: bigint
  }[]
}

/** How a forward stands. */
export interface ForwardState {
  readonly id: string
  readonly seq: bigint
  readonly due: number
  readonly status: ForwardStatus
  /** The record that ended it. */
  readonly endedBy: string | undefined
}

export interface EndedForward {
  readonly seq: bigint
  readonly due: number
  readonly status: ForwardOutcome
  /** seq of the record that ended it. */
  readonly endedAt: bigint
}

/** A forward whose time has come, with what its record says beside it. */
export interface DueForward {
  readonly id: string
  readonly seq: bigint
  readonly due: Date
  readonly request: ForwardRequest
  readonly forced: boolean
  readonly reason: string | null
  readonly reference: string | null
  readonly description: string | null
  readonly metadata: Readonly<Record<string, string>> | null
}

/** That the forward `f` has no outcome. */
export const isPending = `NOT EXISTS (SELECT FROM ledger.forward_outcomes e WHERE e.ledger_id = f.ledger_id AND e.forward_seq = f.seq)`

/** How the forwards of these ids stand. */
export async function loadForwards(
  db: Db,
  ledgerId: bigint,
  ids: readonly string[],
): Promise<ForwardState[]> {
  if (ids.length === 0) return []
  const rows = await db.query<Omit<ForwardState, 'due' | 'endedBy'> & { due: Date; ended_by: string | null }>(
    `SELECT f.id, f.seq, f.due, coalesce(o.status, 'pending') AS status, j.id AS ended_by FROM ledger.forwards f
     LEFT JOIN ledger.forward_outcomes o ON o.ledger_id = f.ledger_id AND o.forward_seq = f.seq
     LEFT JOIN ledger.journal j ON j.ledger_id = o.ledger_id AND j.seq = o.seq
     WHERE f.id = ANY($1::uuid[]) AND f.ledger_id = $2`,
    [arrayLiteral(ids), ledgerId],
  )
  return rows.map(({ due, ended_by, ...row }) => ({
    ...row,
    due: due.getTime(),
    endedBy: ended_by ?? undefined,
  }))
}

/**
 * Pending forwards whose time has come, in the order in which they are booked. The head says where to begin, so that
 * what was booked before is not read again.
 */
export function loadDueForwards(db: Db, ledger: LedgerHead, most: number): Promise<DueForward[]> {
  if (ledger.forwardDue === undefined || ledger.forwardDue > ledger.bookedAt) return Promise.resolve([])
  return db.query<DueForward>(
    `SELECT f.id, f.seq, f.due, f.request, j.forced, j.reason, j.reference, j.description, j.metadata
     FROM ledger.forwards f JOIN ledger.journal j ON j.ledger_id = f.ledger_id AND j.seq = f.seq
     WHERE f.ledger_id = $1 AND f.due >= $2 AND f.due <= $3 AND ${isPending} ORDER BY f.due, f.seq LIMIT $4`,
    [ledger.id, instant(ledger.forwardDue), instant(ledger.bookedAt), most],
  )
}

export function insertForwards(ledgerId: bigint, forwards: readonly NewForward[]): Statement[] {
  if (forwards.length === 0) return []
  const values: unknown[] = [ledgerId]
  const rows = rowSource(
    [
      columnOf('seq', 'bigint', forwards, (f) => f.seq),
      columnOf('id', 'uuid', forwards, (f) => f.id),
      columnOf('due', 'timestamptz', forwards, (f) => instant(f.due)),
      columnOf('request', 'json', forwards, (f) => JSON.stringify(f.request)),
    ],
    values,
  )
  return [
    {
      text: `INSERT INTO ledger.forwards (id, ledger_id, seq, due, request) SELECT id, $1, seq, due, request FROM ${rows}`,
      values,
    },
    insertPostings(ledgerId, forwards),
  ]
}

function insertPostings(ledgerId: bigint, forwards: readonly NewForward[]): Statement {
  const postings = forwards.flatMap(({ seq, due, postings }) =>
    postings.map((posting, line) => ({ ...posting, seq, due, line })),
  )
  const values: unknown[] = [ledgerId]
  const rows = rowSource(
    [
      columnOf('seq', 'bigint', postings, (p) => p.seq),
      columnOf('line', 'int', postings, (p) => p.line),
      columnOf('due', 'timestamptz', postings, (p) => instant(p.due)),
      columnOf('debit', 'text', postings, (p) => p.debit),
      columnOf('credit', 'text', postings, (p) => p.credit),
      columnOf('asset', 'text', postings, (p) => p.asset),
      columnOf('exponent', 'int', postings, (p) => p.exponent),
      columnOf('amount', 'numeric', postings, (p) => p.amount),
    ],
    values,
  )
  return {
    text: `INSERT INTO ledger.forward_postings (ledger_id, seq, line, due, debit, credit, asset, exponent, amount)
     SELECT $1, seq, line, due, debit, credit, asset, exponent, amount FROM ${rows}`,
    values,
  }
}

/** Its primary key lets a forward end once, whatever happens. */
export function insertForwardOutcomes(ledgerId: bigint, ended: readonly EndedForward[]): Statement[] {
  if (ended.length === 0) return []
  const values: unknown[] = [ledgerId]
  const rows = rowSource(
    [
      columnOf('forward_seq', 'bigint', ended, (e) => e.seq),
      columnOf('due', 'timestamptz', ended, (e) => instant(e.due)),
      columnOf('status', 'text', ended, (e) => e.status),
      columnOf('seq', 'bigint', ended, (e) => e.endedAt),
    ],
    values,
  )
  return [
    {
      text: `INSERT INTO ledger.forward_outcomes (ledger_id, forward_seq, due, status, seq)
     SELECT $1, forward_seq, due, status, seq FROM ${rows}`,
      values,
    },
  ]
}

/** Writes down when the next forward is due. `ledger.forwardDue` is that time or an earlier one. */
export function saveForwardDue(ledger: LedgerHead): Statement {
  return {
    text: `UPDATE ledger.heads SET forward_due = (
       SELECT f.due FROM ledger.forwards f WHERE f.ledger_id = $1 AND f.due >= $2 AND ${isPending}
       ORDER BY f.due, f.seq LIMIT 1)
     WHERE ledger_id = $1 RETURNING forward_due`,
    values: [ledger.id, ledger.forwardDue === undefined ? null : instant(ledger.forwardDue)],
  }
}
