import type { Database } from '@florin/kernel'
import { sampleHash, sampleRequestId } from '../posting/twin.ts'

/** Postings that one statement writes. */
const atOnce = 250_000
/** Coprime to every number of accounts that is a power of ten. */
const stride = 7_919

interface Place {
  readonly ledgerId: bigint
  readonly accounts: number
  /** Records before the first of these. */
  readonly seq: bigint
  /** When the first and the last of these are booked; ISO 8601. */
  readonly from: string
  readonly to: string
}

/**
 * Adds postings to a ledger's wallets by set-based statements, right in every column, as if they had been booked one
 * by one: `verify` finds nothing. In each round every wallet is debited once and credited once, in a scattered order and
 * half a round apart, by an amount that rises with the round, so that running totals are a matter of arithmetic and
 * need no sorting. A tenth is backdated, up to a month. Records are spread over the year before now, or, where the
 * ledger has records already, over the time since the last one.
 *
 * What else is kept beside postings has to be filled here, too; `verifyBooks` tells when it is missing.
 *
 * @param postings a multiple of the number of wallets, which is even
 */
export async function fillBooks(admin: Database, ledger: string, postings: number): Promise<void> {
  const place = await placeOf(admin, ledger)
  if (postings % place.accounts !== 0 || place.accounts % 2 !== 0)
    throw new Error('Only whole rounds over an even number of wallets can be filled in')
  await admin.query(
    `CREATE TABLE public.bench_base AS SELECT account_id, posted_debits AS debits, posted_credits AS credits FROM ledger.balances
     WHERE account_id BETWEEN ($1::bigint << 40) AND ($1::bigint << 40) + $2::bigint`,
    [place.ledgerId, place.accounts],
  )
  await admin.query('CREATE UNIQUE INDEX ON public.bench_base (account_id)')
  await admin.query('ANALYZE public.bench_base')
  // Two writers, since the machine has at least two cores.
  const starts = Array.from({ length: Math.ceil(postings / atOnce) }, (_, i) => i * atOnce)
  const next = starts.values()
  const write = async (): Promise<void> => {
    for (const start of next)
      await fillChunk(admin, place, start, Math.min(start + atOnce, postings), postings)
  }
  await Promise.all([write(), write()])
  await concludeFill(admin, place, postings)
  await admin.query('DROP TABLE public.bench_base')
  await admin.query('VACUUM ANALYZE')
  await admin.query('CHECKPOINT')
}

async function placeOf(admin: Database, ledger: string): Promise<Place> {
  const [row] = await admin.query<{ id: bigint; seq: bigint; accounts: bigint; from: string; to: string }>(
    `SELECT l.id, h.seq, h.accounts, to_json(greatest(h.booked_at, now() - interval '365 days')) #>> '{}' AS from,
       to_json(now()) #>> '{}' AS to
     FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id WHERE l.name = $1`,
    [ledger],
  )
  if (row === undefined) throw new Error(`There is no ledger ${ledger}`)
  return { ledgerId: row.id, accounts: Number(row.accounts), seq: row.seq, from: row.from, to: row.to }
}

async function fillChunk(
  admin: Database,
  place: Place,
  start: number,
  end: number,
  of: number,
): Promise<void> {
  const { ledgerId, accounts, seq, from, to } = place
  const half = accounts / 2
  const id = (position: string): string =>
    `(${ledgerId}::bigint << 40) + 1 + (${position}) * ${stride} % ${accounts}`
  // m is the place in the round, r the round; whole milliseconds, as everywhere.
  const rows = `(SELECT n, r, m, ${id('m')} AS debit, ${id(`(m + ${half}) % ${accounts}`)} AS credit, booked_at,
      booked_at - CASE WHEN n % 10 = 0 THEN 1 + n / 10 % 30 ELSE 0 END * interval '1 day' AS value_time,
      100 * (r + 1) + r * (r + 1) / 2 AS now_total, 100 * r + (r - 1) * r / 2 AS before_total, m >= ${half} AS later_half
    FROM (SELECT n, n / ${accounts} AS r, n % ${accounts} AS m,
            date_trunc('milliseconds', '${from}'::timestamptz + ('${to}'::timestamptz - '${from}'::timestamptz) * (n::float8 / ${of})) AS booked_at
          FROM generate_series(${start}::bigint, ${end - 1}::bigint) n) numbered) p`
  await admin.transaction(async (db) => {
    await db.query(`
      INSERT INTO ledger.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id)
      SELECT ${ledgerId}, ${seq} + 1 + n, gen_random_uuid(), 'transaction', booked_at, value_time, 'bench', 'fill-' || n, ${sampleHash}, ${sampleRequestId}
      FROM ${rows} ORDER BY n`)
    // The debit account was credited half a round ago or will be in half a round, and the other way round.
    await db.query(`
      INSERT INTO ledger.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
        debit_debits, debit_credits, credit_debits, credit_credits)
      SELECT ${ledgerId}, ${seq} + 1 + n, 0, debit, credit, 100 + r, value_time, booked_at,
        d.debits + now_total, d.credits + CASE WHEN later_half THEN now_total ELSE before_total END,
        c.debits + CASE WHEN later_half THEN now_total ELSE before_total END, c.credits + now_total
      FROM ${rows} JOIN public.bench_base d ON d.account_id = debit JOIN public.bench_base c ON c.account_id = credit ORDER BY n`)
  })
}

async function concludeFill(admin: Database, place: Place, postings: number): Promise<void> {
  const { ledgerId, accounts, seq, to } = place
  const rounds = postings / accounts
  const total = 100 * rounds + ((rounds - 1) * rounds) / 2
  await admin.query(`
    UPDATE ledger.balances b SET posted_debits = b.posted_debits + ${total}, posted_credits = b.posted_credits + ${total},
      version = ${seq} + 1 + ${postings - accounts} + greatest(m, (m + ${accounts / 2}) % ${accounts})
    FROM generate_series(0::bigint, ${accounts - 1}) m
    WHERE b.account_id = (${ledgerId}::bigint << 40) + 1 + m * ${stride} % ${accounts}`)
  const shifted = (side: string, debits: string, credits: string): string =>
    `SELECT ${side} AS account_id, (value_time AT TIME ZONE 'UTC')::date AS value_day, (booked_at AT TIME ZONE 'UTC')::date AS booked_day,
       ${debits} AS debits, ${credits} AS credits
     FROM ledger.postings WHERE ledger_id = ${ledgerId} AND seq > ${seq} AND value_time <> booked_at`
  await admin.query(`
    INSERT INTO ledger.value_days AS d (account_id, value_day, booked_day, debits, credits)
    SELECT account_id, value_day, booked_day, sum(debits), sum(credits)
    FROM (${shifted('debit_account', 'amount', '0')} UNION ALL ${shifted('credit_account', '0', 'amount')}) s GROUP BY 1, 2, 3
    ON CONFLICT (account_id, value_day, booked_day)
    DO UPDATE SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits`)
  await admin.query(
    `UPDATE ledger.heads SET seq = seq + ${postings}, booked_at = '${to}' WHERE ledger_id = ${ledgerId}`,
  )
}
