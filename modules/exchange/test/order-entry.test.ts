import type { World } from '@florin/kernel/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orderEntryRoute } from '../src/gateway/order-entry.ts'
import type { MarketRecord, Sequencer } from '../src/index.ts'
import { acme, admitAll, createMarket, fund, orders } from './lib/market.ts'
import { type Client, connected, type Message, openSite, type Site } from './lib/site.ts'

const market = 'ACME-EUR'
const path = '/v1/exchange/order-entry'
const all = ['*']

let world: World
let site: Site
let record: MarketRecord
let sequencer: Sequencer
const others: Site[] = []

beforeEach(async () => {
  world = await createMarket()
  await admitAll(world)
  for (const session of ['s1', 's2'])
    await world.done('exchange.session.open', { session, accounts: [session.replace('s', 'a')] })
  await world.done('exchange.session.open', {
    session: 'stay',
    accounts: ['a1'],
    cancel_on_disconnect: false,
  })
  record = await acme(world)
  site = await openSite(world)
  sequencer = await site.sequencer(record)
  await fund(sequencer)
})
afterEach(async () => {
  for (const other of others.splice(0)) await other.close()
  await site.close()
  await world.close()
})

async function login(session: string, more: object = {}, at = site): Promise<Client> {
  const client = await connected(at, path, await at.secret(all))
  expect(await client.ask({ type: 'login', session, markets: [market], ...more })).toMatchObject({
    type: 'opened',
  })
  return client
}

const sell = {
  type: 'enter',
  market,
  account: 'a1',
  side: 'sell',
  price: '100.05',
  quantity: '5',
  short: true,
}
const buy = { type: 'enter', market, account: 'a2', side: 'buy', price: '100.05', quantity: '2' }

function alive(): number {
  let count = 0
  for (const side of [0, 1]) sequencer.engine.eachOrder(side, () => count++)
  return count
}

/** Resolves once the market has carried out a command that fits. */
function happens(fits: () => boolean): Promise<void> {
  if (fits()) return Promise.resolve()
  return new Promise((resolve) => {
    const end = sequencer.subscribe(() => {
      if (!fits()) return
      end()
      resolve()
    })
  })
}

