import { describe, expect, test } from 'vitest'
import {
  answer,
  command,
  Engine,
  enterOrder,
  type MarketConfig,
  noPrice,
  phase,
  reason,
  recordKind,
  side,
  words,
} from '../src/index.ts'
import { Generator } from '../src/testing/generator.ts'
import { NaiveMarket } from '../src/testing/naive/market.ts'
import { profiles } from '../src/testing/profiles.ts'
import { Random } from '../src/testing/random.ts'

const config: MarketConfig = {
  lowestPrice: 1,
  highestPrice: 1000,
  orders: 3,
  accounts: 2,
  sessions: 1,
  clientIds: 1,
  largestPosition: 1_000_000,
  risk: false,
  digest: true,
}

const goodTillCancelled = 1 << 4

function send(engine: Engine, named: Readonly<Record<string, number>>): number {
  const list = new Int32Array(words)
  for (const [name, place] of Object.entries(command)) list[place] = named[name] ?? 0
  engine.apply(list, 0)
  return engine.records[answer.reason] ?? -1
}

function trading(changed: Partial<MarketConfig> = {}): Engine {
  const engine = new Engine({ ...config, ...changed })
  send(engine, { type: 5, flags: phase.continuous, price: noPrice })
  return engine
}

function buy(engine: Engine, price: number, quantity: number): number {
  return send(engine, { type: 1, account: 1, flags: goodTillCancelled, price, quantity })
}

function sell(engine: Engine, price: number, quantity: number): number {
  return send(engine, { type: 1, account: 2, flags: goodTillCancelled | side.sell, price, quantity })
}

describe('capacities', () => {
  test('an order for which there is no slot is refused and changes nothing else', () => {
    const engine = trading()
    for (const price of [10, 11, 12]) expect(buy(engine, price, 5)).toBe(reason.none)
    expect(buy(engine, 13, 5)).toBe(reason.ordersFull)
    expect(sell(engine, 12, 5)).toBe(reason.ordersFull)
    expect(engine.bids(9).map(({ price }) => price)).toEqual([12, 11, 10])
    expect(send(engine, { type: 3, account: 1, order: 2, slot: 2 })).toBe(reason.none)
    expect(buy(engine, 13, 5)).toBe(reason.none)
    expect([engine.records[answer.order], engine.records[answer.slot]]).toEqual([4, 2])
  })

  test.each([
    ['highestPrice', { highestPrice: 2 ** 24 + 1 }],
    ['orders', { orders: 2 ** 22 + 1 }],
    ['orders', { orders: 1.5 }],
    ['accounts', { accounts: 0 }],
    ['largestPosition', { risk: true, largestPosition: 2 ** 26 + 1 }],
    ['lowestPrice', { risk: true, lowestPrice: -1 }],
    ['2\\^50', { risk: true, largestPosition: 2 ** 26, lowestPrice: 2 ** 24, highestPrice: 2 ** 24 + 1 }],
  ])('a configuration with a wrong %s is named', (name, changed) => {
    const message = name === 'highestPrice' ? 'prices' : name
    expect(() => new Engine({ ...config, ...changed })).toThrow(new RegExp(message))
  })
})

describe('reading', () => {
  test('tells best prices, levels and orders by priority', () => {
    const engine = trading({ orders: 10 })
    buy(engine, 10, 5)
    buy(engine, 12, 6)
    send(engine, { type: 1, account: 1, flags: goodTillCancelled, price: 12, quantity: 9, display: 4 })
    sell(engine, 20, 7)
    expect([engine.bestBid(), engine.bestAsk()]).toEqual([12, 20])
    expect(engine.level(side.buy, 12)).toEqual({ price: 12, displayed: 10, total: 15, orders: 2 })
    expect(engine.level(side.sell, 12)).toEqual({ price: 12, displayed: 0, total: 0, orders: 0 })
    expect(engine.bids(1)).toEqual([{ price: 12, displayed: 10, total: 15, orders: 2 }])
    const seen: number[][] = []
    engine.eachOrder(side.buy, (order, _slot, account, _flags, price, leaves, displayed) => {
      seen.push([order, account, price, leaves, displayed])
    })
    expect(seen).toEqual([
      [2, 1, 12, 6, 6],
      [3, 1, 12, 9, 4],
      [1, 1, 10, 5, 5],
    ])
    expect(() => engine.level(side.buy, 0)).toThrow(RangeError)
  })
})

