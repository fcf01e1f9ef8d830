import type { Database } from '@florin/kernel'
import { createHoldLimit } from './hold-limit.ts'
import type { Pairs, Scenario } from './scenarios.ts'
import { createTwin, sampleHash, sampleRequestId, storePairs } from './twin.ts'

const schema = 'bench_limit'

/**
 * The limit: the same rows (a journal record, its postings with four running totals, one update an account and batch)
 * made up inside PostgreSQL by set-based statements, without a round trip, a check or a thought, and committed as
 * often. Nothing that writes these rows can be faster on this machine and this schema.
 */
export async function createLimit(database: Database, scenario: Scenario, pairs: Pairs): Promise<void> {
  await createTwin(database, schema, scenario.accounts)
  await storePairs(database, schema, pairs)
  if (scenario.holds) await createHoldLimit(database, schema, pairs.debit.length)
  else await createTransferLimit(database, scenario, pairs.debit.length)
}

/** Writes what `batches` batches of `size` calls write. */
export async function runLimit(
  database: Database,
  scenario: Scenario,
  batches: number,
  size: number,
): Promise<void> {
  // A repeat writes nothing.
  const written =
    scenario.repeatedEvery === undefined ? size : size - Math.floor(size / scenario.repeatedEvery)
  await database.query(`CALL ${schema}.run(${batches}, ${written})`)
}

async function createTransferLimit(database: Database, scenario: Scenario, pairs: number): Promise<void> {
  const { postings, refusedEvery, backdatedDays } = scenario
  const valueTime =
    backdatedDays === undefined ? 'moment' : `moment - n % ${backdatedDays} * interval '1 day'`
  const refused = refusedEvery === undefined ? 'false' : `n % ${refusedEvery} = ${refusedEvery - 1}`
  await database.query(`
    CREATE PROCEDURE ${schema}.run(batches int, size int) LANGUAGE plpgsql AS $$
    DECLARE
      start bigint;
      moment timestamptz;
      first int;
      behind int;
    BEGIN
      FOR batch IN 1..batches LOOP
        SELECT seq INTO start FROM ${schema}.heads WHERE ledger_id = 1 FOR NO KEY UPDATE;
        moment := clock_timestamp();
        first := (start * ${postings}) % (${pairs} - size * ${postings} + 1);
        behind := first + size * ${postings};
        INSERT INTO ${schema}.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id, refusal, request)
        SELECT 1, n, gen_random_uuid(), 'transaction', moment, ${valueTime}, 'bench', 'transfer-' || n, ${sampleHash}, ${sampleRequestId},
          CASE WHEN ${refused} THEN ${sampleRefusal} END, CASE WHEN ${refused} THEN ${sampleRequest} END
        FROM generate_series(start + 1, start + size) n;
        INSERT INTO ${schema}.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
          debit_debits, debit_credits, credit_debits, credit_credits)
        SELECT 1, n, line, debit, credit, 1 + (n * 31) % 99999, ${valueTime}, moment, n, 10000000000 + n, n, 10000000000 + n
        FROM (SELECT start + 1 + (i - first) / ${postings} AS n, (i - first) % ${postings} AS line, debit, credit
              FROM ${schema}.pairs WHERE i >= first AND i < behind) p
        WHERE NOT (${refused});
        UPDATE ${schema}.balances b SET posted_debits = b.posted_debits + 1, posted_credits = b.posted_credits + 1, version = start + size
        FROM (SELECT debit AS id FROM ${schema}.pairs WHERE i >= first AND i < behind
              UNION SELECT credit FROM ${schema}.pairs WHERE i >= first AND i < behind) touched
        WHERE b.account_id = touched.id;
        ${backdatedDays === undefined ? '' : valueDays(backdatedDays)}
        UPDATE ${schema}.heads SET seq = start + size, booked_at = moment WHERE ledger_id = 1;
        COMMIT;
      END LOOP;
    END $$`)
}

/** What is kept of postings with another value time than their booking time, by account and days. */
function valueDays(backdatedDays: number): string {
  const shifted = (account: string, debits: string, credits: string): string =>
    `SELECT ${account} AS account_id, (moment - (start + 1 + i - first) % ${backdatedDays} * interval '1 day')::date AS value_day,
       ${debits} AS debits, ${credits} AS credits
     FROM ${schema}.pairs WHERE i >= first AND i < behind`
  return `INSERT INTO ${schema}.value_days AS d (account_id, value_day, booked_day, debits, credits)
        SELECT account_id, value_day, moment::date, sum(debits), sum(credits)
        FROM (${shifted('debit', '1 + i % 99999', '0')} UNION ALL ${shifted('credit', '0', '1 + i % 99999')}) s GROUP BY 1, 2
        ON CONFLICT (account_id, value_day, booked_day)
        DO UPDATE SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits;`
}

const sampleRefusal = `'{"code":"insufficient_funds","message":"customers:4711:wallet EUR has 100000000000.00 available and would have -899999999999.00","details":{"account":"customers:4711:wallet","asset":"EUR"}}'::jsonb`
const sampleRequest = `'{"ledger":"bench","postings":[{"debit":"customers:4711:wallet","credit":"customers:42:wallet","amount":"999999999999.00","asset":"EUR"}]}'::jsonb`
