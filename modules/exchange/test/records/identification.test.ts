import type { World } from '@florin/kernel/testing'
import { enterOrder } from '@florin/orderbook'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Desk } from '../settlement/desk.ts'

const market = 'ACME-EUR'
const lei = {
  operator: '529900T8BM49AURSDO55',
  broker: '5493001KJTIIGC8Y1R12',
  client: '969500AMLHB21RACL168',
  router: '1VUV7VQFKUOQSJ21A208',
  ccp: '549300FSY1BKNGVUOR59',
}

let desk: Desk
let world: World
beforeEach(async () => {
  desk = await Desk.open(2, { start: '2026-01-30T10:00:00.000Z' })
  world = desk.world
  await desk.done('exchange.position.deposit', { account: 'a1', market, quantity: '500', price: '100.00' })
  await desk.done('exchange.buying-power.allocate', { account: 'a2', market, amount: '50000.00' })
  for (const session of ['s1', 's2'])
    await desk.done('exchange.session.open', { session, accounts: ['a1', 'a2'] })
  await desk.settle()
})
afterEach(() => desk.close())

type Fields = Record<string, string | null>

/** Account 1 sells to account 2; a moment passes after each order. */
async function trade(session = 0, short = false): Promise<void> {
  const common = { time: 0, price: 10_000, quantity: 1, session }
  await desk.sequencer.submit(enterOrder({ ...common, account: 1, side: 'sell', short }))
  world.clock.advance(1_000)
  await desk.sequencer.submit(enterOrder({ ...common, account: 2, side: 'buy' }))
  world.clock.advance(1_000)
}

async function orders(): Promise<Fields[]> {
  await world.done('exchange.records.write', { market })
  const { items } = (await world.ask('exchange.report.orders', { market, day: '2026-01-30' })) as {
    items: { fields: Fields; session: string | null }[]
  }
  return items.map(({ fields, session }) => ({ ...fields, session }))
}

async function transactions(): Promise<Fields[]> {
  await world.done('exchange.records.write', { market })
  const { rows } = (await world.ask('exchange.report.transactions', { market, day: '2026-01-30' })) as {
    rows: Fields[]
  }
  return rows
}

async function identifyAll(): Promise<void> {
  await desk.done('exchange.market.identify', { market, mic: 'XFLO', operator_lei: lei.operator })
  await desk.done('exchange.participant.identify', {
    participant: 'broker-1',
    lei: lei.broker,
    investment_firm: true,
    country: 'DE',
  })
  await desk.done('exchange.account.identify', {
    account: 'a1',
    capacity: 'DEAL',
    direct_electronic_access: false,
    liquidity_provision: true,
    short_selling_exempt: true,
    investment_decision: { algorithm: 'maker-3' },
    execution: { person: 'p-trader', country: 'FR' },
  })
  await desk.done('exchange.account.identify', {
    account: 'a2',
    capacity: 'AOTC',
    direct_electronic_access: true,
    client: { lei: lei.client },
    client_branch_country: 'AT',
    decision_maker: { person: 'p-manager' },
    investment_decision: { client: true },
    execution: { client: true },
    non_executing_broker: lei.router,
  })
}

test('orders and transactions name who was registered', async () => {
  await identifyAll()
  await trade(0, true)
  const [sale] = await orders()
  expect(sale).toMatchObject({
    '1_identification_of_the_entity_which_submitted_the_order': lei.broker,
    '2_direct_electronic_access': 'false',
    // The member has no client here.
    '3_client_identification_code': null,
    '4_investment_decision_within_firm': 'maker-3',
    '5_execution_within_firm': 'p-trader',
    '6_non_executing_broker': null,
    '7_trading_capacity': 'DEAL',
    '8_liquidity_provision_activity': 'true',
    '16_segment_mic_code': 'XFLO',
  })
  const purchase = (await orders()).find(({ '32_buy_sell_indicator': side }) => side === 'BUYI')
  expect(purchase).toMatchObject({
    '2_direct_electronic_access': 'true',
    '3_client_identification_code': lei.client,
    '4_investment_decision_within_firm': null,
    '5_execution_within_firm': 'NORE',
    '6_non_executing_broker': lei.router,
    '7_trading_capacity': 'AOTC',
    '8_liquidity_provision_activity': null,
  })
  const both = {
    '4_executing_entity_identification_code': lei.broker,
    '5_investment_firm_covered_by_directive_2014_65_eu': 'true',
    '6_submitting_entity_identification_code': lei.operator,
    '36_venue': 'XFLO',
    '37_country_of_the_branch_membership': 'DE',
  }
  expect(await transactions()).toMatchObject([
    {
      ...both,
      '2_transaction_reference_number': 'M1T1S',
      // Whom it trades with, a member does not learn.
      '7_buyer_identification_code': 'XFLO',
      '8_country_of_the_branch_for_the_buyer': null,
      '16_seller_identification_code': lei.broker,
      '17_country_of_the_branch_for_the_seller': null,
      '29_trading_capacity': 'DEAL',
      '57_investment_decision_within_firm': 'maker-3',
      '58_country_of_the_branch_supervising_the_person_responsible_for_the_investment_decision': null,
      '59_execution_within_firm': 'p-trader',
      '60_country_of_the_branch_supervising_the_person_responsible_for_the_execution': 'FR',
      '62_short_selling_indicator': 'SSEX',
    },
    {
      ...both,
      '2_transaction_reference_number': 'M1T1B',
      '7_buyer_identification_code': lei.client,
      '8_country_of_the_branch_for_the_buyer': 'AT',
      '12_buyer_decision_maker_code': 'p-manager',
      '16_seller_identification_code': 'XFLO',
      '17_country_of_the_branch_for_the_seller': null,
      '21_seller_decision_maker_code': null,
      '57_investment_decision_within_firm': null,
      '59_execution_within_firm': 'NORE',
      '60_country_of_the_branch_supervising_the_person_responsible_for_the_execution': null,
      '62_short_selling_indicator': null,
    },
  ])
})

