import type { WorkerTools } from '@florin/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeHistories } from '../../src/commands/write-history.ts'
import { keepRecords } from '../../src/commands/write-records.ts'
import { checkMarkets, completeDue, settleMarkets } from '../../src/settlement-workers.ts'
import { Desk } from './desk.ts'

let desk: Desk
beforeEach(async () => {
  desk = await Desk.open(3)
  for (const account of ['a1', 'a2', 'a3']) {
    const place = { account, market: 'ACME-EUR' }
    await desk.done('exchange.buying-power.allocate', { ...place, amount: '5000.00' })
    await desk.done('exchange.position.deposit', { ...place, quantity: '100', price: '100.00' })
  }
  await desk.settle()
})
afterEach(() => desk.close())

const market = 'ACME-EUR'

async function findings(): Promise<string[]> {
  return (await desk.world.verify()).map(({ check, subject }) => `${check} ${subject}`)
}

async function freeze(account: string): Promise<void> {
  await desk.done(
    'ledger.account.freeze',
    { ledger: 'demo', address: `exchange:${account}:trading`, asset: 'EUR', frozen: 'both' },
    'A court order',
  )
}

test('a trade of a frozen account is forced and told, the account is stopped, and others settle as ever', async () => {
  await desk.order(1, 'buy', 5, 9_000)
  await freeze('a1')
  await desk.trade(2, 1, 10, 10_000)
  await desk.trade(2, 3, 10, 10_000)
  expect(await desk.settle()).toMatchObject({ forced: 1, refused: 0 })
  expect((await desk.settlements()).map(({ status }) => status)).toEqual(['forced', 'booked'])
  expect((await desk.balance('exchange:a1:trading')).total).toBe('99000.00')
  const [forced, ...more] = await desk.events('exchange.settlement.forced')
  expect(forced).toMatchObject({ subject: 'ACME-EUR/1', data: { refusal: { code: 'account_frozen' } } })
  expect(more).toEqual([])
  await desk.carryOut()
  expect(desk.sequencer.engine.position(1)?.openOrders).toBe(0)
  expect([await desk.order(1, 'sell', 1, 10_000), await desk.order(2, 'sell', 1, 10_000)]).toEqual([21, 0])
  await desk.settle()
  expect(await findings()).toEqual([])
})

test('what no chart has a place for is kept, told by verify, and booked when there is one again', async () => {
  const { templates } = (await desk.world.ask('ledger.chart.get', { ledger: 'demo' })) as {
    templates: { address: string }[]
  }
  const without = templates.filter(({ address }) => address !== 'exchange:{market}:fees')
  await desk.done('ledger.chart.set', { ledger: 'demo', templates: without })
  await desk.done('exchange.fees.set', {
    market,
    tiers: [{ from: '0', maker_ppm: 1_000, taker_ppm: 1_000 }],
  })
  await desk.trade(2, 1, 10, 10_000)
  expect(await desk.settle()).toMatchObject({ trades: 1, refused: 1 })
  expect(await desk.settle()).toEqual({ trades: 0, forced: 0, refused: 0 })
  expect(await findings()).toEqual([
    'exchange.trades ACME-EUR/1',
    'exchange.positions ACME-EUR a1',
    'exchange.positions ACME-EUR a2',
  ])
  expect(await desk.refusal('exchange.trade.settle', { market, trade: '1' })).toBe('trade_still_refused')
  await desk.done('ledger.chart.set', { ledger: 'demo', templates })
  expect(await desk.done('exchange.trade.settle', { market, trade: '1' })).toMatchObject({ status: 'booked' })
  expect(await desk.done('exchange.trade.settle', { market, trade: '1' })).toMatchObject({ status: 'booked' })
  expect(await desk.refusal('exchange.trade.settle', { market, trade: '2' })).toBe('trade_not_settled')
  expect(await findings()).toEqual([])
})

test('a trade in a period that was closed meanwhile is booked when it became known', async () => {
  await desk.done('ledger.period.define', {
    ledger: 'demo',
    periods: [
      { name: '2026-01', first_day: '2026-01-01', last_day: '2026-01-31' },
      { name: '2026-02', first_day: '2026-02-01', last_day: '2026-02-28' },
    ],
  })
  await desk.trade(2, 1, 10, 10_000)
  desk.world.clock.set('2026-02-01T08:00:00.000Z')
  await desk.done('ledger.period.close', {
    ledger: 'demo',
    period: '2026-01',
    mode: 'hard',
    retained_earnings: 'bank:main',
  })
  expect(await desk.settle()).toMatchObject({ forced: 1, refused: 0 })
  const [settled] = await desk.settlements()
  expect(settled).toMatchObject({ status: 'forced', traded_at: expect.stringMatching(/^2026-01-31/) })
  expect(
    await desk.world.ask('ledger.transaction.get', { ledger: 'demo', transaction: settled?.transaction }),
  ).toMatchObject({ value_time: '2026-02-01T08:00:00.000Z' })
  expect(await findings()).toEqual([])
})

