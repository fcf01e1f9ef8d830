import type { World } from '@florin/kernel/testing'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyBooksEvery } from '../src/index.ts'
import { verifyBooks } from '../src/verify.ts'
import { openBooks, payIn } from './books.ts'

let world: World
const postings = 21_000

beforeAll(async () => {
  world = await openBooks()
  await payIn(world, postings, 300)
})
afterAll(() => world.close())

/** What is found after a statement that only a superuser may run; nothing of it stays. */
async function foundAfter(statement: string): Promise<string[]> {
  return world.adminDatabase.rehearse(async (db) => {
    await db.query(statement)
    const { findings } = await verifyBooks(db, world.clock.now())
    return [...new Set(findings.map(({ check }) => check.replace('ledger.', '')))].sort()
  })
}

test('whole books hold, and the progress rises to its end', async () => {
  const steps: number[] = []
  const { findings, scopes } = await verifyBooks(world.database, world.clock.now(), (done, of) => {
    expect(of).toBe(2 * postings)
    steps.push(done)
  })
  expect(findings).toEqual([])
  expect(scopes.find(({ name }) => name === 'demo')?.seq).toBe(BigInt(postings))
  expect(steps).toEqual([...steps].sort((a, b) => a - b))
  expect(steps.at(-1)).toBe(2 * postings)
  expect(steps.length).toBeGreaterThan(5)
})

test('no statement reads or gives more than a page', async () => {
  let longest = 0
  const db = {
    database: world.database,
    query: async <R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> => {
      const rows = await world.database.query<R>(text, values)
      longest = Math.max(longest, rows.length, JSON.stringify(rows, (_, v) => String(v)).length / 200)
      return rows
    },
    send: () => Promise.reject(new Error('a verification writes nothing')),
  }
  expect((await verifyBooks(db, world.clock.now())).findings).toEqual([])
  expect(longest).toBeLessThan(5_001)
})

test('it needs no snapshot: postings go on meanwhile', async () => {
  const own = await openBooks()
  await payIn(own, 3_000, 20)
  const going = { on: true }
  const posting = (async () => {
    while (going.on) await payIn(own, 40, 21)
  })()
  for (let round = 0; round < 5; round++)
    expect((await verifyBooks(own.database, own.clock.now())).findings).toEqual([])
  going.on = false
  await posting
  await own.close()
})

