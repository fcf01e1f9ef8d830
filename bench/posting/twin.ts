import type { Database } from '@florin/kernel'
import { accounts } from './scenario.ts'

/**
 * Copies of the ledger's tables with the same columns, constraints and indexes, and the same accounts with the same
 * funds: what the limit and the baseline write to.
 */
export async function createTwin(database: Database, schema: string): Promise<void> {
  await database.query(`CREATE SCHEMA ${schema}`)
  for (const table of ['journal', 'postings', 'balances', 'heads'])
    await database.query(`CREATE TABLE ${schema}.${table} (LIKE ledger.${table} INCLUDING ALL)`)
  await database.query(`ALTER TABLE ${schema}.balances SET (fillfactor = 50)`)
  await database.query(`ALTER TABLE ${schema}.heads SET (fillfactor = 10)`)
  await database.query(
    `INSERT INTO ${schema}.balances (account_id, posted_credits)
     SELECT (1::bigint << 40) + n, 10000000000 FROM generate_series(1, ${accounts}) n`,
  )
  await database.query(`INSERT INTO ${schema}.heads VALUES (1, 0, ${accounts}, 'epoch')`)
}
