import { describe, expect, test } from 'vitest'
import {
  type AnswerRecord,
  accountSetting,
  accountStateBit,
  cancelOrder,
  changePhase,
  decodeRecords,
  Engine,
  enterOrder,
  type MarketConfig,
  permission,
  type ReasonName,
  setAccount,
  setMark,
  setReference,
} from '../src/index.ts'
import { Packing, unpack } from '../src/parts.ts'
import { NaiveMarket } from '../src/testing/naive/market.ts'
import type { Market } from '../src/types.ts'
import { riskConfig } from './risk-config.ts'

const time = 0
const mostEntries = 2 ** 31 - 1

function ask(market: Market, command: Int32Array): AnswerRecord {
  const count = market.apply(command, 0)
  const [answer] = decodeRecords(market.records, count)
  if (answer?.kind !== 'answer') throw new Error('no answer')
  return answer
}

function trading(market: Market): void {
  ask(market, changePhase({ time, phase: 'continuous' }))
}

const buy = (price: number, quantity = 1) =>
  enterOrder({ time, account: 1, side: 'buy', price, quantity, timeInForce: 'goodTillCancelled' })

describe('the last of 2^31 - 1 entries', () => {
  const config: MarketConfig = { ...riskConfig, risk: false, digest: true, orders: 8 }

  /** An engine, and its oracle, that took so many orders already. */
  function grownOld(entries: number): readonly Market[] {
    const young = new Engine(config)
    trading(young)
    const parts = unpack(young.snapshot())
    const state = parts[1]
    if (!(state instanceof Float64Array)) throw new Error('the second part is no numbers')
    expect([...state.subarray(0, 2)]).toEqual([1, 0])
    state[1] = entries
    const oracle = new NaiveMarket(config)
    trading(oracle)
    oracle.state.entries = entries
    return [Engine.restore(new Packing(parts).finish()), oracle]
  }

  test('is taken, the next is refused, and what lives goes on', () => {
    for (const market of grownOld(mostEntries - 1)) {
      expect(ask(market, buy(10))).toMatchObject({ reason: 'none', order: mostEntries, slot: 1 })
      expect(ask(market, buy(11))).toMatchObject({ reason: 'entriesExhausted', order: 0, slot: 0 })
      const sale = enterOrder({ time, account: 2, side: 'sell', price: 10, quantity: 1 })
      expect(ask(market, sale)).toMatchObject({ reason: 'entriesExhausted' })
      expect(ask(market, cancelOrder({ time, account: 1, order: mostEntries, slot: 1 }))).toMatchObject({
        reason: 'none',
        quantity: 1,
      })
      // The slot that is free now makes no difference.
      expect(ask(market, buy(10))).toMatchObject({ reason: 'entriesExhausted' })
    }
  })

  test('a full book is told before it, as the precedence says', () => {
    const [engine] = grownOld(mostEntries - config.orders)
    if (engine === undefined) throw new Error('no engine')
    for (let i = 0; i < config.orders; i++) expect(ask(engine, buy(10 + i)).reason).toBe('none')
    expect(ask(engine, buy(9)).reason).toBe('ordersFull')
  })
})

