import type { World } from '@florin/kernel/testing'
import {
  amendOrder,
  cancelOrder,
  changePhase,
  decodeRecords,
  type EnterOrder,
  endOfDay,
  enterOrder,
  indicate,
} from '@florin/orderbook'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orderNumber } from '../../src/domain/order-id.ts'
import { eachCommand } from '../../src/index.ts'
import { Desk } from '../settlement/desk.ts'

const market = 'ACME-EUR'
const time = 0

let desk: Desk
let world: World
beforeEach(async () => {
  desk = await Desk.open(2, { start: '2026-01-30T10:00:00.000Z' })
  world = desk.world
  for (const account of ['a1', 'a2']) {
    await desk.done('exchange.buying-power.allocate', { account, market, amount: '50000.00' })
    await desk.done('exchange.position.deposit', { account, market, quantity: '500', price: '100.00' })
  }
  await desk.settle()
})
afterEach(() => desk.close())

interface Placed {
  readonly order: number
  readonly slot: number
  readonly id: string
}

async function enter(order: Omit<EnterOrder, 'time'> & { price: number }): Promise<Placed> {
  world.clock.advance(1)
  const { records, count } = await desk.sequencer.submit(enterOrder({ time, ...order }))
  const [answer] = decodeRecords(records, count)
  if (answer?.kind !== 'answer') throw new Error('no answer')
  return { ...answer, id: String(orderNumber(answer.order, answer.slot)) }
}

async function send(command: Int32Array): Promise<void> {
  world.clock.advance(1)
  await desk.sequencer.submit(command)
}

interface Life {
  events: { seq: number; place: number; clock: string; fields: Record<string, string | null> }[]
}

async function lifeOf({ id }: Placed): Promise<Life['events']> {
  return ((await world.ask('exchange.order.life', { market, order_id: id })) as Life).events
}

const codes = (events: Life['events']) => events.map(({ fields }) => fields['21_event'])

/** A day's trading, small enough to be followed by hand; one lot is one unit, one tick a cent. */
async function tradeOneDay() {
  const low = await enter({ account: 1, side: 'buy', quantity: 1, price: 9_900 })
  const iceberg = await enter({ account: 2, side: 'sell', quantity: 10, display: 4, price: 10_010 })
  const changed = await enter({ account: 1, side: 'buy', quantity: 3, price: 10_000 })
  // Trades 4, the next part is shown, trades 1.
  const taker = await enter({
    account: 1,
    side: 'buy',
    quantity: 5,
    price: 10_010,
    timeInForce: 'immediate',
  })
  const reference = { time, account: 1, order: changed.order, slot: changed.slot }
  await send(amendOrder({ ...reference, price: 10_000, quantity: 2 }))
  await send(amendOrder({ ...reference, price: 10_001, quantity: 2 }))
  await send(cancelOrder(reference))
  await enter({ account: 1, side: 'buy', quantity: 1, price: 200_000 })
  const unfilled = await enter({
    account: 1,
    side: 'buy',
    quantity: 7,
    price: 10_005,
    timeInForce: 'immediate',
  })
  const last = await enter({ account: 2, side: 'sell', quantity: 2, price: 10_020 })
  // The last price is its stop already: triggered at once, trades 3 and 2 of the iceberg, and 2 more.
  const stopped = await enter({
    account: 1,
    side: 'buy',
    type: 'stopLimit',
    stop: 10_010,
    price: 10_020,
    quantity: 7,
  })
  await send(endOfDay({ time }))
  await world.done('exchange.records.write', { market })
  return { low, iceberg, changed, taker, unfilled, last, stopped }
}

