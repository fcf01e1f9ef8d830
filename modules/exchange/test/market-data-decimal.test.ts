import { crc32 } from 'node:zlib'
import type { World } from '@florin/kernel/testing'
import { changePhase, endOfDay } from '@florin/orderbook'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { enqueue, type MarketRecord, type Sequencer } from '../src/index.ts'
import { acme, admitAll, createMarket, fund, inUnit, orders } from './lib/market.ts'
import { type Client, connected, type Message, openSite, type Site } from './lib/site.ts'

const market = 'ACME-EUR'
const path = '/v1/exchange/market-data'

let world: World
let site: Site
let record: MarketRecord
let sequencer: Sequencer
const others: Site[] = []

beforeEach(async () => {
  world = await createMarket()
  await admitAll(world)
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

const reader = async (at = site): Promise<Client> =>
  connected(at, path, await at.secret(['exchange.market-data.connect']))

type Level = readonly [price: string, quantity: string, orders: number]

/** A book as a stranger keeps it, who knows nothing but what the page says. */
class Book {
  readonly bids = new Map<string, Level>()
  readonly asks = new Map<string, Level>()
  seq: number

  constructor(snapshot: Message) {
    this.seq = Number(snapshot.seq)
    this.#set(snapshot)
  }

  apply(update: Message): void {
    if (Number(update.seq) <= this.seq) return
    expect(Number(update.after)).toBeLessThanOrEqual(this.seq)
    this.seq = Number(update.seq)
    this.#set(update)
    expect(this.checksum(10)).toBe(update.checksum)
    if (update.checksum_all !== undefined) expect(this.checksum()).toBe(update.checksum_all)
  }

  side(name: 'bids' | 'asks', count?: number): Level[] {
    const sign = name === 'bids' ? -1 : 1
    return [...this[name].values()].sort((a, b) => sign * (Number(a[0]) - Number(b[0]))).slice(0, count)
  }

  checksum(count?: number): number {
    const text = (name: 'bids' | 'asks') =>
      this.side(name, count)
        .map(([price, quantity, count]) => `${Math.round(Number(price) / 0.01)}:${quantity}:${count}`)
        .join(',')
    return crc32(`${text('bids')}|${text('asks')}`)
  }

  #set({ bids, asks }: Message): void {
    for (const [name, levels] of [
      ['bids', bids],
      ['asks', asks],
    ] as const)
      for (const level of levels as Level[])
        if (level[1] === '0') this[name].delete(level[0])
        else this[name].set(level[0], level)
  }
}

/** Halts the market, and waits until each of them was told so. */
async function halted(clients: readonly Client[], channel: string): Promise<void> {
  const { firstSeq } = await sequencer.submit(changePhase({ time: 0, phase: 'halted' }))
  for (const client of clients) await client.next(({ type, seq }) => type === channel && seq === firstSeq)
}

test('a stranger keeps the book from decimal strings: all of it, or the best levels', async () => {
  const [all, some, few] = [await reader(), await reader(), await reader()]
  await sequencer.submit(orders(300, 1))
  const first = await all.ask({ type: 'subscribe', market, channel: 'levels' })
  expect(first).toMatchObject({ units: 'decimal', tick: '0.01', lot: '1', view: { phase: 'continuous' } })
  const book = new Book(first)
  expect(book.checksum()).toBe(first.checksum_all)
  expect(book.checksum(10)).toBe(first.checksum)
  const shallow = new Map([
    [some, { depth: 25, book: new Book(await levels(some, 25)) }],
    [few, { depth: 5, book: new Book(await levels(few, 5)) }],
  ])
  for (let i = 2; i < 6; i++) await sequencer.submit(orders(70, i))
  await halted([all, some, few], 'levels')
  const updates = all.received.filter(({ type }) => type === 'levels')
  expect(updates.length).toBeGreaterThan(150)
  const seen = new Map<number, { bids: Level[]; asks: Level[] }>()
  for (const update of updates) {
    book.apply(update)
    seen.set(book.seq, { bids: book.side('bids', 25), asks: book.side('asks', 25) })
  }
  for (const [client, { depth, book }] of shallow)
    for (const update of client.received.filter(({ type }) => type === 'levels')) {
      book.apply(update)
      const whole = seen.get(book.seq)
      expect(book.side('bids')).toEqual(whole?.bids.slice(0, depth))
      expect(book.side('asks')).toEqual(whole?.asks.slice(0, depth))
    }
  const told = (client: Client) => client.received.filter(({ type }) => type === 'levels').length
  expect(told(few)).toBeLessThan(told(all))
  const known = (await world.ask('exchange.book.get', { market, depth: 1_000 })) as {
    bids: { price: string; quantity: string; orders: number }[]
  }
  expect(book.side('bids')).toEqual(
    known.bids.map(({ price, quantity, orders }) => [price, quantity, orders]),
  )
})

function levels(client: Client, depth: number): Promise<Message> {
  return client.ask({ type: 'subscribe', market, channel: 'levels', depth })
}

test('orders have the ids of order entry; top and trades speak as HTTP does', async () => {
  const client = await reader()
  await sequencer.submit(orders(200, 1))
  const snapshot = await client.ask({ type: 'subscribe', market, channel: 'orders' })
  const book = new Map(
    (snapshot.bids as string[][]).concat(snapshot.asks as string[][]).map((o) => [o[0], o]),
  )
  const top = await client.ask({ type: 'subscribe', market, channel: 'top' })
  const [best] = sequencer.engine.bids(1)
  expect(top).toMatchObject({
    bid: [(Number(best?.price) / 100).toFixed(2), String(best?.displayed), best?.orders],
    view: { phase: 'continuous', limit_state: 'none', indicative: null },
  })
  await client.ask({ type: 'subscribe', market, channel: 'trades' })
  for (let i = 2; i < 5; i++) await sequencer.submit(orders(200, i))
  await halted([client], 'top')
  for (const { changes } of client.received.filter(({ type }) => type === 'orders'))
    for (const { change, order_id, price, quantity } of changes as Record<string, string>[])
      if (change === 'removed') expect(book.delete(order_id)).toBe(true)
      else book.set(order_id, [order_id ?? '', price ?? '', quantity ?? ''])
  const inEngine: unknown[] = []
  for (const side of [0, 1])
    sequencer.engine.eachOrder(side, (order, slot, _account, _flags, price, _leaves, displayed) =>
      inEngine.push([String(order * 2 ** 22 + slot), (price / 100).toFixed(2), String(displayed)]),
    )
  expect(new Set(book.values().map(String))).toEqual(new Set(inEngine.map(String)))
  const trades = client.received
    .filter(({ type }) => type === 'trades')
    .flatMap(({ trades }) => trades as Record<string, unknown>[])
  expect(trades.length).toBeGreaterThan(50)
  for (const trade of trades)
    expect(trade).toEqual({
      trade: expect.any(Number),
      price: expect.stringMatching(/^\d+\.\d\d$/),
      quantity: expect.stringMatching(/^[1-9]\d*$/),
      side: expect.stringMatching(/^(buy|sell)$/),
      at: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/),
    })
})

