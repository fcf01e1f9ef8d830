import { Conditions, type Db } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type AccountType, type Counters, standing } from '../domain/account.ts'
import { prefixRange } from '../domain/address.ts'
import { arrayLiteral } from './rows.ts'

/** The counters of one account at some point. */
export interface AccountCounters extends Counters {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  readonly version: bigint
}

/** Which accounts of a ledger are meant. */
export interface AccountFilter {
  readonly address?: string | undefined
  readonly prefix?: string | undefined
  readonly asset?: string | undefined
  readonly type?: AccountType | undefined
  readonly ids?: readonly bigint[] | undefined
}

interface CounterRow {
  address: string
  asset: string
  exponent: number
  type: AccountType
  posted_debits: bigint | null
  posted_credits: bigint | null
  pending_debits: bigint | null
  pending_credits: bigint | null
  version: bigint | null
}

/**
 * The counters as they are now. Holds that have expired but are not recorded as expired yet hold nothing, so they are
 * left out, to the instant.
 */
export async function currentBalances(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  now: number,
): Promise<AccountCounters[]> {
  const where = accountConditions(ledgerId, filter)
  const at = `to_timestamp(${where.value(now)} / 1000.0)`
  const rows = await db.query<CounterRow>(
    `SELECT a.address, a.asset, a.exponent, a.type, b.posted_debits, b.posted_credits, b.version,
       CASE WHEN b.pending_debits = 0 THEN 0::numeric ELSE b.pending_debits - (SELECT coalesce(sum(h.remaining), 0) FROM ledger.holds h
         WHERE h.debit_account = a.id AND h.status = 'open' AND h.expires_at <= ${at}) END AS pending_debits,
       CASE WHEN b.pending_credits = 0 THEN 0::numeric ELSE b.pending_credits - (SELECT coalesce(sum(h.remaining), 0) FROM ledger.holds h
         WHERE h.credit_account = a.id AND h.status = 'open' AND h.expires_at <= ${at}) END AS pending_credits
     FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id ${where.sql} ORDER BY a.address, a.asset`,
    where.values,
  )
  return rows.map(countersOf)
}

/**
 * The counters as they were after record `seq`, at `at`: from the running totals of the last posting and the last
 * change of what was held. Two or three index probes an account, however long its history.
 */
export async function balancesAsOf(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  seq: bigint,
  at: number,
): Promise<AccountCounters[]> {
  const where = accountConditions(ledgerId, filter)
  const upTo = `${where.value(seq)}::bigint`
  const time = `to_timestamp(${where.value(at)} / 1000.0)`
  const pending = (side: 'debit' | 'credit'): string => `LATERAL (
    SELECT coalesce(last.pending, 0) - coalesce((
      SELECT sum(x.delta) FROM ledger.holds h JOIN ledger.reservations x ON x.hold_id = h.id AND x.seq <= ${upTo}
      WHERE h.${side}_account = a.id AND h.expires_at <= ${time} AND h.seq <= ${upTo}
        -- A record that touches an account ends the holds on it that have expired, so only those that expired after
        -- the account was last touched can be unrecorded.
        AND h.expires_at > changed.booked_at), 0) AS pending
    FROM (SELECT r.${side}_pending AS pending FROM ledger.reservations r
          WHERE r.${side}_account = a.id AND r.seq <= ${upTo} ORDER BY r.seq DESC, r.line DESC LIMIT 1) last)`
  const rows = await db.query<CounterRow>(
    `SELECT a.address, a.asset, a.exponent, a.type, p.debits AS posted_debits, p.credits AS posted_credits,
            changed.seq AS version, d.pending AS pending_debits, c.pending AS pending_credits
     FROM ledger.accounts a
     LEFT JOIN LATERAL (
       SELECT * FROM (
         (SELECT seq, line, debit_debits AS debits, debit_credits AS credits FROM ledger.postings
          WHERE debit_account = a.id AND seq <= ${upTo} ORDER BY seq DESC, line DESC LIMIT 1)
         UNION ALL
         (SELECT seq, line, credit_debits, credit_credits FROM ledger.postings
          WHERE credit_account = a.id AND seq <= ${upTo} ORDER BY seq DESC, line DESC LIMIT 1)) sides
       ORDER BY seq DESC, line DESC LIMIT 1) p ON true
     LEFT JOIN LATERAL (
       SELECT greatest(p.seq,
         (SELECT seq FROM ledger.reservations WHERE debit_account = a.id AND seq <= ${upTo} ORDER BY seq DESC, line DESC LIMIT 1),
         (SELECT seq FROM ledger.reservations WHERE credit_account = a.id AND seq <= ${upTo} ORDER BY seq DESC, line DESC LIMIT 1)
       ) AS seq) last ON true
     LEFT JOIN ledger.journal changed ON changed.ledger_id = a.ledger_id AND changed.seq = last.seq
     LEFT JOIN ${pending('debit')} d ON true
     LEFT JOIN ${pending('credit')} c ON true
     ${where.sql} ORDER BY a.address, a.asset`,
    where.values,
  )
  return rows.map(countersOf)
}