test('the life of every order is recorded, from its entry to its end', async () => {
  const { low, iceberg, changed, taker, unfilled, last, stopped } = await tradeOneDay()
  expect(codes(await lifeOf(low))).toEqual(['NEWO', 'EXPI'])
  expect(codes(await lifeOf(iceberg))).toEqual(['NEWO', 'PARF', 'REMA', 'PARF', 'PARF', 'REMA', 'FILL'])
  expect(codes(await lifeOf(changed))).toEqual(['NEWO', 'REME', 'REME', 'CAME'])
  expect(codes(await lifeOf(taker))).toEqual(['NEWO', 'PARF', 'FILL'])
  expect(codes(await lifeOf(unfilled))).toEqual(['NEWO', 'CAMO'])
  expect(codes(await lifeOf(last))).toEqual(['NEWO', 'FILL'])
  expect(codes(await lifeOf(stopped))).toEqual(['NEWO', 'TRIG', 'PARF', 'PARF', 'FILL'])
})

test('an event has the fields of the regulation', async () => {
  const { iceberg, stopped } = await tradeOneDay()
  const [entered, partly, refreshed] = await lifeOf(iceberg)
  expect(entered).toMatchObject({
    clock: 'test clock',
    account: 'a2',
    participant: 'broker-1',
    session: null,
  })
  // Every field in the order of the regulation; who is behind the order was not registered.
  expect(entered?.fields).toEqual({
    '1_identification_of_the_entity_which_submitted_the_order': null,
    '2_direct_electronic_access': null,
    '3_client_identification_code': null,
    '4_investment_decision_within_firm': null,
    '5_execution_within_firm': null,
    '6_non_executing_broker': null,
    '7_trading_capacity': 'AOTC',
    '8_liquidity_provision_activity': null,
    '9_date_and_time': expect.stringMatching(/^2026-01-30T10:00:00\.\d{6}Z$/),
    '10_validity_period': 'DAVY',
    '11_order_restriction': null,
    '12_validity_period_and_time': '2026-01-30T23:59:59.999999Z',
    '13_priority_time_stamp': entered?.fields['9_date_and_time'],
    '14_priority_size': null,
    '15_sequence_number': expect.stringMatching(/^\d+$/),
    '16_segment_mic_code': null,
    '17_order_book_code': 'ACME-EUR',
    '18_financial_instrument_identification_code': null,
    '19_date_of_receipt': '2026-01-30',
    '20_order_identification_code': iceberg.id,
    '21_event': 'NEWO',
    '22_order_type': 'limit',
    '23_order_type_classification': 'LMTO',
    '24_limit_price': '100.10',
    '25_additional_limit_price': null,
    '26_stop_price': null,
    '27_pegged_limit_price': null,
    '28_transaction_price': null,
    '29_price_currency': 'EUR',
    '30_currency_of_leg_2': null,
    '31_price_notation': 'MONE',
    '32_buy_sell_indicator': 'SELL',
    '33_order_status': 'ACTI',
    '34_quantity_notation': 'UNIT',
    '35_quantity_currency': null,
    '36_initial_quantity': '10',
    '37_remaining_quantity_including_hidden': '10',
    '38_displayed_quantity': '4',
    '39_traded_quantity': null,
    '40_minimum_acceptable_quantity': null,
    '41_minimum_executable_size': null,
    '42_mes_first_execution_only': null,
    '43_passive_only_indicator': 'false',
    '44_passive_or_aggressive_indicator': null,
    '45_self_execution_prevention': 'false',
    '46_strategy_linked_order_identification': null,
    '47_routing_strategy': null,
    '48_trading_venue_transaction_identification_code': null,
    '49_trading_phases': 'continuous',
    '50_indicative_auction_price': null,
    '51_indicative_auction_volume': null,
  })
  expect(Object.keys(entered?.fields ?? {}).map((name) => Number.parseInt(name, 10))).toEqual(
    Array.from({ length: 51 }, (_, i) => i + 1),
  )
  expect(partly?.fields).toMatchObject({
    '28_transaction_price': '100.10',
    '37_remaining_quantity_including_hidden': '6',
    '39_traded_quantity': '4',
    '44_passive_or_aggressive_indicator': 'PASV',
    '48_trading_venue_transaction_identification_code': 'M1T1',
  })
  expect(refreshed?.fields).toMatchObject({
    '37_remaining_quantity_including_hidden': '6',
    '38_displayed_quantity': '4',
  })
  expect(refreshed?.fields['13_priority_time_stamp']).toBe(refreshed?.fields['9_date_and_time'])
  const [waiting, triggered, , , filled] = await lifeOf(stopped)
  expect(waiting?.fields).toMatchObject({
    '23_order_type_classification': 'STOP',
    '26_stop_price': '100.10',
    '33_order_status': 'INAC',
  })
  expect(triggered?.fields['33_order_status']).toBe('ACTI')
  expect(filled?.fields).toMatchObject({
    '44_passive_or_aggressive_indicator': 'AGRE',
    '33_order_status': 'INAC',
  })
})

