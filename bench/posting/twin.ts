import type { Database } from '@florin/kernel'
import type { Pairs } from './scenarios.ts'

/** What records carry besides the movement, in SQL: as long as the real thing. */
export const sampleHash = `decode('5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592', 'hex')`
export const sampleRequestId = `'019a0000-0000-7000-8000-000000000000'`

const tables = ['journal', 'postings', 'balances', 'heads', 'holds', 'reservations', 'value_days']

/**
 * Copies of the ledger's tables with the same columns, constraints, indexes and storage settings, and the same
 * accounts: what the limit and the baseline write to. Its wallet n has the number n.
 */
export async function createTwin(database: Database, schema: string, accounts: number): Promise<void> {
  await database.query(`CREATE SCHEMA ${schema}`)
  for (const table of tables) {
    await database.query(`CREATE TABLE ${schema}.${table} (LIKE ledger.${table} INCLUDING ALL)`)
    const [settings] = await database.query<{ settings: string | null }>(
      `SELECT array_to_string(reloptions, ', ') AS settings FROM pg_class WHERE oid = 'ledger.${table}'::regclass`,
    )
    if (settings?.settings) await database.query(`ALTER TABLE ${schema}.${table} SET (${settings.settings})`)
  }
  await database.query(
    `INSERT INTO ${schema}.balances (account_id, posted_credits) SELECT n, 10000000000 FROM generate_series(1, ${accounts}) n`,
  )
  await database.query(
    `INSERT INTO ${schema}.heads (ledger_id, seq, accounts, booked_at) VALUES (1, 0, ${accounts}, 'epoch')`,
  )
  await database.query(`VACUUM ANALYZE ${schema}.balances`)
}

/** The very pairs that Florin is sent, at hand inside PostgreSQL: one for each posting, from 0 on. */
export async function storePairs(database: Database, schema: string, pairs: Pairs): Promise<void> {
  await database.query(`CREATE TABLE ${schema}.pairs (i int PRIMARY KEY, debit bigint, credit bigint)`)
  await database.query(
    `INSERT INTO ${schema}.pairs SELECT i - 1, debit, credit
     FROM unnest($1::int[], $2::int[]) WITH ORDINALITY AS p (debit, credit, i)`,
    [`{${pairs.debit.join(',')}}`, `{${pairs.credit.join(',')}}`],
  )
  await database.query(`VACUUM ANALYZE ${schema}.pairs`)
}