test('trades are due by business days, and settle on their day', async () => {
  await desk.done('ledger.calendar.set', {
    ledger: 'demo',
    valid_from: '2026-01-01',
    valid_to: '2026-12-31',
    weekend: [6, 7],
    holidays: [{ day: '2026-02-03', name: 'A holiday' }],
  })
  // A Saturday: what happens on it counts as happening on Monday the 2nd; Tuesday is a holiday.
  await desk.trade(2, 1, 10, 10_000)
  await desk.settle()
  expect((await desk.settlements())[0]).toMatchObject({ due: '2026-02-05', settled_at: null })
  desk.world.clock.set('2026-02-04T23:59:59.000Z')
  expect(await desk.done('exchange.settlement.complete', { market })).toMatchObject({ settled: 0 })
  desk.world.clock.set('2026-02-05T00:00:00.000Z')
  expect(await desk.done('exchange.settlement.complete', { market })).toMatchObject({ settled: 1 })
  expect(await desk.done('exchange.settlement.complete', { market })).toMatchObject({ settled: 0 })
  const [settled] = await desk.settlements()
  expect(settled?.settled_at).toBe('2026-02-05T00:00:00.000Z')
  expect(
    await desk.world.ask('ledger.transaction.get', { ledger: 'demo', transaction: settled?.transaction }),
  ).toMatchObject({ settled_at: '2026-02-05T00:00:00.000Z', settlement_reference: 'ACME-EUR 2026-02-05' })
  expect(await findings()).toEqual([])
})

test('a bust trade never was, in the ledger and in the market, once', async () => {
  const before = await everything()
  await desk.done('exchange.fees.set', {
    market,
    tiers: [{ from: '0', maker_ppm: 1_000, taker_ppm: 1_000 }],
  })
  await desk.trade(2, 1, 10, 10_000)
  expect(await desk.refusal('exchange.trade.bust', { market, trade: '1' })).toBe('trade_not_settled')
  await desk.settle()
  expect(await everything()).not.toEqual(before)
  await desk.done('exchange.trade.bust', { market, trade: '1' }, 'Clearly erroneous')
  expect(await findings()).toEqual([])
  await desk.settle()
  expect(await everything()).toEqual(before)
  expect([1, 2].map((account) => desk.sequencer.engine.position(account)?.position)).toEqual([100, 100])
  expect(await desk.refusal('exchange.trade.bust', { market, trade: '1' })).toBe('trade_bust')
  expect(await desk.refusal('exchange.trade.correct', { market, trade: '1', price: '1.00' })).toBe(
    'trade_bust',
  )
  expect(await desk.done('exchange.settlement.complete', { market })).toMatchObject({ settled: 0 })
  expect(await desk.events('exchange.trade.bust')).toHaveLength(1)
  expect(await findings()).toEqual([])
})

test('a corrected trade is what it should have been, and may be corrected again', async () => {
  await desk.done('exchange.fees.set', { market, tiers: [{ from: '0', maker_ppm: 0, taker_ppm: 1_000 }] })
  await desk.trade(2, 1, 10, 10_000)
  await desk.settle()
  const said = { market, trade: '1' }
  expect(await desk.refusal('exchange.trade.correct', said)).toBe('trade_unchanged')
  expect(await desk.refusal('exchange.trade.correct', { ...said, quantity: '0' })).toBe(
    'market_value_invalid',
  )
  expect(
    await desk.done('exchange.trade.correct', { ...said, price: '90.00', quantity: '20' }, 'Agreed'),
  ).toMatchObject({ version: 1, buyer_fee: '1.80' })
  expect(await findings()).toEqual([])
  await desk.settle()
  expect((await desk.balance('exchange:a1:trading')).total).toBe('98198.20')
  expect([await desk.position('a1'), await desk.position('a2')]).toEqual(['120', '80'])
  expect([1, 2].map((account) => desk.sequencer.engine.position(account)?.position)).toEqual([120, 80])
  await desk.done('exchange.trade.correct', { ...said, price: '91.00' }, 'Agreed again')
  await desk.done('exchange.trade.bust', said, 'After all')
  await desk.settle()
  expect((await desk.balance('exchange:a1:trading')).total).toBe('100000.00')
  expect([await desk.position('a1'), await desk.position('a2')]).toEqual(['100', '100'])
  expect(await findings()).toEqual([])
})