test('a trailing stop has a limit once it is triggered, and what ends an order by itself is told', async () => {
  const seconds = Date.parse('2026-01-30T16:00:00.000Z') / 1_000
  const ended = { account: 1, side: 'buy', quantity: 1 } as const
  const dated = await enter({ ...ended, price: 9_000, timeInForce: 'goodTillDate', expiry: seconds })
  const open = await enter({ ...ended, price: 9_001, timeInForce: 'goodTillCancelled' })
  const trailing = { type: 'trailingStop', stop: 10, price: 3 } as const
  await enter({ account: 2, side: 'sell', quantity: 1, price: 10_000 })
  await enter({ ...ended, price: 10_000 })
  const trails = await enter({ ...ended, ...trailing, timeInForce: 'day' })
  await enter({ account: 2, side: 'sell', quantity: 2, price: 10_010 })
  await enter({ ...ended, price: 10_010 })
  await world.done('exchange.records.write', { market })
  const told = async (order: Placed) =>
    (await lifeOf(order)).map(({ fields }) =>
      ['10_validity_period', '12_validity_period_and_time', '24_limit_price', '26_stop_price'].map(
        (name) => fields[name],
      ),
    )
  expect(await told(dated)).toEqual([['GTSV', '2026-01-30T16:00:00.000000Z', '90.00', null]])
  expect(await told(open)).toEqual([['GTCV', null, '90.01', null]])
  const dayEnd = '2026-01-30T23:59:59.999999Z'
  expect(await told(trails)).toEqual([
    ['DAVY', dayEnd, null, '100.10'],
    ['DAVY', dayEnd, '100.13', '100.10'],
    ['DAVY', dayEnd, '100.13', '100.10'],
  ])
})

test('what was refused is recorded, and the report of a day is in order', async () => {
  await tradeOneDay()
  const report = (await world.ask('exchange.report.orders', {
    market,
    day: '2026-01-30',
    limit: 100,
  })) as { items: Life['events'] }
  const refused = report.items.filter(({ fields }) => fields['21_event'] === 'REMO')
  expect(refused).toMatchObject([
    {
      fields: {
        // Rejected orders have a code, too.
        '20_order_identification_code': `R${refused[0]?.seq}`,
        '24_limit_price': '2000.00',
        '37_remaining_quantity_including_hidden': '0',
      },
    },
  ])
  const numbers = report.items.map(({ fields }) => BigInt(fields['15_sequence_number'] ?? 0))
  expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)))
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(report.items.length).toBe(26)
})

test('nothing is recorded twice, and nothing is left out', async () => {
  let expected = 0
  const forget = desk.sequencer.subscribe((block) =>
    eachCommand(block, (_seq, _command, _at, records, count) => {
      for (const record of decodeRecords(records, count)) {
        if (record.kind === 'answer' && record.command === 'enter') expected++
        if (record.kind === 'trade') expected += 2
        if (['refreshed', 'reduced', 'removed', 'triggered'].includes(record.kind)) expected++
      }
    }),
  )
  await tradeOneDay()
  forget()
  const again = await world.done('exchange.records.write', { market })
  expect(again).toMatchObject({ commands: 0, events: 0 })
  const [stored] = await world.adminDatabase.query<{ count: bigint }>(
    'SELECT count(*) FROM exchange.order_records',
  )
  expect(Number(stored?.count)).toBe(expected)
})

