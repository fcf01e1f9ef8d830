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
  /** Records within the window that took something out; a number beyond all batches where far more did than may. */
  readonly count: number
  /** The first outflow within the window. */
  readonly oldest: Date | null
}

/**
 * Counting goes on beyond what is allowed by so many: within a batch as many may be given back again, and it must be
 * known then whether enough were. Beyond that it is just too many, and stays so, whatever a batch gives back.
 */
export const countedBeyond = 100
const tooMany = 1_000_000_000

/**
 * How accounts stood at `now` less so many seconds, and what left them since. The totals are probes of the postings'
 * and reservations' indexes at the window's start, however much happened since. Read within the window, and only
 * there, are: outflows, where they are to be counted, a little more than may be; and changes of holds, where some were
 * open at its start. Each account and length is answered once.
 */
export async function loadWindows(
  db: Db,
  ledgerId: bigint,
  now: number,
  wanted: readonly WindowWanted[],
): Promise<WindowStart[]> {
  if (wanted.length === 0) return []
  const distinct = new Map<string, WindowWanted>()
  for (const each of wanted) {
    const key = windowKey(each.account, each.seconds)
    const known = distinct.get(key)
    if (known === undefined || (each.most ?? -1) > (known.most ?? -1)) distinct.set(key, each)
  }
  const windows = [...distinct.values()]
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
      arrayLiteral(windows.map((w) => w.account)),
      arrayLiteral(windows.map((w) => w.seconds)),
      arrayLiteral(windows.map((w) => w.side)),
      arrayLiteral(windows.map((w) => w.most)),
    ],
  )
  return rows.map((row) => {
    const count = Number(row.count)
    const allowed = distinct.get(windowKey(row.account, row.seconds))?.most ?? 0
    return { ...row, count: count >= allowed + countedBeyond ? tooMany : count }
  })
}

export function windowKey(account: bigint, seconds: number): string {
  return `${account}/${seconds}`
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
        (SELECT DISTINCT p.seq FROM ledger.postings p WHERE p.${side}_account = w.account AND p.seq > s.seq
         -- What settles a hold on the account was counted as the hold.
         AND NOT EXISTS (SELECT FROM ledger.reservations r
           WHERE r.ledger_id = $1 AND r.seq = p.seq AND r.seq > s.seq AND r.line = 0 AND r.${side}_account = w.account)
         ORDER BY p.seq LIMIT w.most + ${countedBeyond})
        UNION ALL
        (SELECT r.seq FROM ledger.reservations r JOIN ledger.holds h ON h.id = r.hold_id
         WHERE r.${side}_account = w.account AND r.seq > s.seq AND r.delta > 0
           AND NOT (h.status IN ('released', 'expired') AND h.settled = 0) ORDER BY r.seq LIMIT w.most + ${countedBeyond})) outflows) END AS count,
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
