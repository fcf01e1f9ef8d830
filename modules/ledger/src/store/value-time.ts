import type { Db } from '@florin/kernel'
import type { AccountType } from '../domain/account.ts'
import { type AccountFilter, accountConditions } from './balances.ts'
import { instant } from './rows.ts'

/** What was posted to an account up to some point, in minor units. */
export interface PostedTotals {
  readonly accountId: bigint
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  readonly debits: bigint
  readonly credits: bigint
}

/** Both times at once: what the records up to `seq` say about everything that happened up to `valueTime`, both included. */
export interface PointInBothTimes {
  readonly seq: bigint
  /** Epoch milliseconds. */
  readonly valueTime: number
}

interface TotalsRow {
  id: bigint
  address: string
  asset: string
  exponent: number
  type: AccountType
  debits: bigint
  credits: bigint
}

/**
 * Totals by value time, by address and asset; an account that nothing was posted to by then has zeros.
 *
 * What was booked as it happened is in value order where it is in booking order, so the running totals say it: of the
 * last posting booked by that value time, less what of them was shifted, plus what is shifted and of that time. The
 * shifted ones are summed by days; only the days that the point cuts through are read posting by posting.
 */
export async function postedByValueTime(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  { seq, valueTime }: PointInBothTimes,
): Promise<PostedTotals[]> {
  const where = accountConditions(ledgerId, filter)
  const ledger = where.value(ledgerId)
  const upTo = `${where.value(seq)}::bigint`
  const time = `${where.value(instant(valueTime))}::timestamptz`
  const rows = await db.query<TotalsRow>(
    `WITH given AS MATERIALIZED (
       SELECT least(${upTo}, h.seq) AS last, least(${upTo}, ledger.seq_at(${ledger}, ${time})) AS punctual,
         ${time} AS value_time, (${time} AT TIME ZONE 'UTC')::date AS value_day
       FROM ledger.heads h WHERE h.ledger_id = ${ledger}),
     point AS MATERIALIZED (
       SELECT g.*, l.day AS last_day, l.whole AS last_whole, p.day AS punctual_day, p.whole AS punctual_whole,
         -- value times are whole milliseconds
         g.value_time + interval '1 millisecond' = (g.value_day + 1)::timestamp AT TIME ZONE 'UTC' AS value_whole,
         CASE WHEN l.whole THEN g.last ELSE ledger.seq_at(${ledger}, l.day::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond') END AS last_start,
         CASE WHEN p.whole THEN g.punctual ELSE ledger.seq_at(${ledger}, p.day::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond') END AS punctual_start
       FROM given g, ${dayOfRecord(ledger, 'g.last')} l, ${dayOfRecord(ledger, 'g.punctual')} p)
     SELECT a.id, a.address, a.asset, a.exponent, a.type,
       ${['debits', 'credits']
         .map((side) => `coalesce(r.${side}, 0) + coalesce(d.${side}, 0) + ${cutDays(side)} AS ${side}`)
         .join(',\n       ')}
     FROM point CROSS JOIN ledger.accounts a
     LEFT JOIN LATERAL (
       SELECT * FROM (
         (SELECT seq, line, debit_debits AS debits, debit_credits AS credits FROM ledger.postings
          WHERE debit_account = a.id AND seq <= punctual ORDER BY seq DESC, line DESC LIMIT 1)
         UNION ALL
         (SELECT seq, line, credit_debits, credit_credits FROM ledger.postings
          WHERE credit_account = a.id AND seq <= punctual ORDER BY seq DESC, line DESC LIMIT 1)) sides
       ORDER BY seq DESC, line DESC LIMIT 1) r ON true
     LEFT JOIN LATERAL (
       SELECT ${['debits', 'credits'].map(wholeDays).join(', ')},
         bool_or(NOT punctual_whole AND v.booked_day = punctual_day) AS cut_punctual,
         bool_or(NOT last_whole AND v.booked_day = last_day) AS cut_last,
         bool_or(NOT value_whole AND v.value_day = point.value_day) AS cut_value
       FROM ledger.value_days v WHERE v.account_id = a.id) d ON true
     ${where.sql} ORDER BY a.address, a.asset`,
    where.values,
  )
  return rows.map(({ id, ...row }) => ({ accountId: id, ...row }))
}

/** The UTC day that a record was booked on, and whether it is the last record of that day so far. */
function dayOfRecord(ledger: string, seq: string): string {
  return `LATERAL (
    SELECT max(j.day) FILTER (WHERE j.seq = ${seq}) AS day,
      coalesce(max(j.day) FILTER (WHERE j.seq > ${seq}) > max(j.day) FILTER (WHERE j.seq = ${seq}), true) AS whole
    FROM (SELECT n.seq, (n.booked_at AT TIME ZONE 'UTC')::date AS day FROM ledger.journal n
          WHERE n.ledger_id = ${ledger} AND n.seq BETWEEN ${seq} AND ${seq} + 1) j)`
}

/** Shifted amounts of whole days: those of the value time, less those that the running totals have already. */
function wholeDays(side: string): string {
  return `sum(CASE
      WHEN (v.value_day < point.value_day OR (value_whole AND v.value_day = point.value_day))
       AND (v.booked_day < last_day OR (last_whole AND v.booked_day = last_day)) THEN v.${side} ELSE 0 END
    - CASE
      WHEN v.booked_day < punctual_day OR (punctual_whole AND v.booked_day = punctual_day) THEN v.${side} ELSE 0 END) AS ${side}`
}

/** The same for the days that the point cuts through, posting by posting. */
function cutDays(side: string): string {
  const account = `${side === 'debits' ? 'p.debit_account' : 'p.credit_account'} = a.id`
  const sum = (when: string): string =>
    `coalesce((SELECT sum(p.amount) FROM ledger.postings p WHERE ${account} AND p.value_time <> p.booked_at AND ${when}), 0)`
  const ofValueDay = `p.value_time >= point.value_day::timestamp AT TIME ZONE 'UTC' AND p.value_time <= point.value_time`
  return [
    `CASE WHEN cut_last THEN ${sum('p.seq > last_start AND p.seq <= last AND p.value_time <= point.value_time')} ELSE 0 END`,
    `+ CASE WHEN cut_value THEN ${sum(`${ofValueDay} AND p.seq <= last_start`)} ELSE 0 END`,
    `- CASE WHEN cut_punctual THEN ${sum('p.seq > punctual_start AND p.seq <= punctual')} ELSE 0 END`,
  ].join('\n         ')
}
