import type { Database } from '@florin/kernel'
import { accounts } from './scenario.ts'
import { createTwin } from './twin.ts'

const schema = 'bench_limit'

/**
 * The limit: the same rows (a journal record, a posting with four running totals, one update an account and batch)
 * made up inside PostgreSQL by set-based statements, without a round trip, a check or a thought, and committed as
 * often. Nothing that writes these rows can be faster on this machine and this schema.
 */
export async function createLimit(database: Database): Promise<void> {
  await createTwin(database, schema)
  await database.query(`
    CREATE PROCEDURE ${schema}.run(batches int, size int) LANGUAGE plpgsql AS $$
    DECLARE
      start bigint;
      moment timestamptz;
    BEGIN
      FOR batch IN 1..batches LOOP
        SELECT seq INTO start FROM ${schema}.heads WHERE ledger_id = 1 FOR NO KEY UPDATE;
        moment := clock_timestamp();
        INSERT INTO ${schema}.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id)
        SELECT 1, n, gen_random_uuid(), 'transaction', moment, moment, 'bench', 'transfer-' || n,
          decode('5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592', 'hex'), '019a0000-0000-7000-8000-000000000000'
        FROM generate_series(start + 1, start + size) n;
        INSERT INTO ${schema}.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
          debit_debits, debit_credits, credit_debits, credit_credits)
        SELECT 1, n, 0, (1::bigint << 40) + 1 + (n * 7919) % ${accounts}, (1::bigint << 40) + 1 + (n * 104729 + 5000) % ${accounts},
          1 + (n * 31) % 99999, moment, moment, n, 10000000000 + n, n, 10000000000 + n
        FROM generate_series(start + 1, start + size) n
        WHERE (n * 7919) % ${accounts} <> (n * 104729 + 5000) % ${accounts};
        UPDATE ${schema}.balances b SET posted_debits = b.posted_debits + 1, posted_credits = b.posted_credits + 1, version = start + size
        FROM (SELECT DISTINCT (1::bigint << 40) + 1 + (CASE side WHEN 0 THEN n * 7919 ELSE n * 104729 + 5000 END) % ${accounts} AS id
              FROM generate_series(start + 1, start + size) n, generate_series(0, 1) side) touched
        WHERE b.account_id = touched.id;
        UPDATE ${schema}.heads SET seq = start + size, booked_at = moment WHERE ledger_id = 1;
        COMMIT;
      END LOOP;
    END $$`)
}

export async function runLimit(database: Database, batches: number, size: number): Promise<void> {
  await database.query(`CALL ${schema}.run(${batches}, ${size})`)
}