/** The sequence number and time that a reader asks for: a booking time, a sequence number, or now. */
export async function pointInHistory(
  db: Db,
  ledger: { readonly id: bigint; readonly seq: bigint; readonly bookedAt: number },
  asked: { readonly at?: string | undefined; readonly seq?: string | undefined },
): Promise<{ readonly seq: bigint; readonly at: number; readonly now: boolean }> {
  if (asked.seq !== undefined) {
    const seq = BigInt(asked.seq) < ledger.seq ? BigInt(asked.seq) : ledger.seq
    const [row] = await db.query<{ booked_at: Date }>(
      'SELECT booked_at FROM ledger.journal WHERE ledger_id = $1 AND seq = $2',
      [ledger.id, seq],
    )
    return { seq, at: row?.booked_at.getTime() ?? 0, now: false }
  }
  if (asked.at === undefined || Date.parse(asked.at) >= ledger.bookedAt) {
    return { seq: ledger.seq, at: ledger.bookedAt, now: true }
  }
  const at = Date.parse(asked.at)
  const [row] = await db.query<{ seq: bigint }>(
    'SELECT ledger.seq_at($1, to_timestamp($2 / 1000.0)) AS seq',
    [ledger.id, at],
  )
  return { seq: row?.seq ?? 0n, at, now: false }
}

/** The counters with the balances that they come to, as decimal strings. */
export function balanceView(counters: AccountCounters) {
  const show = (minor: bigint): string => formatDecimal(minor, counters.exponent)
  const { total, reserved, available } = standing(counters.type, counters)
  return {
    asset: counters.asset,
    debits: show(counters.postedDebits),
    credits: show(counters.postedCredits),
    pending_debits: show(counters.pendingDebits),
    pending_credits: show(counters.pendingCredits),
    total: show(total),
    reserved: show(reserved),
    available: show(available),
    version: String(counters.version),
  }
}

/** The accounts of a ledger that a filter means, as `a`. */
export function accountConditions(ledgerId: bigint, filter: AccountFilter): Conditions {
  const where = new Conditions()
  where.add(ledgerId, (p) => `a.ledger_id = ${p}`)
  where.add(filter.address, (p) => `a.address = ${p}`)
  where.add(filter.asset, (p) => `a.asset = ${p}`)
  where.add(filter.type, (p) => `a.type = ${p}`)
  where.add(filter.ids && arrayLiteral(filter.ids), (p) => `a.id = ANY(${p}::bigint[])`)
  addPrefix(where, filter.prefix)
  return where
}

/** Accounts at a prefix or below it. */
export function addPrefix(where: Conditions, prefix: string | undefined): void {
  if (prefix === undefined) return
  const { self, from, before } = prefixRange(prefix)
  where.add(
    self,
    (p) => `(a.address = ${p} OR (a.address >= ${where.value(from)} AND a.address < ${where.value(before)}))`,
  )
}

function countersOf(row: CounterRow): AccountCounters {
  return {
    address: row.address,
    asset: row.asset,
    exponent: row.exponent,
    type: row.type,
    postedDebits: row.posted_debits ?? 0n,
    postedCredits: row.posted_credits ?? 0n,
    pendingDebits: row.pending_debits ?? 0n,
    pendingCredits: row.pending_credits ?? 0n,
    version: row.version ?? 0n,
  }
}