describe('snapshots', () => {
  test.each(profiles.map((profile) => [profile.name, profile] as const))(
    '%s: a restored market goes on alike',
    (_, profile) => {
      const made = { ...profile.config, digest: true }
      const naive = new NaiveMarket(profile.config)
      const generator = new Generator(new Random(11), profile, naive)
      const engine = new Engine(made)
      let restored = new Engine(made)
      for (let step = 0; step < 600; step++) {
        const { words: sent } = generator.next()
        naive.apply(sent, 0)
        const count = engine.apply(sent, 0)
        expect(restored.apply(sent, 0)).toBe(count)
        expect(restored.records.subarray(0, count * words)).toEqual(engine.records.subarray(0, count * words))
        if (step % 23 !== 0) continue
        const bytes = restored.snapshot()
        restored = Engine.restore(bytes)
        expect(Buffer.compare(restored.snapshot(), bytes)).toBe(0)
        expect(restored.stateDigest()).toBe(engine.stateDigest())
      }
      expect(restored.digest()).toBe(engine.digest())
    },
  )

  test('a changed byte is found, wherever it is', () => {
    const engine = trading()
    buy(engine, 10, 5)
    const bytes = engine.snapshot()
    for (let place = 0; place < bytes.length; place += 7) {
      const damaged = bytes.slice()
      damaged[place] = (damaged[place] ?? 0) ^ 4
      expect(() => Engine.restore(damaged)).toThrow(RangeError)
    }
    expect(() => Engine.restore(bytes.subarray(0, bytes.length - 8))).toThrow(RangeError)
    expect(() => Engine.restore(new Uint8Array(3))).toThrow(RangeError)
  })

  test('reading and packing change nothing', () => {
    const engine = trading()
    buy(engine, 10, 5)
    const before = engine.stateDigest()
    engine.bids(5)
    engine.level(side.sell, 7)
    engine.snapshot()
    expect(engine.stateDigest()).toBe(before)
    expect(engine.digest()).toMatch(/^[0-9a-f]{32}$/)
  })

  test('a copy whose digest is worked out later is the snapshot of the moment it was made', () => {
    const engine = new Engine(config)
    engine.apply(enterOrder({ time: 1, account: 1, side: 'buy', price: 10, quantity: 1 }), 0)
    const whole = engine.snapshot()
    const copy = engine.copy()
    engine.apply(enterOrder({ time: 2, account: 1, side: 'buy', price: 10, quantity: 1 }), 0)
    let steps = 1
    while (!copy.advance(7)) steps++
    expect(steps).toBeGreaterThan(1)
    expect(copy.finish()).toEqual(whole)
    expect(engine.snapshot()).not.toEqual(whole)
  })

  test('digests tell commands apart that make the same records', () => {
    const [one, other] = [trading(), trading()]
    send(one, { type: 9, stop: 1 })
    send(other, { type: 9, stop: 2 })
    expect(one.records.subarray(0, words)).toEqual(other.records.subarray(0, words))
    expect(one.digest()).not.toBe(other.digest())
  })
})

test('more records than there was room for are all there', () => {
  const engine = trading({ orders: 1000 })
  for (let order = 0; order < 500; order++) buy(engine, 1 + (order % 100), 1)
  expect(send(engine, { type: 4 })).toBe(reason.none)
  expect(engine.records[answer.count]).toBe(501)
  expect(engine.records[answer.quantity]).toBe(500)
  expect(engine.records[500 * words]).toBe(recordKind.removed)
})
