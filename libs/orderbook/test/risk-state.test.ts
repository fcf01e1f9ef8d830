import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountSetting, accountStateBit, permission, side } from '../src/layout.ts'
import { reason } from '../src/reasons.ts'
import { ClientIds } from '../src/risk/client-ids.ts'
import { Risk } from '../src/risk/risk.ts'
import { riskConfig } from './risk-config.ts'

const everything = permission.buy | permission.sell | permission.shortSale | permission.margin

type Call =
  | { readonly kind: 'enter'; readonly account: number; readonly sell: boolean; readonly quantity: number }
  | { readonly kind: 'fill'; readonly account: number; readonly sell: boolean; readonly quantity: number }
  | { readonly kind: 'mark'; readonly price: number }
  | { readonly kind: 'endOfDay' }

const account = fc.integer({ min: 1, max: riskConfig.accounts })
const quantity = fc.integer({ min: 1, max: 40 })
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const), account, sell: fc.boolean(), quantity }),
  fc.record({ kind: fc.constant('fill' as const), account, sell: fc.boolean(), quantity }),
  fc.record({ kind: fc.constant('mark' as const), price: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ kind: fc.constant('endOfDay' as const) }),
)

/** Sends calls to a risk of its own, and keeps what it said. */
class Session {
  risk = equipped()
  readonly said: unknown[] = []
  #order = 0

  play(calls: readonly Call[]): void {
    for (const each of calls) this.#one(each)
  }

  /** Goes on with what the parts say. */
  reload(): void {
    const copy = this.risk.parts().map((part) => part.slice())
    this.risk = new Risk(riskConfig)
    this.risk.restore(copy)
  }

  #one(each: Call): void {
    if (each.kind === 'mark') this.said.push(this.risk.mark(each.price))
    else if (each.kind === 'endOfDay') this.risk.endOfDay((order) => order % 3 === 0)
    else this.#enter(each)
    this.risk.changedStates((...state) => this.said.push(state))
  }

  #enter({ kind, account: of, sell, quantity: lots }: Call & { kind: 'enter' | 'fill' }): void {
    const { risk } = this
    const flags = sell ? side.sell | (1 << 13) : side.buy
    const order = ++this.#order
    const id = (order * 7) % 50
    const refused =
      risk.clientIdReason(of, id, 0) ||
      risk.admits(of, flags) ||
      risk.check(of, flags, 100, 100, lots, order, false)
    this.said.push(refused)
    if (refused !== reason.none) return
    risk.remember(of, id, 0, order, 1)
    risk.entered(of, flags, lots, 100)
    if (kind === 'enter') return
    risk.setTime(order)
    risk.filled(of, flags, lots, 90 + (order % 20), 100)
    risk.ended(of)
  }
}

function equipped(): Risk {
  const risk = new Risk(riskConfig)
  const settings = [
    [accountSetting.permissions, everything],
    [accountSetting.maxOrderQuantity, 1_000],
    [accountSetting.maxOrderValue, 1_000_000],
    [accountSetting.maxPosition, 500],
    [accountSetting.cash, 100_000],
    [accountSetting.initialMargin, 500_000],
    [accountSetting.maintenanceMargin, 4_000_000],
    [accountSetting.liquidationMargin, 3_000_000],
    [accountSetting.locate, 500],
    [accountSetting.drawdown, 2_000],
    [accountSetting.dailyLoss, 5_000],
    [accountSetting.outputWindow, 20],
    [accountSetting.outputMaximum, 400],
    [accountSetting.repeatWindow, 10],
    [accountSetting.repeatMaximum, 3],
    [accountSetting.throttleInterval, 2],
    [accountSetting.throttleBurst, 5],
  ] as const
  for (let each = 1; each <= riskConfig.accounts; each++) {
    for (const [setting, value] of settings) expect(risk.set(each, setting, value)).toBe(reason.none)
  }
  risk.setReference(100)
  return risk
}

