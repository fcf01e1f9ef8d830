import { describe, expect, it } from 'vitest'
import {
  answer,
  Conflation,
  changePhase,
  Engine,
  enterOrder,
  imageOf,
  LevelFeed,
  LevelPublisher,
  type LevelUpdate,
  levelChecksum,
  noPrice,
  OrderFeed,
  OrderPublisher,
  type OrderUpdate,
  reason,
} from '../src/index.ts'
import { Random } from '../src/testing/index.ts'
import { bookProfiles, GeneratedMarket, levelsOf, profileCalled, sidesOf } from './generated-market.ts'

const commands = 1500

/** A consumer that takes updates at once, or when it comes to it. */
class Consumer {
  readonly feed: LevelFeed
  readonly #conflation: Conflation | undefined

  constructor(publisher: LevelPublisher, slow: boolean) {
    this.feed = new LevelFeed(publisher.snapshot())
    this.#conflation = slow ? new Conflation() : undefined
  }

  send(update: LevelUpdate): void {
    if (this.#conflation === undefined) expect(this.feed.apply(update)).toBe('applied')
    else this.#conflation.add(update)
  }

  /** Makes up for what is waiting. */
  catchUp(): void {
    const update = this.#conflation?.take()
    if (update !== undefined) expect(this.feed.apply(update)).toBe('applied')
  }
}

/** Carries out one generated command and follows it. */
const follow = <Update>(
  market: GeneratedMarket,
  publisher: { apply(records: Int32Array, count: number): Update },
): Update => {
  const count = market.step()
  return publisher.apply(market.engine.records, count)
}

const expectSame = (feed: LevelFeed, engine: Engine): void => {
  const { bids, asks } = levelsOf(engine)
  expect({ bids: feed.bids(), asks: feed.asks() }).toEqual({ bids, asks })
  expect(feed.best()).toEqual({ bid: bids[0] ?? null, ask: asks[0] ?? null })
  const { phase, limitState, last } = feed.market
  expect({ phase, limitState, last: last ?? noPrice }).toEqual({
    phase: engine.phase,
    limitState: engine.limitState,
    last: engine.lastPrice,
  })
}

describe.each(bookProfiles)('price levels in $name', (profile) => {
  it('are exactly those of the book, from any snapshot on, conflated or not', () => {
    for (let seed = 1; seed <= 3; seed++) {
      const market = new GeneratedMarket(profile, seed)
      const { engine, random } = market
      const publisher = new LevelPublisher(imageOf(engine), { wholeEvery: 3, depth: 4 })
      const consumers = [new Consumer(publisher, false), new Consumer(publisher, true)]
      for (let step = 0; step < commands; step++) {
        const count = market.step()
        const update = publisher.apply(engine.records, count)
        if (update !== undefined) for (const consumer of consumers) consumer.send(update)
        expect(update?.top).toBe(
          update && levelChecksum(levelsOf(engine).bids.slice(0, 4), levelsOf(engine).asks.slice(0, 4)),
        )
        if (random.oneIn(200)) consumers.push(new Consumer(publisher, random.oneIn(2)))
        if (!random.oneIn(20)) continue
        for (const consumer of consumers) {
          consumer.catchUp()
          expectSame(consumer.feed, engine)
        }
        const { bids, asks, whole } = new LevelPublisher(imageOf(engine)).snapshot()
        expect(publisher.snapshot()).toMatchObject({ bids, asks, whole, sequence: engine.sequence })
      }
    }
  })
})

describe.each(bookProfiles)('single orders in $name', (profile) => {
  it('are exactly those of the book in its order, from any snapshot on', () => {
    const market = new GeneratedMarket(profile, 9)
    const { engine, random } = market
    const publisher = new OrderPublisher(imageOf(engine), { depth: 4, wholeEvery: 3 })
    const feeds = [new OrderFeed(publisher.snapshot())]
    for (let step = 0; step < commands; step++) {
      const update = follow(market, publisher)
      if (update !== undefined) for (const feed of feeds) expect(feed.apply(update)).toBe('applied')
      if (random.oneIn(200))
        feeds.push(new OrderFeed(new OrderPublisher(imageOf(engine), { depth: 4 }).snapshot()))
      if (!random.oneIn(20)) continue
      for (const feed of feeds) expect({ bids: feed.bids(), asks: feed.asks() }).toEqual(sidesOf(engine))
    }
  })
})

describe('the totals of trades', () => {
  it('are the same whether updates were conflated or not', () => {
    const market = new GeneratedMarket(profileCalled('continuous trading'), 3)
    const { engine } = market
    const publisher = new LevelPublisher(imageOf(engine))
    const conflation = new Conflation()
    const feed = new LevelFeed(publisher.snapshot())
    let [trades, quantity, value] = [0, 0, 0]
    for (let step = 0; step < commands; step++) {
      const before = publisher.snapshot().market.totals.trades
      const update = follow(market, publisher)
      if (publisher.snapshot().market.totals.trades < before) [trades, quantity, value] = [0, 0, 0]
      for (const [, price, lots] of update?.trades ?? []) {
        trades++
        quantity += lots
        value += price * lots
      }
      if (update !== undefined) conflation.add(update)
    }
    const merged = conflation.take()
    expect(merged?.conflated).toBeGreaterThan(commands / 4)
    expect(merged?.trades).toEqual([])
    expect(merged && feed.apply(merged)).toBe('applied')
    expect(trades).toBeGreaterThan(20)
    expect(feed.market.totals).toMatchObject({ trades, quantity, value: BigInt(value) })
  })

  it('number the trades without a gap', () => {
    const market = new GeneratedMarket(profileCalled('auctions'), 5)
    const publisher = new LevelPublisher(imageOf(market.engine))
    const numbers: number[] = []
    for (let step = 0; step < commands; step++) {
      const update = follow(market, publisher)
      numbers.push(...(update?.trades ?? []).map(([number]) => number))
    }
    expect(numbers.length).toBeGreaterThan(20)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })
})

describe('a lost update', () => {
  const updatesOf = (seed: number) => {
    const market = new GeneratedMarket(profileCalled('everything'), seed)
    const { engine } = market
    for (let step = 0; step < 200; step++) market.step()
    const levels = new LevelPublisher(imageOf(engine), { wholeEvery: 1 })
    const orders = new OrderPublisher(imageOf(engine), { depth: 1000 })
    const start = { levels: levels.snapshot(), orders: orders.snapshot() }
    const sent: { level: LevelUpdate[]; order: OrderUpdate[] } = { level: [], order: [] }
    for (let step = 0; step < 100; step++) {
      const count = market.step()
      const level = levels.apply(engine.records, count)
      const order = orders.apply(engine.records, count)
      if (level !== undefined) sent.level.push(level)
      if (order !== undefined) sent.order.push(order)
    }
    return { start, sent, levels, orders }
  }

  it('is a gap at the next one, and the feed stays lost', () => {
    const { start, sent } = updatesOf(1)
    const levels = new LevelFeed(start.levels)
    const orders = new OrderFeed(start.orders)
    const [, secondLevel, thirdLevel] = sent.level
    const [, secondOrder, thirdOrder] = sent.order
    if (!secondLevel || !thirdLevel || !secondOrder || !thirdOrder) throw new Error('too few updates')
    expect([levels.apply(secondLevel), levels.apply(thirdLevel)]).toEqual(['gap', 'gap'])
    expect([orders.apply(secondOrder), orders.apply(thirdOrder)]).toEqual(['gap', 'gap'])
  })

  it('is seen by the checksums even where the numbers do not tell', () => {
    const random = new Random(1)
    let mismatches = 0
    for (let seed = 1; seed <= 40; seed++) {
      const { start, sent, levels, orders } = updatesOf(seed)
      const feed = new LevelFeed(start.levels)
      const lost = random.below(sent.level.length - 1)
      const results = sent.level
        .filter((_, index) => index !== lost)
        .map((update) => feed.apply({ ...update, after: 0 }))
      if (results.includes('mismatch')) mismatches++
      else
        expect(feed.bids().concat(feed.asks())).toEqual(levels.snapshot().bids.concat(levels.snapshot().asks))

      const byOrder = new OrderFeed(start.orders)
      const lostOrder = random.below(sent.order.length - 1)
      const told = sent.order
        .filter((_, index) => index !== lostOrder)
        .map((update) => byOrder.apply({ ...update, after: 0 }))
      if (told.includes('mismatch')) mismatches++
      else
        expect(byOrder.bids().concat(byOrder.asks())).toEqual(
          orders.snapshot().bids.concat(orders.snapshot().asks),
        )
    }
    expect(mismatches).toBeGreaterThan(60)
  })

  it('from before the snapshot is old, and nothing may be skipped by who makes them', () => {
    const market = new GeneratedMarket(profileCalled('continuous trading'), 2)
    const { engine } = market
    const publisher = new LevelPublisher(imageOf(engine))
    const orders = new OrderPublisher(imageOf(engine))
    const sent: LevelUpdate[] = []
    for (let step = 0; step < 100; step++) {
      const update = follow(market, publisher)
      if (update !== undefined) sent.push(update)
    }
    const feed = new LevelFeed(publisher.snapshot())
    expect(sent.map((update) => feed.apply(update)).every((result) => result === 'old')).toBe(true)
    const conflation = new Conflation()
    for (const update of sent.slice(0, 1)) conflation.add(update)
    expect(() =>
      sent.slice(2, 3).forEach((update) => {
        conflation.add(update)
      }),
    ).toThrow(RangeError)
    const count = market.step() && market.step()
    expect(() => publisher.apply(engine.records, count)).toThrow(RangeError)
    expect(() => orders.apply(engine.records, count)).toThrow(RangeError)
  })

  it('or a changed snapshot is not taken', () => {
    const { start } = updatesOf(4)
    const { levels, orders } = start
    expect(() => new LevelFeed({ ...levels, bids: [[1, 1, 1], ...levels.bids] })).toThrow(RangeError)
    expect(() => new OrderFeed({ ...orders, bids: [[1, 1, 1], ...orders.bids] })).toThrow(RangeError)
  })
})

describe('what is hidden', () => {
  it('is in no update', () => {
    // two markets that differ only in what icebergs hide, as long as nobody finds out by trading
    const shown = (hidden: number) => {
      const engine = new Engine({ ...profileCalled('icebergs').config, risk: false })
      const levels = new LevelPublisher(imageOf(engine))
      const orders = new OrderPublisher(imageOf(engine))
      const updates: unknown[] = []
      const play = (words: Int32Array): void => {
        const count = engine.apply(words, 0)
        expect(engine.records[answer.reason]).toBe(reason.none)
        updates.push(levels.apply(engine.records, count), orders.apply(engine.records, count))
      }
      play(changePhase({ phase: 'continuous', time: 0 }))
      for (let at = 0; at < 5; at++) {
        const order = { account: 1, price: 100 - at, quantity: 10 + hidden, display: 10, time: at } as const
        play(enterOrder({ ...order, side: 'buy' }))
        play(enterOrder({ ...order, side: 'sell', price: 101 + at }))
      }
      play(
        enterOrder({ account: 2, side: 'sell', price: 99, quantity: 14, timeInForce: 'immediate', time: 9 }),
      )
      return [...updates, levels.snapshot(), orders.snapshot()]
    }
    expect(shown(20)).toEqual(shown(500))
    expect(shown(20)).not.toEqual(shown(0))
  })
})

describe('the checksum', () => {
  it('is the CRC-32 of the text that the documentation says', () => {
    // cksum and zlib agree on these: python3 -c 'import zlib; print(zlib.crc32(b"…"))'
    expect(levelChecksum([], [])).toBe(2_343_686_810)
    expect(
      levelChecksum(
        [
          [10050, 7, 2],
          [10040, 5, 1],
        ],
        [[10060, 3, 1]],
      ),
    ).toBe(1_013_094_897)
  })
})