test('what counts is what was in force when the order came, of the session before the account', async () => {
  await identifyAll()
  await desk.done('exchange.session.identify', { session: 's2', execution: { algorithm: 'algo-s2' } })
  await trade(1)
  world.clock.advance(60_000)
  const change = new Date(world.clock.now()).toISOString()
  await desk.done('exchange.session.identify', { session: 's2', execution: { algorithm: 'algo-later' } })
  await desk.sequencer.submit(
    enterOrder({ time: 0, account: 1, side: 'sell', price: 10_000, quantity: 1, session: 2 }),
  )
  world.clock.advance(60_000)
  await desk.done('exchange.account.identify', {
    account: 'a1',
    capacity: 'MTCH',
    client: { several: 'AGGR' },
  })
  await desk.sequencer.submit(
    enterOrder({ time: 0, account: 2, side: 'buy', price: 10_000, quantity: 1, session: 1 }),
  )
  const told = async () =>
    (await orders())
      .filter(({ '32_buy_sell_indicator': side }) => side === 'SELL')
      .map((fields) => [
        fields['21_event'],
        fields.session,
        fields['5_execution_within_firm'],
        fields['7_trading_capacity'],
      ])
  expect(await told()).toEqual([
    ['NEWO', 's1', 'p-trader', 'DEAL'],
    ['FILL', 's1', 'p-trader', 'DEAL'],
    ['NEWO', 's2', 'algo-later', 'DEAL'],
    ['FILL', 's2', 'algo-later', 'DEAL'],
  ])
  // Learnt late: from the change on it had been another one.
  await desk.done('exchange.session.identify', {
    session: 's2',
    execution: { algorithm: 'algo-found' },
    valid_from: change,
  })
  // What begins earlier is not what counts, however late it was said.
  await desk.done('exchange.session.identify', {
    session: 's2',
    execution: { algorithm: 'algo-first' },
    valid_from: '2026-01-01T00:00:00.000Z',
  })
  expect((await told()).slice(2)).toEqual([
    ['NEWO', 's2', 'algo-found', 'DEAL'],
    ['FILL', 's2', 'algo-found', 'DEAL'],
  ])
  const { items } = (await world.ask('exchange.identification.list', { kind: 'session', subject: 's2' })) as {
    items: { version: number; details: unknown }[]
  }
  expect(items.map(({ version, details }) => [version, details])).toEqual([
    [1, { execution: { algorithm: 'algo-s2' } }],
    [2, { execution: { algorithm: 'algo-later' } }],
    [3, { execution: { algorithm: 'algo-found' } }],
    [4, { execution: { algorithm: 'algo-first' } }],
  ])
})

test('orders of several clients, and a central counterparty', async () => {
  await identifyAll()
  await desk.done('exchange.market.identify', {
    market,
    mic: 'XFLO',
    operator_lei: lei.operator,
    ccp_lei: lei.ccp,
  })
  await desk.done('exchange.account.identify', {
    account: 'a1',
    capacity: 'MTCH',
    client: { lei: lei.client },
  })
  await desk.done('exchange.account.identify', { account: 'a2', client: { several: 'AGGR' } })
  await trade(0, true)
  expect((await orders()).map((fields) => fields['3_client_identification_code'])).toEqual([
    lei.client,
    'AGGR',
    lei.client,
    'AGGR',
  ])
  expect(await transactions()).toMatchObject([
    {
      '7_buyer_identification_code': lei.ccp,
      '16_seller_identification_code': lei.broker,
      '29_trading_capacity': 'MTCH',
      '62_short_selling_indicator': 'SESH',
    },
    {
      '7_buyer_identification_code': 'INTC',
      '16_seller_identification_code': lei.ccp,
      '29_trading_capacity': 'AOTC',
    },
  ])
})

test('an identifier with wrong check digits is refused, wherever it stands', async () => {
  const wrong = '529900T8BM49AURSDO56'
  const refused = (name: string, input: Record<string, unknown>) => desk.refusal(name, input)
  expect(
    await Promise.all([
      refused('exchange.market.identify', { market, mic: 'XFLO', operator_lei: wrong }),
      refused('exchange.account.identify', { account: 'a1', client: { lei: wrong } }),
      refused('exchange.session.identify', { session: 's1', non_executing_broker: wrong }),
      refused('exchange.account.open', {
        account: 'a9',
        participant: 'broker-1',
        kind: 'cash',
        capacity: 'client',
        lei: wrong,
      }),
      refused('exchange.instrument.define', { instrument: 'ACME', isin: 'US0378331004' }),
      refused('exchange.instrument.define', { instrument: 'ACME', cfi: 'QQQQQQ' }),
      refused('exchange.account.identify', { account: 'nobody' }),
      refused('exchange.session.identify', { session: 'none' }),
    ]),
  ).toEqual([...Array(6).fill('identifier_invalid'), 'trading_account_not_found', 'session_not_found'])
})
