import type { Database, Db } from '@florin/kernel'
import { amountMinor } from '../lib/names.ts'
import type { Pairs, Scenario } from './scenarios.ts'
import { createTwin } from './twin.ts'

const schema = 'bench_rows'

/**
 * The baseline: what one would write first. Lock both balances, insert, insert, update, update; a statement each. No
 * validation, no idempotency.
 */
export class RowByRow {
  readonly #database: Database
  readonly #scenario: Scenario
  readonly #pairs: Pairs
  #sent = 0

  constructor(database: Database, scenario: Scenario, pairs: Pairs) {
    this.#database = database
    this.#scenario = scenario
    this.#pairs = pairs
  }

  async prepare(): Promise<void> {
    await createTwin(this.#database, schema, this.#scenario.accounts)
  }

  /** Posts transactions of the scenario, `size` of them in each database transaction. */
  async run(batches: number, size: number): Promise<void> {
    for (let batch = 0; batch < batches; batch++) {
      await this.#database.transaction(async (db) => {
        for (let i = 0; i < size; i++) await this.#post(db, this.#sent++)
      })
    }
  }

  async #post(db: Db, n: number): Promise<void> {
    const seq = await appendRecord(db, n)
    for (let line = 0; line < this.#scenario.postings; line++) {
      const at = (n * this.#scenario.postings + line) % this.#pairs.debit.length
      const [debit, credit] = [this.#pairs.debit[at] ?? 0, this.#pairs.credit[at] ?? 0]
      await postRow(db, { seq, line, debit, credit, amount: BigInt(amountMinor(n)) })
    }
  }
}

/** One posting in a database transaction of its own, into the tables that a `RowByRow` has prepared. */
export async function postAlone(
  database: Database,
  posting: { readonly debit: number; readonly credit: number; readonly amount: bigint },
): Promise<void> {
  await database.transaction(async (db) => {
    const seq = await appendRecord(db, posting.debit)
    await postRow(db, { seq, line: 0, ...posting })
  })
}

interface PostingRow {
  readonly seq: bigint
  readonly line: number
  readonly debit: number
  readonly credit: number
  readonly amount: bigint
}

interface Balance {
  account_id: bigint
  posted_debits: bigint
  posted_credits: bigint
}

async function appendRecord(db: Db, n: number): Promise<bigint> {
  const [head] = await db.query<{ seq: bigint }>(
    `UPDATE ${schema}.heads SET seq = seq + 1, booked_at = now() WHERE ledger_id = 1 RETURNING seq`,
  )
  if (head === undefined) throw new Error('The head is missing')
  await db.query(
    `INSERT INTO ${schema}.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id)
     VALUES (1, $1, gen_random_uuid(), 'transaction', now(), now(), 'bench', $2, sha256($3), gen_random_uuid()::text)`,
    [head.seq, `transfer-${n}`, Buffer.from(String(n))],
  )
  return head.seq
}

async function postRow(db: Db, { seq, line, debit, credit, amount }: PostingRow): Promise<void> {
  const rows = await db.query<Balance>(
    `SELECT account_id, posted_debits, posted_credits FROM ${schema}.balances
     WHERE account_id IN ($1, $2) ORDER BY account_id FOR NO KEY UPDATE`,
    [debit, credit],
  )
  const from = rows.find((row) => row.account_id === BigInt(credit))
  const to = rows.find((row) => row.account_id === BigInt(debit))
  if (from === undefined || to === undefined) throw new Error('An account is missing')
  await db.query(
    `INSERT INTO ${schema}.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
       debit_debits, debit_credits, credit_debits, credit_credits)
     VALUES (1, $1, $2, $3, $4, $5, now(), now(), $6, $7, $8, $9)`,
    [
      seq,
      line,
      debit,
      credit,
      amount,
      to.posted_debits + amount,
      to.posted_credits,
      from.posted_debits,
      from.posted_credits + amount,
    ],
  )
  await db.query(
    `UPDATE ${schema}.balances SET posted_debits = posted_debits + $2, version = $3 WHERE account_id = $1`,
    [debit, amount, seq],
  )
  await db.query(
    `UPDATE ${schema}.balances SET posted_credits = posted_credits + $2, version = $3 WHERE account_id = $1`,
    [credit, amount, seq],
  )
}