interface Totals {
  trades: number
  volume: string
  value: string
  open: string | null
  vwap: string | null
}

async function totals(at: Site): Promise<Totals> {
  const client = await reader(at)
  const { view } = await client.ask({ type: 'subscribe', market, channel: 'top' })
  await client.close()
  return (view as { totals: Totals }).totals
}

/** Ends the day as the schedule does, through the inbox. */
async function endTheDay(): Promise<void> {
  const words = endOfDay({ time: 0 })
  await inUnit(world, site.database, (unit) => enqueue(unit, record, [{ words }]))
  sequencer.nudge()
  await sequencer.settled()
}

test('totals are of the trading day, whichever process tells them and however far the history is', async () => {
  const client = await reader()
  await client.ask({ type: 'subscribe', market, channel: 'top' })
  await sequencer.submit(orders(300, 1))
  const yesterday = await totals(site)
  await endTheDay()
  expect(await totals(site)).toEqual({ ...yesterday, ...none })
  await sequencer.submit(orders(300, 2))
  await world.done('exchange.history.write', { market })
  const fills = (await world.ask('exchange.fill.list', { market, account: 'a1', limit: 1_000 })) as {
    items: unknown[]
  }
  expect(fills.items.length).toBeGreaterThan(0)
  await sequencer.submit(orders(300, 3))
  const today = await totals(site)
  expect(today.trades).toBeGreaterThan(yesterday.trades)
  const average = Number(today.value) / Number(today.volume)
  expect(today.vwap).toMatch(/^\d+\.\d{4}$/)
  expect(Math.abs(Number(today.vwap) - average)).toBeLessThan(0.000_051)
  await client.close()
  await site.host.stop()

  // Another process takes the market over and has seen none of it.
  const other = await openSite(world)
  others.push(other)
  sequencer = await other.sequencer(record)
  expect(await totals(other)).toEqual(today)
  await world.done('exchange.history.write', { market })
  expect(await totals(other)).toEqual(today)
})

const none = {
  trades: 0,
  volume: '0',
  value: '0.00',
  open: null,
  high: null,
  low: null,
  close: null,
  vwap: null,
}

test('messages are answered in their order, and not more often than is good', async () => {
  const client = await reader()
  client.send({ type: 'subscribe', market, channel: 'levels' })
  client.send({ type: 'unsubscribe', market, channel: 'levels' })
  client.send({ type: 'subscribe', market, channel: 'top', depth: 5 })
  client.send({ type: 'subscribe', market, channel: 'levels', depth: 7 })
  client.send({ type: 'subscribe', market, channel: 'levels', extra: true })
  const answers = [await client.next(), await client.next(), await client.next()]
  expect(answers).toMatchObject([
    // Those that are not even read are answered at once.
    { ref: 4, code: 'invalid_input', message: '/depth must be one of 1, 5, 10, 25, 50, 100' },
    { ref: 5, code: 'invalid_input', message: '/extra is not a known member' },
    { ref: 1, type: 'snapshot' },
  ])
  expect(await client.next()).toMatchObject({ ref: 2, type: 'unsubscribed' })
  expect(await client.next()).toMatchObject({ ref: 3, message: 'Only levels have a depth' })
  for (let i = 0; i < 500; i++) client.send({ type: 'unsubscribe', market, channel: 'levels' })
  expect(await client.next(({ ref }) => ref === 505)).toMatchObject({ code: 'exchange_session_throttled' })
})
