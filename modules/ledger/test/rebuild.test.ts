import type { World } from '@florin/kernel/testing'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBooks, payIn } from './books.ts'

const Mended = Compile(
  Type.Object({
    mended: Type.Array(
      Type.Object({
        cache: Type.String(),
        key: Type.String(),
        subject: Type.String(),
        kept: Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]),
        counted: Type.Record(Type.String(), Type.String()),
      }),
    ),
  }),
)
const Differences = Compile(
  Type.Object({ differences: Type.Array(Type.Object({ cache: Type.String(), key: Type.String() })) }),
)

let world: World
beforeEach(async () => {
  world = await openBooks()
  await payIn(world, 2_000, 50)
})
afterEach(() => world.close())

const reason = 'somebody wrote to the database by hand'

async function rebuild(input: object = {}) {
  const answer = await world.done('ledger.caches.rebuild', { ledger: 'demo', ...input }, { reason })
  return Mended.Parse(answer).mended
}

async function differences() {
  const found = Differences.Parse(await world.ask('ledger.caches.check', { ledger: 'demo' }))
  return found.differences.map(({ cache, key }) => ({ cache, key }))
}

/** Overwrites what the application itself could not. */
async function corrupt(address: string): Promise<void> {
  await world.adminDatabase.query(
    `UPDATE ledger.balances b SET posted_credits = posted_credits + 1, pending_debits = 7
     FROM ledger.accounts a WHERE a.id = b.account_id AND a.address = $1`,
    [address],
  )
}

test('what was overwritten is found, and mended while postings go on', async () => {
  expect(await world.verify()).toEqual([])
  await corrupt('customers:7:wallet')
  await corrupt('customers:8:wallet')
  expect((await world.verify()).map(({ check }) => check)).toContain('ledger.balances-equal-postings')

  const going = { on: true }
  const posting = (async () => {
    let posted = 0
    for (; going.on; posted++) await post('customers:9:wallet')
    return posted
  })()
  const only = await differences()
  const mended = await rebuild({ only })
  going.on = false
  expect(await posting).toBeGreaterThan(0)

  expect(mended.map(({ subject }) => subject).sort()).toEqual([
    'customers:7:wallet EUR',
    'customers:8:wallet EUR',
  ])
  expect(mended[0]?.kept?.pending_debits).toBe('7')
  expect(mended[0]?.counted.pending_debits).toBe('0')
  expect(await world.verify()).toEqual([])
  expect(await rebuild()).toEqual([])
})

test('sums of days that were overwritten, added or lost are mended', async () => {
  const { adminDatabase: db } = world
  const early = { debit: 'bank:main', credit: 'customers:7:wallet', amount: '5.00', asset: 'EUR' }
  for (const day of ['01', '02', '03'])
    await world.done('ledger.transaction.post', {
      ledger: 'demo',
      postings: [early],
      value_time: `2025-12-${day}T08:00:00.000Z`,
    })
  await db.query(`UPDATE ledger.value_days SET credits = credits + 1 WHERE value_day = '2025-12-01'`)
  await db.query(`DELETE FROM ledger.value_days WHERE value_day = '2025-12-02'`)
  await db.query(
    `INSERT INTO ledger.value_days SELECT account_id, '2025-11-30', booked_day, 9, 9 FROM ledger.value_days LIMIT 1`,
  )
  expect((await world.verify()).map(({ check }) => check)).toContain('ledger.value-days-add-up')

  const mended = await rebuild({ only: await differences() })
  expect(mended.map(({ cache, subject }) => `${cache} ${subject}`).sort()).toEqual([
    'value_days bank:main EUR',
    'value_days customers:7:wallet EUR',
  ])
  expect(await world.verify()).toEqual([])
  expect(await rebuild()).toEqual([])
})

test('without a list everything is counted, and each change is in the audit trail', async () => {
  await corrupt('customers:7:wallet')
  await world.adminDatabase.query(
    `DELETE FROM ledger.balances b USING ledger.accounts a WHERE a.id = b.account_id AND a.address = 'customers:8:wallet'`,
  )
  expect(await rebuild()).toHaveLength(2)
  expect(await world.verify()).toEqual([])
  const [audit] = await world.adminDatabase.query<{ changes: unknown; reason: string }>(
    `SELECT changes, reason FROM kernel.audit WHERE action = 'ledger.caches.rebuild'`,
  )
  expect(audit?.reason).toBe(reason)
  expect(audit?.changes).toMatchObject([
    { subject: 'demo balances: customers:7:wallet EUR', before: { pending_debits: '7' } },
    { subject: 'demo balances: customers:8:wallet EUR', before: null },
  ])
})

test('holds and the head are mended, and the journal goes on where it ended', async () => {
  await world.done('ledger.hold.reserve', {
    ledger: 'demo',
    debit: 'customers:3:wallet',
    credit: 'bank:main',
    amount: '1.00',
    asset: 'EUR',
  })
  await world.adminDatabase.query(`UPDATE ledger.holds SET remaining = 5, settled = 3, status = 'released'`)
  await world.adminDatabase.query('UPDATE ledger.heads SET seq = seq - 3, accounts = 1 WHERE ledger_id > 0')
  const checks = (await world.verify()).map(({ check }) => check)
  expect(checks).toEqual(expect.arrayContaining(['ledger.holds-add-up', 'ledger.journal-without-gaps']))
  expect((await rebuild()).map(({ cache }) => cache).sort()).toEqual(['head', 'holds'])
  expect(await world.verify()).toEqual([])
  await post('customers:new:wallet')
  expect(await world.verify()).toEqual([])
})

test('keys of other ledgers, of nothing, and given twice are harmless', async () => {
  await world.done('ledger.open', { ledger: 'other' })
  await corrupt('customers:7:wallet')
  const [wrong] = await differences()
  const foreign = { ledger: 'other', only: [wrong] }
  expect(Mended.Parse(await world.done('ledger.caches.rebuild', foreign, { reason })).mended).toEqual([])
  const only = [
    wrong,
    wrong,
    { cache: 'balances', key: 'abc' },
    { cache: 'balances', key: '99999999999999999999' },
    { cache: 'holds', key: '1' },
    { cache: 'holds', key: '00000000-0000-0000-0000-000000000000' },
    { cache: 'head', key: '0' },
  ]
  expect(await rebuild({ only })).toHaveLength(1)
  expect(await world.verify()).toEqual([])
})

test('it needs a reason, and a ledger', async () => {
  expect(await world.execute('ledger.caches.rebuild', { ledger: 'demo' })).toMatchObject({
    refusal: { code: 'reason_required' },
  })
  expect(await world.execute('ledger.caches.rebuild', { ledger: 'none' })).toMatchObject({
    refusal: { code: 'ledger_not_found' },
  })
})

function post(credit: string): Promise<unknown> {
  const posting = { debit: 'bank:main', credit, amount: '1.00', asset: 'EUR' }
  return world.done('ledger.transaction.post', { ledger: 'demo', postings: [posting] })
}
