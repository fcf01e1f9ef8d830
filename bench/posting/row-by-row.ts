import type { Database, Db } from '@florin/kernel'
import { amountMinor, pairOf } from './scenario.ts'
import { createTwin } from './twin.ts'

const schema = 'bench_rows'

/** The baseline: what one would write first. Lock both balances, insert, insert, update, update; a statement each. */
export async function createRowByRow(database: Database): Promise<void> {
  await createTwin(database, schema)
}

export async function runRowByRow(
  database: Database,
  batches: number,
  size: number,
  from: number,
): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    await database.transaction(async (db) => {
      for (let i = 0; i < size; i++) await postRow(db, from + batch * size + i)
    })
  }
}

interface Balance {
  account_id: bigint
  posted_debits: bigint
  posted_credits: bigint
}

async function postRow(db: Db, n: number): Promise<void> {
  const pair = pairOf(n)
  const [debit, credit] = [accountId(pair.debit), accountId(pair.credit)]
  const amount = BigInt(amountMinor(n))
  const rows = await db.query<Balance>(
    `SELECT account_id, posted_debits, posted_credits FROM ${schema}.balances
     WHERE account_id IN ($1, $2) ORDER BY account_id FOR NO KEY UPDATE`,
    [debit, credit],
  )
  const from = rows.find((row) => row.account_id === credit)
  const to = rows.find((row) => row.account_id === debit)
  if (from === undefined || to === undefined) throw new Error('An account is missing')
  const [head] = await db.query<{ seq: bigint }>(
    `UPDATE ${schema}.heads SET seq = seq + 1, booked_at = now() WHERE ledger_id = 1 RETURNING seq`,
  )
  if (head === undefined) throw new Error('The head is missing')
  await db.query(
    `INSERT INTO ${schema}.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id)
     VALUES (1, $1, gen_random_uuid(), 'transaction', now(), now(), 'bench', $2, sha256($3), gen_random_uuid()::text)`,
    [head.seq, `transfer-${n}`, Buffer.from(String(n))],
  )
  await db.query(
    `INSERT INTO ${schema}.postings VALUES (1, $1, 0, $2, $3, $4, now(), now(), $5, $6, $7, $8)`,
    [
      head.seq,
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
    [debit, amount, head.seq],
  )
  await db.query(
    `UPDATE ${schema}.balances SET posted_credits = posted_credits + $2, version = $3 WHERE account_id = $1`,
    [credit, amount, head.seq],
  )
}

function accountId(number: number): bigint {
  return (1n << 40n) + BigInt(number)
}
