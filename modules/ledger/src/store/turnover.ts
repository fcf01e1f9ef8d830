import type { Conditions, Db } from '@florin/kernel'
import { endOf, type Span, startOf } from '../domain/periods.ts'
import type { ReportRow, Turnover } from '../reports/turnover.ts'
import { type AccountFilter, accountConditions } from './balances.ts'
import { instant } from './rows.ts'
import { type PostedTotals, postedByValueTime } from './value-time.ts'

/** What a report believes: the journal up to `seq`, with amendments where they were booked or where they belong. */
export interface Knowledge {
  readonly seq: bigint
  /** Whether reversals and corrections count at the value time of what they amend. */
  readonly restated: boolean
}

interface Sides {
  readonly debits: bigint
  readonly credits: bigint
}

const nothing: Sides = { debits: 0n, credits: 0n }

/** No value time lies before it. */
const earliest = startOf('0001-01-01')

/**
 * The turnover of accounts in a span, and in another one beside it, by address and asset. A fixed number of
 * statements, however many accounts. `closings` false leaves out the closing entries of the span.
 */
export async function loadTurnover(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  spans: { readonly current: Span; readonly compared?: Span | undefined },
  how: Knowledge & { readonly closings: boolean },
): Promise<ReportRow[]> {
  const current = await turnoverIn(db, ledgerId, filter, spans.current, how)
  const compared =
    spans.compared === undefined ? undefined : await turnoverIn(db, ledgerId, filter, spans.compared, how)
  return current.map(({ account, turnover }, i) => ({
    address: account.address,
    asset: account.asset,
    exponent: account.exponent,
    type: account.type,
    accounts: 1,
    current: turnover,
    // Both are of the same accounts in the same order: one snapshot, one filter.
    compared: compared?.[i]?.turnover,
  }))
}

async function turnoverIn(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  span: Span,
  how: Knowledge & { readonly closings: boolean },
): Promise<{ account: PostedTotals; turnover: Turnover }[]> {
  const from = startOf(span.firstDay)
  const to = endOf(span.lastDay)
  const before = new Map(
    (await postedAt(db, ledgerId, filter, from - 1, how)).map((account) => [account.accountId, account]),
  )
  const after = await postedAt(db, ledgerId, filter, to, how)
  const cleanUp = how.restated
    ? new Map<bigint, Sides>()
    : await amendmentsIn(db, ledgerId, filter, from, to, how.seq)
  const closings = how.closings
    ? new Map<bigint, Sides>()
    : await closingsIn(db, ledgerId, filter, from, to, how.seq)
  return after.map((account) => {
    const opening = before.get(account.accountId) ?? nothing
    const amended = cleanUp.get(account.accountId) ?? nothing
    const closed = closings.get(account.accountId) ?? nothing
    return {
      account,
      turnover: {
        opening: opening.debits - opening.credits,
        debits: account.debits - opening.debits - amended.debits - closed.debits,
        credits: account.credits - opening.credits - amended.credits - closed.credits,
        cleanUpDebits: amended.debits,
        cleanUpCredits: amended.credits,
      },
    }
  })
}

/** Totals as of the end of `valueTime`, epoch milliseconds, as the knowledge has it. */
export async function postedAt(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  valueTime: number,
  { seq, restated }: Knowledge,
): Promise<PostedTotals[]> {
  if (valueTime < earliest) return []
  const totals = await postedByValueTime(db, ledgerId, filter, { seq, valueTime })
  if (!restated) return totals
  const moved = await amendmentsAcross(db, ledgerId, filter, valueTime, seq)
  return totals.map((account) => {
    const { debits, credits } = moved.get(account.accountId) ?? nothing
    return { ...account, debits: account.debits + debits, credits: account.credits + credits }
  })
}

/** What reversals and corrections booked into the span that amend what lies before it. Served by journal_amendments. */
function amendmentsIn(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  from: number,
  to: number,
  seq: bigint,
): Promise<Map<bigint, Sides>> {
  return sumsOf(db, ledgerId, filter, (where) => {
    const start = time(where, from)
    return `SELECT j.seq, 1 AS sign FROM ledger.journal j JOIN ledger.journal s ON s.id = j.subject
      WHERE j.ledger_id = ${where.value(ledgerId)} AND j.kind IN ('reversal', 'correction') AND j.refusal IS NULL
        AND j.seq <= ${where.value(seq)} AND j.value_time BETWEEN ${start} AND ${time(where, to)} AND s.value_time < ${start}`
  })
}

/**
 * What has to be added so that amendments count at the value time of what they amend: those that lie on the other side
 * of this instant. Reads the ledger's amendments, by journal_amendments: few beside all records.
 */
function amendmentsAcross(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  at: number,
  seq: bigint,
): Promise<Map<bigint, Sides>> {
  return sumsOf(db, ledgerId, filter, (where) => {
    const point = time(where, at)
    return `SELECT j.seq, CASE WHEN s.value_time <= ${point} THEN 1 ELSE -1 END AS sign
      FROM ledger.journal j JOIN ledger.journal s ON s.id = j.subject
      WHERE j.ledger_id = ${where.value(ledgerId)} AND j.kind IN ('reversal', 'correction') AND j.refusal IS NULL
        AND j.seq <= ${where.value(seq)} AND (j.value_time <= ${point}) <> (s.value_time <= ${point})`
  })
}

/** What closing entries booked into the span. Served by journal_closings. */
function closingsIn(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  from: number,
  to: number,
  seq: bigint,
): Promise<Map<bigint, Sides>> {
  return sumsOf(
    db,
    ledgerId,
    filter,
    (where) => `SELECT j.seq, 1 AS sign FROM ledger.journal j
      WHERE j.ledger_id = ${where.value(ledgerId)} AND j.kind = 'closing' AND j.refusal IS NULL
        AND j.seq <= ${where.value(seq)} AND j.value_time BETWEEN ${time(where, from)} AND ${time(where, to)}`,
  )
}

/** By account, what the postings of some records come to; `sign` says whether they count or are taken away. */
async function sumsOf(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  records: (where: Conditions) => string,
): Promise<Map<bigint, Sides>> {
  const where = accountConditions(ledgerId, filter)
  const rows = await db.query<{ id: bigint; debits: bigint; credits: bigint }>(
    `SELECT e.id, sum(e.debits) AS debits, sum(e.credits) AS credits
     FROM (${records(where)}) r
     JOIN ledger.postings p ON p.ledger_id = ${where.value(ledgerId)} AND p.seq = r.seq
     CROSS JOIN LATERAL (VALUES (p.debit_account, r.sign * p.amount, 0::numeric),
                                (p.credit_account, 0::numeric, r.sign * p.amount)) AS e(id, debits, credits)
     JOIN ledger.accounts a ON a.id = e.id ${where.sql} GROUP BY e.id`,
    where.values,
  )
  return new Map(rows.map(({ id, ...sides }) => [id, sides]))
}

function time(where: Conditions, at: number): string {
  return `${where.value(instant(at))}::timestamptz`
}