describe('orders', () => {
  test('are entered, trade and are cancelled, and both sides are told', async () => {
    const [one, two] = [await login('s1'), await login('s2')]
    const rested = await one.ask({ ...sell, client_id: '9' })
    expect(rested).toMatchObject({
      type: 'report',
      market,
      seq: sequencer.engine.sequence,
      events: [{ event: 'accepted', account: 'a1', client_id: '9' }, { event: 'rested' }],
    })
    const bought = await two.ask(buy)
    expect(bought).toMatchObject({
      events: [
        { event: 'accepted' },
        { event: 'fill', trade: 1, price: '100.05', quantity: '2', leaves: '0' },
      ],
    })
    // The other side learns of it under the same number, and of nothing else of that account.
    expect(await one.next()).toEqual({
      type: 'report',
      market,
      seq: bought.seq,
      at: bought.at,
      events: [
        expect.objectContaining({ event: 'fill', account: 'a1', liquidity: 'maker', leaves: '3', trade: 1 }),
      ],
    })
    expect(
      await one.ask({ type: 'amend', market, account: 'a1', client_id: '9', price: '100.05', quantity: '4' }),
    ).toMatchObject({
      events: [
        { event: 'amended', quantity: '4' },
        { event: 'reduced', leaves: '2' },
      ],
    })
    expect(await one.ask({ type: 'cancel', market, account: 'a1', client_id: '9' })).toMatchObject({
      events: [{ event: 'cancelled' }, { event: 'removed', reason: 'requested' }],
    })
    expect(await one.ask({ type: 'cancel', market, account: 'a1', client_id: '9' })).toMatchObject({
      events: [
        {
          event: 'refused',
          code: 'exchange_unknown_order',
          message: 'There is no such order of the account in the book',
        },
      ],
    })
    expect(alive()).toBe(0)
  })

  test('are refused with a code where they are wrong, and the connection goes on', async () => {
    const client = await connected(site, path, await site.secret(all))
    expect(await client.ask(sell)).toMatchObject({ type: 'refused', code: 'exchange_session_state' })
    expect(await client.ask({ type: 'login', session: 's1', markets: ['NONE-EUR'] })).toMatchObject({
      code: 'market_not_found',
    })
    expect(await client.ask({ type: 'login', session: 's9', markets: [market] })).toMatchObject({
      code: 'session_not_found',
    })
    for (const resume of [{ [market]: sequencer.engine.sequence + 1 }, { 'OTHER-EUR': 1 }])
      expect(await client.ask({ type: 'login', session: 's1', markets: [market], resume })).toMatchObject({
        code: 'invalid_input',
        message: expect.stringMatching(/^resume (says|names)/),
      })
    expect(await client.ask({ type: 'login', session: 's1', markets: [market] })).toMatchObject({
      type: 'opened',
    })
    expect(await client.ask({ type: 'login', session: 's1', markets: [market] })).toMatchObject({
      code: 'exchange_session_state',
    })
    const wrong: [object, string][] = [
      [{ ...sell, account: 'a2' }, 'exchange_session_account'],
      [{ ...sell, market: 'OTHER-EUR' }, 'exchange_session_state'],
      [{ ...sell, price: '100.055' }, 'exchange_tick'],
      [{ ...sell, quantity: '1.5' }, 'exchange_lot'],
      [{ ...sell, quantity: '99999999999' }, 'exchange_quantity_bounds'],
      [{ type: 'cancel', market, account: 'a1' }, 'exchange_malformed'],
      [{ ...sell, time_in_force: 'good_till_date' }, 'exchange_malformed'],
      [{ ...sell, color: 'red' }, 'invalid_input'],
      [{ ...sell, price: 100.05 }, 'invalid_input'],
      [{ type: 'shout' }, 'invalid_input'],
    ]
    const before = sequencer.engine.sequence
    for (const [message, code] of wrong)
      expect(await client.ask(message)).toMatchObject({ type: 'refused', code })
    client.socket.send(JSON.stringify({ ...sell, ref: 1 }))
    expect(await client.next()).toMatchObject({ ref: 1, code: 'exchange_message_order' })
    client.socket.send('[]')
    expect(await client.next()).toMatchObject({ ref: null, code: 'invalid_input' })
    expect(sequencer.engine.sequence).toBe(before)
    expect(await client.ask(sell)).toMatchObject({ events: [{ event: 'accepted' }, { event: 'rested' }] })
    client.socket.send('{"type":')
    expect(await client.next()).toMatchObject({ type: 'problem' })
    expect(await client.closed).toMatchObject({ code: 1007 })
  })

  test('need permission for the account', async () => {
    const client = await connected(
      site,
      path,
      await site.secret([
        'exchange.order-entry.connect',
        'exchange.account.trade.a1',
        'exchange.account.watch.a2',
      ]),
    )
    expect(await client.ask({ type: 'login', session: 's2', markets: [market] })).toMatchObject({
      code: 'forbidden',
    })
    expect(await client.ask({ type: 'watch', accounts: ['a1'], markets: [market] })).toMatchObject({
      code: 'forbidden',
    })
    expect(await client.ask({ type: 'watch', accounts: 'all', markets: [market] })).toMatchObject({
      code: 'forbidden',
    })
    expect(await client.ask({ type: 'login', session: 's1', markets: [market] })).toMatchObject({
      type: 'opened',
    })
    await expect(connected(site, path, await site.secret(['exchange.order.enter']))).rejects.toThrow()
  })

  test('beyond the rate are refused', async () => {
    const slow = await openSite(world, [orderEntryRoute({ perSecond: 1, burst: 3 })])
    others.push(slow)
    const client = await connected(slow, path, await slow.secret(all))
    const codes = []
    for (const message of [{ type: 'logoff' }, sell, sell, sell, { type: 'logoff' }])
      codes.push((await client.ask(message)).code)
    expect(codes).toEqual([
      'invalid_input',
      'exchange_session_state',
      'exchange_session_state',
      'exchange_session_throttled',
      'exchange_session_throttled',
    ])
    world.clock.advance(1_000)
    expect(await client.ask(sell)).toMatchObject({ code: 'exchange_session_state' })
  })
})

/** Everything that a client was told of the market, by number. */
function told(client: Client): Message[] {
  return client.received.filter(({ type }) => type === 'report')
}

