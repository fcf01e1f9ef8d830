import type { Db } from '@florin/kernel'
import { arrayLiteral, instant } from './rows.ts'

/** An account and how far back is asked about. */
export interface WindowWanted {
  readonly account: bigint
  readonly seconds: number
  /** The side of outflow. */
  readonly side: 'debit' | 'credit'
  /** Outflows that are counted at most; undefined: they are not counted. */
  readonly most: number | undefined
}

/** An account at the beginning of a window. Amounts in minor units. */
export interface WindowStart {
  readonly account: bigint
  readonly seconds: number
  /** The last record before the window. */
  readonly start: bigint
  readonly debits: bigint
  readonly credits: bigint
  /** Pending outflow. */
  readonly pending: bigint
  /** Given back within the window, of holds that were reserved before it. */
  readonly given: bigint
  /** Records within the window that took something out. */
  readonly count: number
  /** The first outflow within the window. */
  readonly oldest: Date | null
}

/**
 * Counting goes on beyond what is allowed by so many: within a batch as many may be given back again, and it must be
 * known then whether enough were.
 */
const beyond = 10_000

/**
 * How accounts stood at `now` less so many seconds, and what left them since. The totals are probes of the postings'
 * and reservations' indexes at the window's start, however much happened since. Read within the window, and only
 * there, are: outflows, where they are to be counted, and changes of holds, where some were open at its start.
 */
export async function loadWindows(
  db: Db,
  ledgerId: bigint,
  now: number,
  wanted: readonly WindowWanted[],
): Promise<WindowStart[]> {
  if (wanted.length === 0) return []
  const rows = await db.query<Omit<WindowStart, 'count'> & { count: bigint }>(
    `WITH wanted AS MATERIALIZED (
       SELECT * FROM unnest($3::bigint[], $4::int[], $5::text[], $6::int[]) AS w(account, seconds, side, most)
     ), starts AS MATERIALIZED (
       SELECT s.seconds, ledger.seq_at($1, $2::timestamptz - make_interval(secs => s.seconds)) AS seq
       FROM (SELECT DISTINCT seconds FROM wanted) s
     ) ${windowsOf('debit')} UNION ALL ${windowsOf('credit')}`,
    [
      ledgerId,
      instant(now),
      arrayLiteral(wanted.map((w) => w.account)),
      arrayLiteral(wanted.map((w) => w.seconds)),
      arrayLiteral(wanted.map((w) => w.side)),
      arrayLiteral(wanted.map((w) => w.most)),
    ],
  )
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

function windowsOf(side: 'debit' | 'credit'): string {
  return `SELECT w.account, w.seconds, s.seq AS start, posted.debits, posted.credits, held.pending,
    CASE WHEN held.pending = 0 THEN 0::numeric ELSE (
      SELECT coalesce(-sum(r.delta), 0) FROM ledger.reservations r JOIN ledger.holds h ON h.id = r.hold_id
      WHERE r.${side}_account = w.account AND r.seq > s.seq AND r.delta < 0 AND h.seq <= s.seq
        -- The first change of a settlement is posted; unless to another account, it is not given back.
        AND NOT (r.line = 0 AND EXISTS (SELECT FROM ledger.postings p
          WHERE p.ledger_id = $1 AND p.seq = r.seq AND p.${side}_account = w.account))) END AS given,
    CASE WHEN w.most IS NULL THEN 0::bigint ELSE (
      SELECT count(*) FROM (
        (SELECT DISTINCT p.seq FROM ledger.postings p JOIN ledger.journal j ON j.ledger_id = $1 AND j.seq = p.seq
         LEFT JOIN ledger.holds h ON j.kind = 'settlement' AND h.id = j.subject AND h.${side}_account = w.account
         WHERE p.${side}_account = w.account AND p.seq > s.seq AND h.id IS NULL LIMIT w.most + ${beyond})
        UNION ALL
        (SELECT r.seq FROM ledger.reservations r JOIN ledger.holds h ON h.id = r.hold_id
         WHERE r.${side}_account = w.account AND r.seq > s.seq AND r.delta > 0
           AND NOT (h.status IN ('released', 'expired') AND h.settled = 0) LIMIT w.most + ${beyond})) outflows) END AS count,
    least(
      (SELECT p.booked_at FROM ledger.postings p WHERE p.${side}_account = w.account AND p.seq > s.seq ORDER BY p.seq LIMIT 1),
      (SELECT j.booked_at FROM ledger.journal j WHERE j.ledger_id = $1 AND j.seq = (
         SELECT r.seq FROM ledger.reservations r
         WHERE r.${side}_account = w.account AND r.seq > s.seq AND r.delta > 0 ORDER BY r.seq LIMIT 1))) AS oldest
  FROM wanted w JOIN starts s ON s.seconds = w.seconds
  CROSS JOIN LATERAL (SELECT
    coalesce((SELECT p.debit_debits FROM ledger.postings p WHERE p.debit_account = w.account AND p.seq <= s.seq
              ORDER BY p.seq DESC, p.line DESC LIMIT 1), 0) AS debits,
    coalesce((SELECT p.credit_credits FROM ledger.postings p WHERE p.credit_account = w.account AND p.seq <= s.seq
              ORDER BY p.seq DESC, p.line DESC LIMIT 1), 0) AS credits) posted
  CROSS JOIN LATERAL (SELECT
    coalesce((SELECT r.${side}_pending FROM ledger.reservations r WHERE r.${side}_account = w.account AND r.seq <= s.seq
              ORDER BY r.seq DESC, r.line DESC LIMIT 1), 0) AS pending) held
  WHERE w.side = '${side}'`
}
