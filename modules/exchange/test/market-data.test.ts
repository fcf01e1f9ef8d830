import { connect, type Socket } from 'node:net'
import type { World } from '@florin/kernel/testing'
import {
  LevelFeed,
  type LevelSnapshot,
  type LevelUpdate,
  massCancel,
  OrderFeed,
  type OrderSnapshot,
  type OrderUpdate,
} from '@florin/orderbook'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MarketRecord, Sequencer } from '../src/index.ts'
import { marketDataRoute } from '../src/market-data/connection.ts'
import { acme, admitAll, createMarket, fund, orders } from './lib/market.ts'
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

/** Messages as the library reads them: the view of the market stands apart from its code there. */
function update<T>({ market: _code, view, type: _type, ...rest }: Message): T {
  return { ...rest, ...(view === undefined ? {} : { market: view }) } as T
}

function levelsOf(engine: Sequencer['engine'], side: 'bids' | 'asks') {
  return engine[side](100_000).map(({ price, displayed, orders: count }) => [price, displayed, count])
}

test('whoever subscribes in the middle, and whoever was there before, has the engine’s book', async () => {
  const [one, two] = [await reader(), await reader()]
  await sequencer.submit(orders(400, 1))
  const first = await one.ask({ type: 'subscribe', market, channel: 'levels', units: 'ticks' })
  const early = new LevelFeed(update<LevelSnapshot>(first))
  expect(first).toMatchObject({
    type: 'snapshot',
    tick: '0.01',
    lot: '1',
    sequence: sequencer.engine.sequence,
  })
  await sequencer.submit(orders(300, 2))
  const late = new LevelFeed(
    update<LevelSnapshot>(await two.ask({ type: 'subscribe', market, channel: 'levels', units: 'ticks' })),
  )
  for (let i = 3; i < 8; i++) await sequencer.submit(orders(300, i))
  const end = await lastUpdate(one)
  await two.next(({ sequence }) => sequence === end)
  for (const [client, feed] of [
    [one, early],
    [two, late],
  ] as const) {
    for (const message of client.received.filter(({ type }) => type === 'levels'))
      expect(feed.apply(update<LevelUpdate>(message))).not.toMatch(/gap|mismatch/)
    expect(feed.bids()).toEqual(levelsOf(sequencer.engine, 'bids'))
    expect(feed.asks()).toEqual(levelsOf(sequencer.engine, 'asks'))
  }
})

/** The number of the last command that changed the public's book; a cancelled order at the end makes it known. */
async function lastUpdate(client: Client): Promise<number> {
  await sequencer.submit(orders(50, 99))
  const probe = await sequencer.submit(orders(1, 7))
  const phase = await sequencer.submit(phaseChange())
  expect(phase.firstSeq).toBeGreaterThan(probe.firstSeq)
  const { sequence } = await client.next((message) => message.sequence === phase.firstSeq)
  return Number(sequence)
}

function phaseChange(): Int32Array {
  const words = new Int32Array(16)
  words[0] = 5
  words[3] = 7
  words[4] = -0x8000_0000
  return words
}

test('every order can be followed, the top, and the trades', async () => {
  const client = await reader()
  await sequencer.submit(orders(200, 1))
  const snapshot = await client.ask({ type: 'subscribe', market, channel: 'orders', units: 'ticks' })
  const feed = new OrderFeed(update<OrderSnapshot>(snapshot))
  const top = await client.ask({ type: 'subscribe', market, channel: 'top', units: 'ticks' })
  const [bid] = sequencer.engine.bids(1)
  expect(top).toMatchObject({ best: { bid: [bid?.price, bid?.displayed, bid?.orders] } })
  expect(await client.ask({ type: 'subscribe', market, channel: 'trades', units: 'ticks' })).toMatchObject({
    type: 'snapshot',
  })
  for (let i = 2; i < 5; i++) await sequencer.submit(orders(200, i))
  const phase = await sequencer.submit(phaseChange())
  await client.next((message) => message.type === 'top' && message.sequence === phase.firstSeq)
  for (const message of client.received.filter(({ type }) => type === 'orders'))
    expect(feed.apply(update<OrderUpdate>(message))).not.toMatch(/gap|mismatch/)
  const inEngine: number[] = []
  sequencer.engine.eachOrder(0, (order) => inEngine.push(order))
  expect(feed.bids().map(([order]) => order)).toEqual(inEngine)
  const trades = client.received
    .filter(({ type }) => type === 'trades')
    .flatMap(({ trades }) => trades as unknown[])
  expect(trades.length).toBeGreaterThan(50)
  const tops = client.received.filter(({ type }) => type === 'top')
  expect(tops.at(-1)).toMatchObject({ view: { phase: 7 } })
})

