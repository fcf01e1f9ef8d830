import { Conditions, type Db } from '@florin/kernel'
import { forwardView } from '../posting/views.ts'
import type { Forward } from '../schemas.ts'
import { type ForwardStatus, isPending } from './forwards.ts'
import type { LedgerHead } from './head.ts'
import { instant } from './rows.ts'
import { type ShownRecordRow, shownRecord, shownRecordColumns } from './shown-record.ts'

export interface ForwardFilter {
  readonly id?: string | undefined
  readonly account?: string | undefined
  readonly status?: ForwardStatus | undefined
  readonly due_from?: string | undefined
  readonly due_to?: string | undefined
}

/** A place in the order of the list: due time in epoch milliseconds, then record. */
export interface ForwardPlace {
  readonly due: number
  readonly seq: bigint
}

interface ForwardRow extends ShownRecordRow {
  due: Date
  status: ForwardStatus
  ended_by: string | null
  ended_at: Date | null
  refusal: { code: string; message: string; details: unknown } | null
}

interface ForwardPostingRow {
  id: string
  debit: string
  credit: string
  asset: string
  exponent: number
  amount: bigint
}

/** Forwards in the order in which they are due, as they stand. */
export async function findForwards(
  db: Db,
  ledger: LedgerHead,
  filter: ForwardFilter,
  page: { readonly after: ForwardPlace | undefined; readonly limit: number },
): Promise<{ readonly forward: Forward; readonly place: ForwardPlace }[]> {
  const { keys, values } = keysOf(ledger, filter, page)
  const rows = await db.query<ForwardRow>(
    `SELECT ${shownRecordColumns}, f.due, coalesce(o.status, 'pending') AS status,
       e.id AS ended_by, e.booked_at AS ended_at, e.refusal
     FROM (${keys}) k
     JOIN ledger.forwards f ON f.ledger_id = $1 AND f.seq = k.seq
     JOIN ledger.journal j ON j.ledger_id = f.ledger_id AND j.seq = f.seq
     LEFT JOIN ledger.forward_outcomes o ON o.ledger_id = f.ledger_id AND o.forward_seq = f.seq
     LEFT JOIN ledger.journal e ON e.ledger_id = o.ledger_id AND e.seq = o.seq
     ORDER BY f.due, f.seq`,
    values,
  )
  const postings = await loadForwardPostings(
    db,
    rows.map((row) => row.id),
  )
  return rows.map((row) => ({
    place: { due: row.due.getTime(), seq: row.seq },
    forward: forwardView(ledger.name, shownRecord(row), postings.get(row.id) ?? [], {
      status: row.status,
      ended_by: row.ended_by,
      ended_at: row.ended_at?.toISOString() ?? null,
      refusal: row.refusal === null ? null : { code: row.refusal.code, message: row.refusal.message },
    }),
  }))
}

/**
 * The page's forwards by an index that stands in the list's order: of those that have ended in some way the one of
 * outcomes, of an account the ones of its postings, else that of all. Pending ones begin where the head says.
 */
function keysOf(
  ledger: LedgerHead,
  filter: ForwardFilter,
  page: { readonly after: ForwardPlace | undefined; readonly limit: number },
): { keys: string; values: readonly unknown[] } {
  const { status } = filter
  const where = new Conditions()
  where.add(ledger.id, (p) => `f.ledger_id = ${p}`)
  where.add(filter.id, (p) => `f.seq IN (SELECT seq FROM ledger.forwards WHERE id = ${p})`)
  where.add(filter.due_from, (p) => `f.due >= ${p}`)
  where.add(filter.due_to, (p) => `f.due < ${p}`)
  if (status === 'pending') {
    const first = ledger.forwardDue === undefined ? 'infinity' : instant(ledger.forwardDue)
    where.add(first, (p) => `f.due >= ${p}`)
    where.also(isPending)
  }
  const { after } = page
  where.add(
    after === undefined ? undefined : instant(after.due),
    (p) => `(f.due, f.seq) > (${p}, ${where.value(after?.seq ?? 0n)}::bigint)`,
  )
  const limit = where.value(page.limit)
  const ended = status === undefined || status === 'pending' ? undefined : where.value(status)
  const outcomes = '(SELECT ledger_id, forward_seq AS seq, due, status FROM ledger.forward_outcomes)'
  const taken = (condition: string, from: string): string =>
    `(SELECT DISTINCT f.due, f.seq FROM ${from} ${where.sql} ${condition} ORDER BY f.due, f.seq LIMIT ${limit})`
  if (filter.account === undefined) {
    const keys =
      ended === undefined ? taken('', 'ledger.forwards f') : taken(`AND f.status = ${ended}`, `${outcomes} f`)
    return { keys, values: where.values }
  }
  const account = where.value(filter.account)
  const side = (name: 'debit' | 'credit'): string =>
    taken(
      `AND f.${name} = ${account}${ended === undefined ? '' : ` AND o.status = ${ended}`}`,
      `ledger.forward_postings f${ended === undefined ? '' : ` JOIN ledger.forward_outcomes o ON o.ledger_id = f.ledger_id AND o.forward_seq = f.seq`}`,
    )
  return {
    keys: `SELECT due, seq FROM (${side('debit')} UNION ${side('credit')}) own ORDER BY due, seq LIMIT ${limit}`,
    values: where.values,
  }
}

/** What forwards will move, by the forward's id. */
export async function loadForwardPostings(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, Omit<ForwardPostingRow, 'id'>[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db.query<ForwardPostingRow>(
    `SELECT f.id, p.debit, p.credit, p.asset, p.exponent, p.amount FROM ledger.forwards f
     JOIN ledger.forward_postings p ON p.ledger_id = f.ledger_id AND p.seq = f.seq
     WHERE f.id = ANY($1::uuid[]) ORDER BY p.seq, p.line`,
    [ids],
  )
  const byForward = new Map<string, Omit<ForwardPostingRow, 'id'>[]>()
  for (const { id, ...posting } of rows) {
    const list = byForward.get(id)
    if (list === undefined) byForward.set(id, [posting])
    else list.push(posting)
  }
  return byForward
}

/** What pending forwards will move, in minor units. */
export interface ExpectedMovements {
  readonly debits: bigint
  readonly credits: bigint
}

/**
 * What pending forwards will move on an address up to a time, that time included, by asset. Reads the address’s
 * forwards from the first pending one of the ledger on.
 */
export async function expectedMovements(
  db: Db,
  ledger: LedgerHead,
  address: string,
  until: string,
): Promise<Map<string, ExpectedMovements>> {
  if (ledger.forwardDue === undefined) return new Map()
  const of = (side: 'debit' | 'credit', debits: string, credits: string): string =>
    `SELECT f.asset, ${debits} AS debits, ${credits} AS credits FROM ledger.forward_postings f
     WHERE f.ledger_id = $1 AND f.${side} = $2 AND f.due >= $3 AND f.due <= $4 AND ${isPending}`
  const rows = await db.query<ExpectedMovements & { asset: string }>(
    `SELECT asset, sum(debits) AS debits, sum(credits) AS credits
     FROM (${of('debit', 'f.amount', '0::numeric')} UNION ALL ${of('credit', '0::numeric', 'f.amount')}) own GROUP BY asset`,
    [ledger.id, address, instant(ledger.forwardDue), until],
  )
  return new Map(rows.map(({ asset, ...movements }) => [asset, movements]))
}