test('a wrong posting, a hold given back and money left in clearing are found, and told', async () => {
  await desk.trade(2, 1, 10, 10_000)
  await desk.settle()
  expect(await desk.done('exchange.books.check', { market })).toMatchObject({ findings: [] })
  const post = (debit: string, credit: string, amount: string, asset: string) =>
    desk.done('ledger.transaction.post', { ledger: 'demo', postings: [{ debit, credit, amount, asset }] })
  await post('exchange:ACME-EUR:a1:position', 'exchange:ACME-EUR:a3:position', '1', 'ACME')
  await post('exchange:a1:trading', 'exchange:ACME-EUR:clearing', '0.01', 'EUR')
  const { items } = (await desk.world.ask('ledger.hold.list', {
    ledger: 'demo',
    account: 'exchange:a3:trading',
    status: 'open',
  })) as { items: { id: string }[] }
  await desk.done('ledger.hold.release', { ledger: 'demo', hold: items[0]?.id, amount: '0.01' })
  const wrong = [
    'exchange.positions ACME-EUR a1',
    'exchange.positions ACME-EUR a3',
    `exchange.holds ACME-EUR hold ${items[0]?.id}`,
    'exchange.clearing exchange:ACME-EUR:clearing EUR',
  ]
  expect(await findings()).toEqual(wrong)
  await desk.done('exchange.books.check', { market })
  const [told] = await desk.events('exchange.books.broken')
  expect(told?.data.findings).toMatchObject([
    { check: 'exchange.positions', expected: '110', found: '109' },
    { check: 'exchange.positions', expected: '100', found: '101' },
    { check: 'exchange.holds', expected: '500000', found: '499999' },
    { check: 'exchange.clearing', expected: '0.00', found: '0.01' },
  ])
})

test('a transaction that moves something else than its trade is found', async () => {
  await desk.trade(2, 1, 10, 10_000)
  await desk.trade(2, 1, 1, 10_000)
  await desk.settle()
  const [first] = await desk.settlements()
  await desk.done('ledger.transaction.reverse', { ledger: 'demo', transaction: first?.transaction })
  expect(await findings()).toContain('exchange.trades ACME-EUR/1')
  await desk.world.adminDatabase.query('DELETE FROM exchange.settlements WHERE trade = 2')
  expect(await findings()).toEqual([
    'exchange.trades ACME-EUR/1',
    'exchange.trades ACME-EUR/2',
    'exchange.trades ACME-EUR',
    'exchange.positions ACME-EUR a1',
    'exchange.positions ACME-EUR a2',
  ])
})

/** What a background role gives its workers. */
function workerTools(): WorkerTools {
  const { world } = desk
  return {
    view: { db: world.database, clock: world.clock, context: world.context() },
    context: (idempotencyKey) => world.context({ idempotencyKey }),
    execute: (command, input, context) => world.engine.execute(command, input, context),
  }
}

test('readers of journals leave a stopped market alone, and go on when it is resumed', async () => {
  const tools = workerTools()
  const readers = [settleMarkets, writeHistories, keepRecords]
  await desk.trade(2, 1, 10, 10_000)
  await desk.world.adminDatabase.query("UPDATE exchange.heads SET stopped = 'its digest is another'")
  for (const reader of readers) expect(await reader.run(tools), reader.name).toBe(0)
  await desk.world.adminDatabase.query('UPDATE exchange.heads SET stopped = NULL')
  for (const reader of readers) expect(await reader.run(tools), reader.name).toBe(1)
})

test('the workers settle what markets did, and on its day what is due', async () => {
  const { world } = desk
  const tools = workerTools()
  await desk.trade(2, 1, 10, 10_000)
  expect([await settleMarkets.run(tools), await settleMarkets.run(tools)]).toEqual([1, 0])
  expect(await completeDue.run(tools)).toBe(0)
  world.clock.set('2026-02-02T12:00:00.000Z')
  expect([await completeDue.run(tools), await completeDue.run(tools)]).toEqual([1, 0])
  expect((await desk.settlements())[0]).toMatchObject({ settled_at: '2026-02-02T12:00:00.000Z' })
  await checkMarkets.run(tools)
  expect(await desk.events('exchange.books.broken')).toEqual([])
  expect(await findings()).toEqual([])
})

/** Every balance under `exchange`. */
async function everything(): Promise<unknown> {
  return desk.world.adminDatabase.query(
    `SELECT a.address, a.asset, b.posted_credits - b.posted_debits AS total
     FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id
     WHERE a.address LIKE 'exchange:%' AND b.posted_credits <> b.posted_debits ORDER BY a.address, a.asset`,
  )
}