test('what can’t be subscribed to is refused', async () => {
  const client = await reader()
  expect(
    await client.ask({ type: 'subscribe', market: 'NONE-EUR', channel: 'levels', units: 'ticks' }),
  ).toMatchObject({
    code: 'market_not_found',
  })
  client.send({ type: 'subscribe', market, channel: 'everything' })
  expect(await client.next()).toMatchObject({ code: 'invalid_input' })
  expect(await client.ask({ type: 'unsubscribe', market, channel: 'levels' })).toMatchObject({
    code: 'exchange_subscription',
  })
  await client.ask({ type: 'subscribe', market, channel: 'levels', units: 'ticks' })
  expect(await client.ask({ type: 'subscribe', market, channel: 'levels', units: 'ticks' })).toMatchObject({
    code: 'exchange_subscription',
  })
  expect(await client.ask({ type: 'unsubscribe', market, channel: 'levels' })).toMatchObject({
    type: 'unsubscribed',
  })
  const other = await openSite(world)
  others.push(other)
  expect(
    await (await reader(other)).ask({ type: 'subscribe', market, channel: 'levels', units: 'ticks' }),
  ).toMatchObject({
    code: 'exchange_market_elsewhere',
    address: site.url,
  })
})

/** A client that subscribes and then reads nothing until it is told to. */
async function sleeper(at: Site, channel: string): Promise<Socket> {
  const secret = await at.secret(['exchange.market-data.connect'])
  const socket = connect(Number(new URL(at.url).port), '127.0.0.1')
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: here',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Authorization: Bearer ${secret}`,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  // One masked text frame, the mask being zero.
  const text = Buffer.from(JSON.stringify({ type: 'subscribe', ref: 1, market, channel, units: 'ticks' }))
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text])
  socket.write(frame)
  return socket
}

/** Orders that are gone again afterwards, in portions. */
async function churn(rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    await sequencer.submit(orders(2_000, i))
    await sequencer.submit(massCancel({ time: 0 }))
  }
}

test('whoever does not read gets one update for many, then is dropped; nobody waits for it', async () => {
  const route = marketDataRoute({ conflatedMs: 10_000 })
  const limits = { ...route.limits, bufferedBytes: 2_000_000 }
  const slow = await openSite(world, [{ ...route, limits }])
  others.push(slow)
  await site.host.stop()
  sequencer = await slow.sequencer(record)
  const sleeping = await sleeper(slow, 'levels')
  const never = await sleeper(slow, 'levels')
  const lively = await reader(slow)
  const feed = new LevelFeed(
    update<LevelSnapshot>(await lively.ask({ type: 'subscribe', market, channel: 'levels', units: 'ticks' })),
  )
  // More than the operating system takes for those who do not read, and more than may wait here.
  await churn(60)
  const end = await lastUpdate(lively)
  for (const message of lively.received.filter(({ type }) => type === 'levels'))
    expect(feed.apply(update<LevelUpdate>(message))).not.toMatch(/gap|mismatch/)
  expect(feed.sequence).toBe(end)
  expect(feed.bids()).toEqual(levelsOf(sequencer.engine, 'bids'))
  expect(await sockets(slow)).toBe(3)

  // One wakes up: what it missed is one update, up to the very end.
  const frames: Buffer[] = []
  const conflated = new Promise<number>((resolve) => {
    sleeping.on('data', (data: Buffer) => {
      frames.push(data)
      const tail = Buffer.concat(frames.slice(-200)).toString('latin1')
      if (!tail.includes(`"sequence":${end},`)) return
      resolve(
        Number(
          tail
            .matchAll(/"conflated":(\d+)/g)
            .toArray()
            .at(-1)?.[1],
        ),
      )
    })
  })
  sleeping.resume()
  expect(await conflated).toBeGreaterThan(10_000)

  // The other one does not.
  world.clock.advance(20_000)
  // The close frame: 4002, and why.
  const notice = `\x0f\xa2levels of ${market} were not read in time; subscribe again`
  let tail = ''
  const dropped = new Promise<void>((resolve) => {
    never.on('data', (data: Buffer) => {
      tail = (tail + data.toString('latin1')).slice(-200_000)
      if (tail.includes(notice)) resolve()
    })
  })
  await sequencer.submit(openPhase())
  never.resume()
  await dropped
  never.destroy()
  sleeping.destroy()
})

function openPhase(): Int32Array {
  const words = phaseChange()
  words[3] = 3
  return words
}

async function sockets(at: Site): Promise<number> {
  const text = await at.metrics.registry.metrics()
  return Number(/florin_sockets\{socket="exchange.market-data.connect"\} (\d+)/.exec(text)?.[1])
}