describe('exactly at a limit of losses', () => {
  const config: MarketConfig = { ...riskConfig, highestPrice: 1_000 }
  const limits = {
    permissions: permission.buy | permission.sell,
    maxOrderQuantity: 1_000,
    maxOrderValue: 1_000_000,
    maxPosition: 1_000,
    cash: 1_000_000,
  }

  /** Account 1 holds 10 that it bought at 100 from account 2, whose mark is 100, and may lose so much. */
  function holding(market: Market, setting: 'drawdown' | 'dailyLoss', most: number): Market {
    trading(market)
    ask(market, setReference({ time, price: 100 }))
    for (const account of [1, 2])
      for (const [name, value] of Object.entries({ ...limits, locate: 100 }))
        ask(market, setAccount({ time, account, setting: accountSettingOf(name), value }))
    ask(market, setAccount({ time, account: 2, setting: 'permissions', value: limits.permissions | 4 }))
    const sale = { time, account: 2, price: 100, quantity: 10, short: true } as const
    expect(ask(market, enterOrder({ ...sale, side: 'sell' })).reason).toBe('none')
    expect(ask(market, buy(100, 10)).reason).toBe('none')
    ask(market, setMark({ time, price: 100 }))
    ask(market, setAccount({ time, account: 1, setting, value: most }))
    return market
  }

  function accountSettingOf(name: string): keyof typeof accountSetting {
    const found = Object.keys(accountSetting).find((one): one is keyof typeof accountSetting => one === name)
    if (found === undefined) throw new Error(`${name} is no setting`)
    return found
  }

  /** State of account 1 after the mark, and what becomes of a purchase and of a sale that only reduces. */
  function afterMark(market: Market, price: number): { state: number; buys: ReasonName; sells: ReasonName } {
    const count = market.apply(setMark({ time, price }), 0)
    const changed = decodeRecords(market.records, count).flatMap((record) =>
      record.kind === 'accountState' && record.account === 1 ? [record] : [],
    )
    const state = changed.at(-1)?.state
    const bits = state === undefined ? 0 : (state.halted ? 1 : 0) | (state.reduceOnly ? 2 : 0)
    const sale = enterOrder({ time, account: 1, side: 'sell', price: 200, quantity: 1 })
    return { state: bits, buys: ask(market, buy(50)).reason, sells: ask(market, sale).reason }
  }

  const { halted, reduceOnly } = accountStateBit
  test.each([
    ['drawdown', 98, 0, 'none', 'none'],
    ['drawdown', 97, reduceOnly, 'reduceOnly', 'none'],
    ['dailyLoss', 98, 0, 'none', 'none'],
    ['dailyLoss', 97, halted, 'halted', 'halted'],
  ] as const)('%s of 20 with a mark of %d, ten lots bought at 100', (setting, mark, state, buys, sells) => {
    // A loss of 20 is allowed, one of 30 is not: the limit itself may be reached.
    for (const market of [new Engine(config), new NaiveMarket(config)])
      expect(afterMark(holding(market, setting, 20), mark)).toEqual({ state, buys, sells })
  })

  test.each(['drawdown', 'dailyLoss'] as const)('%s: one tick beyond the limit is too much', (setting) => {
    const seen = [30, 29].map((most) =>
      [new Engine(config), new NaiveMarket(config)].map(
        (market) => afterMark(holding(market, setting, most), 97).state !== 0,
      ),
    )
    expect(seen).toEqual([
      [false, false],
      [true, true],
    ])
  })

  const iceberg = enterOrder({ time, account: 1, side: 'buy', price: 50, quantity: 2, display: 1 })

  // Plain orders have a way through the checks of their own.
  test.each([
    ['a plain order', buy(50)],
    ['an iceberg', iceberg],
  ])('%s meets a limit that is set when more is lost already', (_, order) => {
    for (const market of [new Engine(config), new NaiveMarket(config)]) {
      holding(market, 'drawdown', 0)
      expect(afterMark(market, 97)).toMatchObject({ state: 0, buys: 'none' })
      const met = (setting: 'drawdown' | 'dailyLoss', value: number): ReasonName => {
        ask(market, setAccount({ time, account: 1, setting, value }))
        return ask(market, order).reason
      }
      expect([met('drawdown', 30), met('drawdown', 29), ask(market, order).reason]).toEqual([
        'none',
        'drawdown',
        'reduceOnly',
      ])
      ask(market, setAccount({ time, account: 1, setting: 'reduceOnly', value: 0 }))
      expect([met('drawdown', 0), met('dailyLoss', 30), met('dailyLoss', 29)]).toEqual([
        'none',
        'none',
        'dailyLoss',
      ])
      expect(ask(market, order).reason).toBe('halted')
    }
  })
})
