import type { World } from '@florin/kernel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesByBooking, linesByValue } from '../../src/store/statement-lines.ts'
import { live, openWorld } from './stage.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

test('a page is read by indexes, in either order', async () => {
  const ledger = 'plans'
  const base = {
    postings: [{ ends: [0, 1], amount: 100 }],
    reference: null,
    description: null,
    reverse: false,
  }
  await live(
    world,
    ledger,
    Array.from({ length: 30 }, (_, i) => ({ ...base, laterMs: 1_000, agoMs: i % 3 === 0 ? 500 : 0 })),
  )
  await world.adminDatabase.query(
    `INSERT INTO ledger.postings SELECT l.id, 1000000 + n, 0, a.id, b.id, 1, t - (n % 5) * interval '1 hour', t, 1, 0, 0, 1
     FROM ledger.ledgers l JOIN ledger.accounts a ON a.ledger_id = l.id AND a.address = 'bank:main'
     JOIN ledger.accounts b ON b.ledger_id = l.id AND b.address = 'customers:1',
     generate_series(1, 30000) n, LATERAL (SELECT now() + n * interval '1 second' AS t) x WHERE l.name = $1`,
    [ledger],
  )
  await world.adminDatabase.query('ANALYZE ledger.postings')
  const [account] = await world.adminDatabase.query<{ id: bigint; ledger_id: bigint }>(
    `SELECT a.id, a.ledger_id FROM ledger.accounts a JOIN ledger.ledgers l ON l.id = a.ledger_id
     WHERE l.name = $1 AND a.address = 'bank:main'`,
    [ledger],
  )
  if (account === undefined) throw new Error('No account')
  const plans: string[] = []
  await world.adminDatabase.transaction(async (db) => {
    const explaining = Object.assign(Object.create(db), {
      query: async (text: string, values: readonly unknown[]) => {
        const rows = await db.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, TIMING OFF) ${text}`, values)
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
        return []
      },
    })
    const lines = { ledgerId: account.ledger_id, accountId: account.id, limit: 101 }
    const after = { seq: 1_010_000n, line: 0 }
    await linesByBooking(explaining, lines, { after, upTo: 1_030_000n })
    const valueTime = Date.now() + 10_000_000
    const punctual = { after, upTo: 1_030_000n }
    await linesByValue(explaining, lines, {
      after: { valueTime, ...after },
      last: valueTime + 100_000_000,
      asOf: 1_030_000n,
      punctual,
    })
  })
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    expect(plan).not.toMatch(/Seq Scan on postings/)
    // Nothing that is read of the postings is much more than a page.
    const read = [...plan.matchAll(/postings.*\(actual rows=([\d.]+)/g)].map(([, rows]) => Number(rows))
    expect(read.length).toBeGreaterThan(1)
    expect(Math.max(...read)).toBeLessThan(500)
  }
  expect(plans[1]).toContain('postings_shifted_debit')
  await world.adminDatabase.query('DELETE FROM ledger.postings WHERE seq > 1000000')
})