describe('finds', () => {
  test.each([
    [
      'an amount that was changed',
      'UPDATE ledger.postings SET amount = amount + 1 WHERE seq = 12345',
      ['balances-equal-postings', 'running-totals-link'],
    ],
    [
      'a running total that was changed',
      'UPDATE ledger.postings SET debit_debits = debit_debits + 1 WHERE seq = 20999',
      ['running-totals-link'],
    ],
    [
      'a posting that was removed',
      'DELETE FROM ledger.postings WHERE seq = 5000',
      ['balances-equal-postings', 'running-totals-link', 'transactions-have-postings'],
    ],
    [
      'the last posting removed',
      'DELETE FROM ledger.postings WHERE seq = 21000',
      ['balances-equal-postings', 'transactions-have-postings', 'versions-name-the-last-record'],
    ],
    [
      'a record that was removed',
      'DELETE FROM ledger.journal WHERE seq = 10000 AND ledger_id > 0',
      ['journal-without-gaps', 'postings-belong-to-their-record'],
    ],
    [
      'the last record removed',
      'DELETE FROM ledger.journal WHERE seq = 21000 AND ledger_id > 0',
      ['journal-without-gaps', 'postings-belong-to-their-record'],
    ],
    [
      'a head that lags',
      'UPDATE ledger.heads SET seq = seq - 1 WHERE ledger_id > 0',
      ['journal-without-gaps'],
    ],
    [
      'a head that runs ahead',
      'UPDATE ledger.heads SET seq = seq + 1 WHERE ledger_id > 0',
      ['journal-without-gaps'],
    ],
    [
      'a balance',
      'UPDATE ledger.balances SET posted_debits = 1 WHERE account_id = (SELECT max(account_id) FROM ledger.balances)',
      ['balances-equal-postings', 'debits-equal-credits'],
    ],
    [
      'a missing balance',
      'DELETE FROM ledger.balances WHERE account_id = (SELECT max(account_id) FROM ledger.balances)',
      ['balances-equal-postings', 'debits-equal-credits'],
    ],
    [
      'what is reserved for nothing',
      'UPDATE ledger.balances SET pending_debits = 1 WHERE account_id = (SELECT max(account_id) FROM ledger.balances)',
      ['reserved-equals-holds'],
    ],
    [
      'booking times at the edge of a slice',
      `UPDATE ledger.journal SET booked_at = booked_at - interval '1 day' WHERE seq = 10001`,
      ['booking-time-rises', 'postings-belong-to-their-record'],
    ],
    [
      'another account’s ledger',
      'UPDATE ledger.postings SET debit_account = debit_account + (1::bigint << 40) WHERE seq = 7',
      ['balances-equal-postings', 'postings-stay-in-ledger-and-asset', 'running-totals-link'],
    ],
    [
      'another asset',
      `UPDATE ledger.accounts SET asset = 'USD' WHERE address = 'customers:5:wallet'`,
      ['debits-equal-credits', 'postings-stay-in-ledger-and-asset'],
    ],
    [
      'records of no ledger',
      'UPDATE ledger.postings SET ledger_id = 99 WHERE seq = 21000',
      [
        'balances-equal-postings',
        'records-belong-to-a-ledger',
        'transactions-have-postings',
        'versions-name-the-last-record',
      ],
    ],
    [
      'a refused record with postings',
      `UPDATE ledger.journal SET refusal = '{}' WHERE seq = 77`,
      ['postings-belong-to-their-record'],
    ],
  ])('%s', async (_what, statement, checks) => {
    expect(await foundAfter(statement)).toEqual(checks)
  })

  test('the first break of each account, by name', async () => {
    const { findings } = await world.adminDatabase.rehearse(async (db) => {
      await db.query('UPDATE ledger.postings SET credit_credits = credit_credits + 1 WHERE seq IN (100, 400)')
      return verifyBooks(db, world.clock.now())
    })
    expect(findings).toMatchObject([
      { check: 'ledger.running-totals-link', subject: 'customers:99:wallet EUR at 100/0' },
    ])
  })
})

describe('the background role', () => {
  const Recorded = Compile(
    Type.Object({
      items: Type.Array(
        Type.Object({
          findings: Type.Integer(),
          actor: Type.String(),
          up_to: Type.Array(Type.Object({ ledger: Type.String(), seq: Type.String() })),
        }),
      ),
    }),
  )
  const dayMs = 24 * 60 * 60 * 1_000
  const worker = verifyBooksEvery(dayMs)
  const run = () =>
    worker.run({
      view: { db: world.database, clock: world.clock, context: world.context() },
      context: (idempotencyKey) => world.context({ idempotencyKey }),
      execute: (command, input, context) => world.engine.execute(command, input, context),
    })
  const events = () =>
    world.adminDatabase.query<{ type: string }>(
      `SELECT type FROM kernel.outbox WHERE type LIKE 'ledger.books.%' ORDER BY seq`,
    )

  test('looks once a day, and tells whether the books hold', async () => {
    expect(await run()).toBe(0)
    world.clock.advance(dayMs)
    expect(await run()).toBe(1)
    expect(await run()).toBe(0)
    await world.adminDatabase.query('UPDATE ledger.balances SET pending_debits = 1')
    world.clock.advance(dayMs)
    expect(await run()).toBe(1)
    expect((await events()).map(({ type }) => type)).toEqual(['ledger.books.verified', 'ledger.books.broken'])
    const { items } = Recorded.Parse(await world.ask('ledger.verification.list', {}))
    expect(items).toMatchObject([
      { findings: 301 },
      { findings: 0, up_to: [{ ledger: 'demo', seq: String(postings) }] },
    ])
    const page = await world.ask('ledger.verification.list', { limit: 1 })
    expect(page).toMatchObject({ items: [{ findings: 301 }], next: expect.any(String) })
  })
})