describe('the state of risk', () => {
  it('goes on from its parts as if nothing had happened, to the byte', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), fc.array(call, { maxLength: 60 }), (before, after) => {
        const one = new Session()
        const other = new Session()
        one.play(before)
        other.play(before)
        other.reload()
        one.play(after)
        other.play(after)
        expect(other.said).toEqual(one.said)
        expect(other.risk.parts()).toEqual(one.risk.parts())
      }),
    )
  })

  it('is not taken from the parts of another market', () => {
    const parts = equipped().parts()
    const smaller = new Risk({ ...riskConfig, accounts: 7 })
    expect(() => smaller.restore(parts)).toThrow(RangeError)
    expect(() => new Risk(riskConfig).restore(parts.slice(1))).toThrow(RangeError)
  })

  it('is refused a configuration whose amounts could not be exact', () => {
    expect(() => new Risk({ ...riskConfig, lowestPrice: -1 })).toThrow(RangeError)
    expect(() => new Risk({ ...riskConfig, largestPosition: 2 ** 27 })).toThrow(RangeError)
    expect(() => new Risk({ ...riskConfig, largestPosition: 2 ** 26, highestPrice: 2 ** 24 })).toThrow(
      RangeError,
    )
  })

  it('tells who fell below the margins, and who no longer does, by number', () => {
    const risk = equipped()
    const seen: number[][] = []
    const mark = (price: number) => {
      risk.mark(price)
      risk.changedStates((of, state, previous, cause) => seen.push([of, state, previous, cause]))
    }
    for (const each of [5, 2]) {
      risk.set(each, accountSetting.cash, 35_500)
      risk.set(each, accountSetting.drawdown, 0)
      risk.set(each, accountSetting.dailyLoss, 0)
      expect(risk.adjust(each, side.buy, 100, 100)).toBe(reason.none)
    }
    mark(100)
    const called = accountStateBit.marginCall
    expect(seen.splice(0)).toEqual([
      [2, called, 0, 0],
      [5, called, 0, 0],
    ])
    risk.adjust(5, side.sell, 100, 100)
    mark(140)
    expect(seen.splice(0)).toEqual([
      [2, called | accountStateBit.liquidation, called, 0],
      [5, 0, called, 0],
    ])
    mark(140)
    expect(seen).toEqual([])
  })

  it('halts an account whose loss of the day is too large, until it is released', () => {
    const risk = equipped()
    risk.adjust(1, side.buy, 100, 150)
    risk.set(1, accountSetting.drawdown, 0)
    risk.mark(101)
    expect(risk.admits(1, side.buy)).toBe(reason.none)
    risk.mark(99)
    const seen: number[][] = []
    risk.changedStates((of, state, previous, cause, equity) =>
      seen.push([of, state & 1, previous, cause, equity]),
    )
    expect(seen).toEqual([[1, 1, 0, reason.dailyLoss, 100_000 - 5_100]])
    expect(risk.admits(1, side.buy)).toBe(reason.halted)
    risk.set(1, accountSetting.halted, 0)
    expect(risk.admits(1, side.buy)).toBe(reason.none)
  })

  it('keeps what living orders need when cash is taken away', () => {
    const risk = equipped()
    risk.set(3, accountSetting.permissions, permission.buy)
    risk.set(3, accountSetting.feeRate, 1_000)
    risk.entered(3, side.buy, 10, 101)
    expect(risk.position(3).reserved).toBe(1_010 + 2)
    expect(risk.set(3, accountSetting.cashChange, -(100_000 - 1_011))).toBe(reason.buyingPower)
    expect(risk.set(3, accountSetting.permissions, everything)).toBe(reason.margin)
    expect(risk.set(3, accountSetting.cashChange, -(100_000 - 1_012))).toBe(reason.none)
    expect(risk.set(3, accountSetting.cashChange, 2 ** 50)).toBe(reason.malformed)
    expect(risk.position(3)).toMatchObject({ cash: 1_012, reserved: 1_012 })
  })
})

describe('client ids', () => {
  it('are found by account until the end of the day at which their order is gone, however many there are', () => {
    const capacity = 5_000
    const ids = new ClientIds(capacity, 4)
    for (let n = 0; n < capacity; n++) ids.claim(1 + (n % 3), n % 700, Math.trunc(n / 700), n + 1, n % 100)
    expect(ids.full).toBe(true)
    ids.keep((order) => order % 2 === 0)
    expect(ids.full).toBe(false)
    for (let n = 0; n < capacity; n++) {
      const [of, low, high] = [1 + (n % 3), n % 700, Math.trunc(n / 700)] as const
      expect(ids.has(of, low, high)).toBe(n % 2 === 1)
      expect(ids.order(of, low, high)).toBe(n % 2 === 1 ? n + 1 : 0)
      expect(ids.slot(of, low, high)).toBe(n % 2 === 1 ? n % 100 : 0)
      expect(ids.has(4, low, high)).toBe(false)
    }
  })
})
