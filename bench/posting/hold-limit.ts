import type { Database } from '@florin/kernel'
import { sampleHash, sampleRequestId } from './twin.ts'

/**
 * The rows of holds and of their settlements: `size` holds in one transaction, then their settlements in
 * another, as Florin does it.
 */
export async function createHoldLimit(database: Database, schema: string, pairs: number): Promise<void> {
  const record = (kind: string, subject: string): string => `
        INSERT INTO ${schema}.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id, subject)
        SELECT 1, n, CASE '${kind}' WHEN 'hold' THEN ids[n - start] ELSE gen_random_uuid() END, '${kind}', moment, moment, 'bench', '${kind}-' || n,
          ${sampleHash}, ${sampleRequestId}, ${subject} FROM generate_series(start + 1, start + size) n;`
  const window = `(SELECT start + 1 + i - first AS n, debit, credit FROM ${schema}.pairs WHERE i >= first AND i < first + size) p`
  const reservation = (delta: string, hold: string): string => `
        INSERT INTO ${schema}.reservations (ledger_id, seq, line, hold_id, debit_account, credit_account, delta, debit_pending, credit_pending)
        SELECT 1, n, 0, ${hold}, debit, credit, ${delta} * (1 + (n * 31) % 99999), 100000 + n, 100000 + n FROM ${window};`
  const balances = (change: string): string => `
        UPDATE ${schema}.balances b SET ${change}, version = start + size
        FROM (SELECT debit AS id FROM ${window} UNION SELECT credit FROM ${window}) touched WHERE b.account_id = touched.id;
        UPDATE ${schema}.heads SET seq = start + size, booked_at = moment WHERE ledger_id = 1;
        COMMIT;`
  const begin = `
        SELECT seq INTO start FROM ${schema}.heads WHERE ledger_id = 1 FOR NO KEY UPDATE;
        moment := clock_timestamp();`
  await database.query(`
    CREATE PROCEDURE ${schema}.run(batches int, size int) LANGUAGE plpgsql AS $$
    DECLARE
      start bigint;
      moment timestamptz;
      first int;
      ids uuid[];
    BEGIN
      FOR batch IN 1..batches LOOP${begin}
        first := start % (${pairs} - size + 1);
        ids := ARRAY(SELECT gen_random_uuid() FROM generate_series(1, size));
        ${record('hold', 'NULL')}
        INSERT INTO ${schema}.holds (id, ledger_id, seq, debit_account, credit_account, amount, status, remaining, settled)
        SELECT ids[n - start], 1, n, debit, credit, 1 + (n * 31) % 99999, 'open', 1 + (n * 31) % 99999, 0 FROM ${window};
        ${reservation('1', 'ids[n - start]')}
        ${balances('pending_debits = b.pending_debits + 1, pending_credits = b.pending_credits + 1')}
        ${begin}
        ${record('settlement', 'ids[n - start]')}
        INSERT INTO ${schema}.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
          debit_debits, debit_credits, credit_debits, credit_credits)
        SELECT 1, n, 0, debit, credit, 1 + (n * 31) % 99999, moment, moment, n, 10000000000 + n, n, 10000000000 + n FROM ${window};
        ${reservation('-1', 'ids[n - start]')}
        UPDATE ${schema}.holds h SET status = 'settled', remaining = 0, settled = h.amount FROM unnest(ids) s (id) WHERE h.id = s.id;
        ${balances('posted_debits = b.posted_debits + 1, posted_credits = b.posted_credits + 1, pending_debits = 0, pending_credits = 0')}
      END LOOP;
    END $$`)
}