describe('a connection that is lost', () => {
  test.each([
    ['from memory', false],
    ['from the journal', true],
  ])('is resumed without loss and without doubles, %s', async (_where, forgotten) => {
    const watcher = await login('s1', {})
    const whole = await login('stay', {})
    await sequencer.submit(orders(200, 1))
    const last = await whole.next(({ seq }) => seq === sequencer.engine.sequence - 20 || Number(seq) > 150)
    await watcher.close()
    await sequencer.submit(orders(300, 2))
    if (forgotten) {
      // Another process has nothing of it in memory.
      await site.host.stop()
      const next = await openSite(world)
      others.push(next)
      sequencer = await next.sequencer(record)
    }
    const at = forgotten ? others[0] : site
    if (at === undefined) throw new Error('no site')
    const from = Number(last.seq)
    const again = await login('s1', { resume: { [market]: from } }, at)
    const mark = await again.ask({ ...sell, price: '999.00', quantity: '1' })
    const complete = await login('stay', { resume: { [market]: 0 } }, at)
    await complete.next(({ seq }) => seq === mark.seq)
    const seqs = told(again).map(({ seq }) => Number(seq))
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
    const wanted = told(complete).filter(({ seq }) => Number(seq) > from)
    const plain = ({ ref: _ref, ...rest }: Message) => rest
    expect(told(again).map(plain)).toEqual(wanted.map(plain))
    expect(wanted.length).toBeGreaterThan(100)
  })

  test('has its orders cancelled, and nobody else’s', async () => {
    const [one, two, stay] = [await login('s1'), await login('s2'), await login('stay')]
    await one.ask(sell)
    await stay.ask({ ...sell, price: '100.09' })
    await two.ask({ ...buy, price: '99.00' })
    expect(alive()).toBe(3)
    await stay.close()
    await one.close()
    await happens(() => alive() === 2)
    expect(await two.ask({ ...buy, price: '100.05' })).toMatchObject({
      events: [{ event: 'accepted' }, { event: 'rested' }],
    })
    expect(await world.adminDatabase.query('SELECT session_id FROM exchange.logins')).toHaveLength(1)
  })

  test('keeps them where it comes back in time, or said good-bye', async () => {
    const one = await login('s1', { grace_ms: 60_000 })
    await one.ask(sell)
    await one.close()
    const again = await login('s1', { grace_ms: 0 })
    expect(alive()).toBe(1)
    again.send({ type: 'logout' })
    expect(await again.closed).toMatchObject({ code: 1_000 })
    await sequencer.submit(orders(1, 1, 1))
    expect(alive()).toBe(2)
  })

  test('is replaced by the next login of its session', async () => {
    const one = await login('s1')
    await one.ask(sell)
    const again = await login('s1')
    expect(await one.closed).toMatchObject({ code: 4001 })
    expect(await again.ask({ ...sell, price: '100.06' })).toMatchObject({ type: 'report' })
    expect(alive()).toBe(2)
  })

  test('has its orders cancelled by the next process, where it went with the one before', async () => {
    const one = await login('s1', { grace_ms: 1_500 })
    await one.ask(sell)
    const next = await openSite(world)
    others.push(next)
    // The process ends before the grace period does, and nothing is done about it here.
    await site.close()
    sequencer = await next.sequencer(record)
    expect(alive()).toBe(1)
    await happens(() => alive() === 0)
    expect(alive()).toBe(0)
  })
})

test('a process that does not run the market says who does', async () => {
  const other = await openSite(world)
  others.push(other)
  const client = await connected(other, path, await other.secret(all))
  expect(await client.ask({ type: 'login', session: 's1', markets: [market] })).toMatchObject({
    code: 'exchange_market_elsewhere',
    market,
    address: site.url,
  })
})

test('a market that goes elsewhere takes its connections along', async () => {
  const client = await login('stay')
  await site.host.stop()
  expect(await client.closed).toMatchObject({ code: 4003 })
})

test('a drop copy tells everything and enters nothing', async () => {
  const client = await connected(
    site,
    path,
    await site.secret(['exchange.order-entry.connect', 'exchange.account.watch-all']),
  )
  expect(await client.ask({ type: 'watch', accounts: 'all', markets: [market] })).toMatchObject({
    type: 'opened',
  })
  const [one, two] = [await login('s1'), await login('s2')]
  await one.ask(sell)
  const { seq } = await two.ask(buy)
  expect(await client.next((message) => message.seq === seq)).toMatchObject({
    events: [
      { event: 'accepted', account: 'a2' },
      { event: 'fill', account: 'a1' },
      { event: 'fill', account: 'a2' },
    ],
  })
  expect(await client.ask(sell)).toMatchObject({ code: 'exchange_session_state' })
})
