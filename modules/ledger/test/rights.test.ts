import { errorCode, kernelModule } from '@florin/kernel'
import { createWorld, examplesBefore, runExamples, type World } from '@florin/kernel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

/** Every column that the application may overwrite: what is derived or decided anew, and when a key was last used. */
const mayUpdate = [
  'kernel.api_key_uses.key_id',
  'kernel.api_key_uses.last_used_at',
  'kernel.approval_requests.open',
  'ledger.accounts.closed_at',
  'ledger.accounts.frozen',
  'ledger.accounts.metadata',
  'ledger.accounts.overdraft_limit',
  'ledger.balances.pending_credits',
  'ledger.balances.pending_debits',
  'ledger.balances.posted_credits',
  'ledger.balances.posted_debits',
  'ledger.balances.version',
  'ledger.dues.open',
  'ledger.heads.accounts',
  'ledger.heads.booked_at',
  'ledger.heads.forward_due',
  'ledger.heads.policies',
  'ledger.heads.seq',
  'ledger.holds.remaining',
  'ledger.holds.settled',
  'ledger.holds.status',
  'ledger.monitor_states.seq',
  'ledger.monitor_states.since',
  'ledger.monitor_states.triggered',
  'ledger.safeguard_sums.broken',
  'ledger.safeguard_sums.held',
  'ledger.safeguard_sums.owed',
  'ledger.safeguard_sums.seq',
  'ledger.safeguard_sums.since',
  'ledger.value_days.credits',
  'ledger.value_days.debits',
]

const denied = '42501'
const modules = [kernelModule, ledgerModule]
let world: World
let columns: { table: string; column: string }[]
let tables: string[]

beforeAll(async () => {
  world = await createWorld({ modules })
  const last = 'ledger.hold.settle'
  await runExamples(world, [...examplesBefore(world.registry, last), last])
  columns = await world.adminDatabase.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS table, format('%I', a.attname) AS column
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('kernel', 'ledger') ORDER BY 1, 2`,
  )
  tables = [...new Set(columns.map((each) => each.table))]
})
afterAll(() => world.close())

/** The code that PostgreSQL refuses the statement with, or `allowed`; nothing of it stays. */
async function attempt(statement: string): Promise<string | undefined> {
  return world.database.rehearse((db) => db.query(statement)).then(() => 'allowed', errorCode)
}

test('there are records to be protected', async () => {
  expect(tables).toEqual(
    expect.arrayContaining(['ledger.journal', 'ledger.postings', 'kernel.audit', 'kernel.outbox']),
  )
  const rows = await world.adminDatabase.query('SELECT FROM ledger.postings')
  expect(rows.length).toBeGreaterThan(0)
})

test('the application can delete from no table and truncate none', async () => {
  const allowed: string[] = []
  for (const table of tables) {
    const statements = [
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `TRUNCATE ${table} CASCADE`,
      `DROP TABLE ${table}`,
      `ALTER TABLE ${table} ADD COLUMN own int`,
      `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
      `CREATE RULE own AS ON UPDATE TO ${table} DO INSTEAD NOTHING`,
    ]
    for (const statement of statements) {
      const code = await attempt(statement)
      if (code !== denied) allowed.push(`${statement}: ${code}`)
    }
  }
  expect(allowed).toEqual([])
})

test('the application can overwrite exactly the documented columns', async () => {
  const allowed: string[] = []
  for (const { table, column } of columns) {
    const name = `${table}.${column}`
    // An identity column can only be set to its default; the others are set to what they are.
    const statement = mayUpdate.includes(name)
      ? `UPDATE ${table} SET ${column} = ${column}`
      : `UPDATE ${table} SET ${column} = DEFAULT`
    const code = await attempt(statement)
    if (code === 'allowed') allowed.push(name)
    else expect(code, statement).toBe(denied)
  }
  expect(allowed).toEqual(mayUpdate)
})

test('the application can neither create anything in the schemas nor take on other rights', async () => {
  const statements = [
    'CREATE TABLE ledger.own ()',
    'CREATE TABLE kernel.own ()',
    'CREATE SCHEMA own',
    // PostgreSQL only warns of a grant that grants nothing.
    'GRANT DELETE ON ledger.postings TO florin_app; DELETE FROM ledger.postings',
    `INSERT INTO kernel.migrations (module, version, name, sha256) VALUES ('ledger', 99, '', '')`,
    'ALTER TABLE ledger.postings OWNER TO florin_app',
    'CREATE OR REPLACE FUNCTION ledger.seq_at(bigint, timestamptz) RETURNS bigint LANGUAGE sql AS $$ SELECT 1 $$',
  ]
  for (const statement of statements) expect(await attempt(statement), statement).toBe(denied)
})

test('the application can change nothing through a view', async () => {
  const views = await world.adminDatabase.query<{ view: string; changes: boolean }>(
    `SELECT c.relname AS view, has_table_privilege('florin_app', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS changes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('v', 'm') AND n.nspname IN ('kernel', 'ledger') ORDER BY 1`,
  )
  expect(views).toContainEqual({ view: 'entries', changes: false })
  expect(views.filter((view) => view.changes)).toEqual([])
})

test('none of these attempts changed anything', async () => {
  expect(await world.verify()).toEqual([])
})