test('phases, auctions and indications of a day are reported', async () => {
  await desk.done('exchange.market.identify', { market, mic: 'XFLO', operator_lei: '529900T8BM49AURSDO55' })
  await send(changePhase({ time, phase: 'closingAuction' }))
  await enter({ account: 2, side: 'sell', quantity: 3, price: 10_000 })
  const waiting = await enter({ account: 1, side: 'buy', quantity: 2, price: 10_020 })
  await send(indicate({ time }))
  await send(cancelOrder({ time, account: 1, order: waiting.order, slot: waiting.slot }))
  await enter({ account: 1, side: 'buy', quantity: 2, price: 10_010 })
  await send(changePhase({ time, phase: 'closed' }))
  await world.done('exchange.records.write', { market })
  const { items } = (await world.ask('exchange.report.phases', { market, day: '2026-01-30' })) as {
    items: { kind: string; clock: string; seq: number; fields: Record<string, string | null> }[]
  }
  const price = items.at(-3)?.fields['50_indicative_auction_price'] ?? ''
  expect(['100.00', '100.20']).toContain(price)
  expect(items.slice(-4).map(({ kind, fields }) => [kind, ...Object.values(fields).slice(2)])).toEqual([
    ['phase', 'XFLO', 'ACME-EUR', null, 'closing_auction', null, null],
    ['indicative', 'XFLO', 'ACME-EUR', null, 'closing_auction', price, '2'],
    ['uncrossed', 'XFLO', 'ACME-EUR', null, 'closing_auction', null, null],
    ['phase', 'XFLO', 'ACME-EUR', null, 'closed', null, null],
  ])
  expect(items.every(({ clock }) => clock === 'test clock')).toBe(true)
  // What it would have come to is told with the orders that came afterwards, too.
  const left = (await lifeOf(waiting)).at(-1)
  expect(left?.fields).toMatchObject({
    '21_event': 'CAME',
    '49_trading_phases': 'closing_auction',
    '50_indicative_auction_price': price,
    '51_indicative_auction_volume': '2',
  })
})

test('transactions of the day before are reported for both sides', async () => {
  await tradeOneDay()
  world.clock.set('2026-01-31T08:00:00.000Z')
  const { day, rows } = (await world.ask('exchange.report.transactions', { market })) as {
    day: string
    rows: Record<string, string | null>[]
  }
  expect(day).toBe('2026-01-30')
  expect(rows.length).toBe(10)
  const [sold, bought] = rows.filter(
    (row) => row['3_trading_venue_transaction_identification_code'] === 'M1T1',
  )
  const blank = Object.fromEntries(Object.keys(sold ?? {}).map((name) => [name, null]))
  expect(sold).toEqual({
    ...blank,
    '1_report_status': 'NEWT',
    '2_transaction_reference_number': 'M1T1S',
    '3_trading_venue_transaction_identification_code': 'M1T1',
    '25_transmission_of_order_indicator': 'false',
    '28_trading_date_time': expect.stringMatching(/^2026-01-30T10:00:00\.\d{6}Z$/),
    '29_trading_capacity': 'AOTC',
    '30_quantity': '4',
    '33_price': '100.10',
    '34_price_currency': 'EUR',
    '62_short_selling_indicator': 'SELL',
    '65_securities_financing_transaction_indicator': 'false',
  })
  expect(Object.keys(blank).map((name) => Number.parseInt(name, 10))).toEqual(
    Array.from({ length: 65 }, (_, i) => i + 1),
  )
  expect(bought).toMatchObject({
    '2_transaction_reference_number': 'M1T1B',
    '62_short_selling_indicator': null,
  })
  const today = (await world.ask('exchange.report.transactions', { market, day: '2026-01-31' })) as {
    rows: unknown[]
  }
  expect(today.rows).toEqual([])
  await expect(
    world.ask('exchange.report.transactions', { market, day: '2026-02-30' }),
  ).rejects.toMatchObject({ code: 'invalid_input' })
})

