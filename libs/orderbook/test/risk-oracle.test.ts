import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountSetting, type MarketConfig, orderType, reason, side } from '../src/index.ts'
import { riskConfig } from './risk-config.ts'
import { accounts, kinds, type Op, Pair } from './risk-pair.ts'

/** As much as a market may be configured for: sums come near the limits of what is exact. */
const largest: MarketConfig = {
  ...riskConfig,
  highestPrice: 2 ** 24 - 1,
  largestPosition: 2 ** 26,
  clientIds: 8,
}
const usual: MarketConfig = { ...riskConfig, highestPrice: 1_000, largestPosition: 200, clientIds: 8 }

const settingNames: (keyof typeof accountSetting)[] = []
for (const name in accountSetting) if (isSetting(name)) settingNames.push(name)
function isSetting(name: string): name is keyof typeof accountSetting {
  return Object.hasOwn(accountSetting, name)
}

const operation = (config: MarketConfig): fc.Arbitrary<Op> => {
  const top = config.highestPrice
  // near the middle most of the time, so that the checks are met from both sides
  const price = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: Math.floor(top * 0.45), max: Math.ceil(top * 0.55) }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: top }) },
  )
  const flags = fc
    .tuple(fc.constantFrom(side.buy, side.sell), fc.constantFrom(...Object.values(orderType)), fc.boolean())
    .map(([of, type, short]) => of | (type << 1) | (short && of === side.sell ? 1 << 13 : 0))
  return fc.record({
    what: fc.oneof(
      { weight: 8, arbitrary: fc.constant('enter' as const) },
      { weight: 5, arbitrary: fc.constant('fill' as const) },
      { weight: 4, arbitrary: fc.constant('set' as const) },
      { weight: 2, arbitrary: fc.constant('again' as const) },
      { weight: 6, arbitrary: fc.constantFrom(...kinds) },
    ),
    account: fc.integer({ min: 1, max: accounts }),
    flags,
    price,
    quantity: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: config.largestPosition })),
    setting: fc.constantFrom(...settingNames),
    which: fc.nat({ max: 40 }),
    value: fc.oneof(
      fc.integer({ min: -1, max: 16 }),
      fc.integer({ min: 0, max: config.largestPosition }),
      fc.integer({ min: 0, max: 1_100_000 }),
      fc.integer({ min: -(2 ** 50), max: 2 ** 50 + 1 }),
    ),
    pass: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })),
  })
}

/** Accounts that may do something at once: otherwise most sequences would see refusals only. */
function opened(config: MarketConfig, permissions: readonly number[]): Pair {
  const pair = new Pair(config)
  pair.both((risk) => risk.setReference(Math.floor(config.highestPrice / 2)))
  permissions.forEach((bits, at) => {
    const fields = [
      [accountSetting.permissions, bits],
      [accountSetting.maxOrderQuantity, config.largestPosition],
      [accountSetting.maxOrderValue, 2 ** 50],
      [accountSetting.maxPosition, config.largestPosition],
      [accountSetting.cash, 2 ** 49],
      [accountSetting.locate, 2 ** 31 - 1],
      [accountSetting.repeatWindow, 30],
    ] as const
    for (const [field, value] of fields) {
      expect(pair.same((risk) => risk.set(at + 1, field, value))).toBe(reason.none)
    }
  })
  return pair
}

const permissions = fc.array(fc.constantFrom(15, 7, 3, 15, 7), { minLength: accounts, maxLength: accounts })

describe('risk, fast and naive', () => {
  it.each([
    ['a usual market', usual],
    ['the largest market', largest],
  ])('say and keep the same over whatever is asked of %s', (_, config) => {
    fc.assert(
      fc.property(permissions, fc.array(operation(config), { size: 'max', maxLength: 150 }), (bits, ops) => {
        const pair = opened(config, bits)
        for (const op of ops) pair.step(op)
      }),
      { numRuns: Number(process.env.FLORIN_RISK_RUNS ?? 60) },
    )
  })

  it('meets every reason and every state', () => {
    const reasons = new Set<number>()
    const states = new Set<number>()
    fc.assert(
      fc.property(permissions, fc.array(operation(usual), { size: 'max', maxLength: 400 }), (bits, ops) => {
        const pair = opened(usual, bits)
        for (const op of ops) reasons.add(pair.step(op))
        for (const [, state, , cause] of pair.told) states.add(state ?? 0).add((cause ?? 0) + 1000)
      }),
      { numRuns: 60, seed: 4 },
    )
    const missing = Object.entries(reason).filter(
      ([name, number]) => isOfRisk(name, number) && !reasons.has(number),
    )
    expect(missing).toEqual([])
    for (const bit of [1, 2, 4, 8])
      expect([...states].some((state) => state < 16 && (state & bit) !== 0)).toBe(true)
    expect(
      [reason.dailyLoss, reason.drawdown, reason.selfOutput].filter((one) => !states.has(one + 1000)),
    ).toEqual([])
  })

  it('has no order for no client id', () => {
    const pair = opened(usual, [15, 15, 15])
    expect(pair.same((risk) => risk.clientIdReason(1, 0, 0))).toBe(reason.none)
    expect(pair.same((risk) => risk.find(1, 0, 0))).toBe(0)
  })
})

/** The reasons that risk may give. */
function isOfRisk(name: string, number: number): boolean {
  const others: readonly string[] = ['phase', 'suspended']
  const ready = name === 'halted' || name === 'notPermitted' || name === 'noLimits'
  return !others.includes(name) && (ready || name === 'clientIdsFull' || (number >= 40 && number <= 55))
}
