import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountSetting, permission, side } from '../src/layout.ts'
import { reason } from '../src/reasons.ts'
import { Risk } from '../src/risk/risk.ts'
import { riskConfig } from './risk-config.ts'

const account = 1

function marginAccount(): Risk {
  const risk = new Risk(riskConfig)
  expect(
    risk.set(account, accountSetting.permissions, permission.buy | permission.sell | permission.margin),
  ).toBe(0)
  return risk
}

function trade(risk: Risk, ofSide: number, quantity: number, price: number): void {
  risk.entered(account, ofSide, quantity, price)
  risk.filled(account, ofSide, quantity, price, price)
  risk.ended(account)
}

describe('positions', () => {
  it('hold the worked example to the digit', () => {
    const risk = marginAccount()
    risk.mark(9980)
    trade(risk, side.buy, 10, 10000)
    trade(risk, side.buy, 5, 10030)
    trade(risk, side.sell, 6, 10050)
    expect(risk.position(account)).toMatchObject({
      position: 9,
      cost: 90090,
      realisedAverage: 240,
      realisedFifo: 300,
    })
    expect(risk.lots(account)).toEqual([
      { quantity: 4, price: 10000 },
      { quantity: 5, price: 10030 },
    ])
    trade(risk, side.sell, 15, 10020)
    trade(risk, side.buy, 2, 9990)
    expect(risk.position(account)).toMatchObject({
      position: -4,
      cost: -40080,
      realisedAverage: 390,
      realisedFifo: 390,
      unrealised: 160,
      equity: 550,
      openOrders: 0,
      openBuys: 0,
      openSells: 0,
      reserved: 0,
    })
    expect(risk.lots(account)).toEqual([{ quantity: 4, price: 10020 }])
  })

  it('are what a recount of all fills gives', () => {
    const fill = fc.record({
      sell: fc.boolean(),
      quantity: fc.integer({ min: 1, max: 50 }),
      price: fc.integer({ min: 0, max: 30 }),
    })
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 200 }), (fills) => {
        const risk = marginAccount()
        for (const each of fills) trade(risk, each.sell ? side.sell : side.buy, each.quantity, each.price)
        const lots = recount(fills)
        const found = risk.position(account)
        const signed = (each: (typeof fills)[number]) => (each.sell ? -each.quantity : each.quantity)
        const paid = fills.reduce((sum, each) => sum + signed(each) * each.price, 0)
        const lotCost = lots.reduce((sum, each) => sum + each.quantity * each.price, 0)
        expect(found.position).toBe(fills.reduce((sum, each) => sum + signed(each), 0))
        // Conservation: what was paid is held at cost, or was lost.
        expect(found.cost - found.realisedAverage).toBe(paid)
        expect(lotCost - found.realisedFifo).toBe(paid)
        expect(unmerged(risk.lots(account))).toEqual(
          unmerged(lots.map((lot) => ({ ...lot, quantity: Math.abs(lot.quantity) }))),
        )
        if (found.position === 0) expect(found.cost).toBe(0)
        if (found.position === 0) expect(found.realisedAverage).toBe(found.realisedFifo)
      }),
    )
  })

  it('take cash and fees for buys of cash accounts only', () => {
    const risk = new Risk(riskConfig)
    risk.set(account, accountSetting.permissions, permission.buy | permission.sell)
    risk.set(account, accountSetting.cash, 1_000_000)
    risk.set(account, accountSetting.feeRate, 1_500)
    trade(risk, side.buy, 7, 1_001)
    expect(risk.position(account).cash).toBe(1_000_000 - 7_007 - 11)
    trade(risk, side.sell, 7, 1_001)
    expect(risk.position(account).cash).toBe(1_000_000 - 7_007 - 11)
  })

  it('are adjusted without a trade, but never below what may be sold', () => {
    const risk = marginAccount()
    expect(risk.adjust(account, side.buy, 10, 100)).toBe(reason.none)
    risk.entered(account, side.sell, 4, 100)
    expect(risk.adjust(account, side.sell, 7, 100)).toBe(reason.position)
    expect(risk.adjust(account, side.sell | 2, 7, 100)).toBe(reason.none)
    expect(risk.position(account)).toMatchObject({ position: 3, cost: 300, openSells: 4, realisedAverage: 0 })
    expect(risk.adjust(account, side.sell, 0, 100)).toBe(reason.malformed)
    expect(risk.adjust(account, 4, 1, 100)).toBe(reason.malformed)
    expect(risk.adjust(account, side.buy, 1, riskConfig.highestPrice + 1)).toBe(reason.priceBounds)
    expect(risk.adjust(account, side.buy, riskConfig.largestPosition - 2, 1)).toBe(reason.position)
    expect(risk.adjust(account, side.buy, riskConfig.largestPosition - 3, 1)).toBe(reason.none)
  })
})

interface Lot {
  readonly quantity: number
  readonly price: number
}

/** Signed lots that are left, first in, first out, from all fills. */
function recount(fills: readonly { sell: boolean; quantity: number; price: number }[]): Lot[] {
  let units: { sell: boolean; price: number }[] = []
  for (const { sell, quantity, price } of fills) {
    for (let lot = 0; lot < quantity; lot++) {
      if (units[0] !== undefined && units[0].sell !== sell) units = units.slice(1)
      else units.push({ sell, price })
    }
  }
  return units.map((unit) => ({ quantity: unit.sell ? -1 : 1, price: unit.price }))
}

/** One price a lot, so that it doesn't matter which fills were put together. */
function unmerged(lots: readonly Lot[]): number[] {
  return lots.flatMap((lot) => new Array<number>(lot.quantity).fill(lot.price))
}