test('a trade that is bust is cancelled in the report, one that is corrected reported anew', async () => {
  await tradeOneDay()
  await desk.settle()
  world.clock.set('2026-01-31T08:00:00.000Z')
  await desk.done('exchange.trade.bust', { market, trade: '1' }, 'A wrong price')
  await desk.done(
    'exchange.trade.correct',
    { market, trade: '2', price: '100.05', quantity: '1' },
    'A wrong price',
  )
  const { rows } = (await world.ask('exchange.report.transactions', { market, day: '2026-01-31' })) as {
    rows: Record<string, string | null>[]
  }
  const told = rows.map((row) =>
    ['1_report_status', '2_transaction_reference_number', '30_quantity', '33_price'].map((name) => row[name]),
  )
  expect(told).toEqual([
    ['CANC', 'M1T1S', null, null],
    ['CANC', 'M1T1B', null, null],
    ['CANC', 'M1T2S', null, null],
    ['CANC', 'M1T2B', null, null],
    ['NEWT', 'M1T2S1', '1', '100.05'],
    ['NEWT', 'M1T2B1', '1', '100.05'],
  ])
})

test('the quality of execution, worked out by hand', async () => {
  const { iceberg, last } = await tradeOneDay()
  const time_us = (event: Life['events'][number] | undefined): bigint => {
    const text = event?.fields['9_date_and_time'] ?? ''
    return BigInt(Date.parse(text)) * 1_000n + BigInt(text.slice(23, 26))
  }
  let waited = 0n
  for (const order of [iceberg, last]) {
    const life = await lifeOf(order)
    waited += time_us(life[1]) - time_us(life[0])
  }
  expect(await world.ask('exchange.report.execution', { market, day: '2026-01-30' })).toEqual({
    market,
    day: '2026-01-30',
    trades: 5,
    quantity: '12',
    value: '1201.40',
    // (4 x 100.10 + 100.20) / 5, and (10 x 100.10 + 2 x 100.20) / 12
    simple_average_price: '100.120000',
    volume_weighted_average_price: '100.116667',
    highest_price: '100.20',
    lowest_price: '100.10',
    orders_received: 7,
    orders_refused: 1,
    orders_changed: 2,
    orders_cancelled: 2,
    orders_expired: 1,
    orders_executed: 4,
    likelihood_of_execution: '0.571429',
    // 24 of 35
    share_of_quantity_executed: '0.685714',
    // 5 at twice 0.05 from the middle of 100.00 and 100.10; then of 99.00 and 100.10: 5 at twice 0.55, 2 at twice 0.65
    average_effective_spread: '0.716667',
    // Those that took traded at once.
    average_time_to_first_fill_us: String(waited / 4n),
  })
  expect(await world.ask('exchange.report.execution', { market, day: '2026-01-29' })).toMatchObject({
    trades: 0,
    simple_average_price: null,
    likelihood_of_execution: null,
  })
})

test('the book is what it was after any command', async () => {
  const seen = new Map<number, string>()
  const forget = desk.sequencer.subscribe(({ lastSeq }) => seen.set(lastSeq, desk.sequencer.engine.digest()))
  await tradeOneDay()
  forget()
  expect(seen.size).toBeGreaterThan(10)
  for (const [seq, digest] of seen)
    expect(await world.ask('exchange.book.at', { market, seq })).toMatchObject({ digest })
  const afterThird = [...seen.keys()][2] ?? 0
  expect(await world.ask('exchange.book.at', { market, seq: afterThird, orders: true })).toMatchObject({
    phase: 'continuous',
    last_price: null,
    bids: [
      { price: '100.00', displayed: '3', total: '3', orders: 1 },
      { price: '99.00', displayed: '1' },
    ],
    asks: [{ price: '100.10', displayed: '4', total: '10', orders: 1 }],
    orders: [
      { side: 'buy', price: '100.00', leaves: '3' },
      { side: 'buy', price: '99.00' },
      { side: 'sell', account: '2', displayed: '4' },
    ],
  })
})
