import { orderType, side } from '../../layout.ts'
import { type Reason, reason } from '../../reasons.ts'
import type { MarketConfig } from '../../types.ts'
import { Account, type Prices, shareUp } from './account.ts'
import { size } from './position.ts'
import type { RiskCalls } from './risk-calls.ts'
import { firstRefusal, isDrawnDown, lostTooMuchToday, realisedTooMuch } from './risk-checks.ts'
import { setField } from './risk-settings.ts'
import { readFlags } from './words.ts'

interface Remembered {
  readonly account: number
  readonly low: number
  readonly high: number
  readonly order: number
  readonly slot: number
}

/** Section 10 of the rules in obvious code: whatever is asked is worked out from the fills and the living orders. */
export class NaiveRisk implements RiskCalls {
  readonly #config: MarketConfig
  readonly #prices: Prices = { mark: undefined, reference: undefined }
  readonly #accounts = new Map<number, Account>()
  #ids: Remembered[] = []

  constructor(config: MarketConfig) {
    this.#config = config
  }

  account(number: number): Account {
    const known = this.#accounts.get(number)
    if (known !== undefined) return known
    const account = new Account(this.#prices)
    this.#accounts.set(number, account)
    return account
  }

  admits(number: number, flags: number): Reason {
    const account = this.account(number)
    if (account.has('halted')) return reason.halted
    const permitted = account.may(readFlags(flags).side === side.buy ? 'buy' : 'sell')
    return permitted ? reason.none : reason.notPermitted
  }

  ready(number: number): Reason {
    const account = this.account(number)
    const limits = ['maxOrderQuantity', 'maxOrderValue', 'maxPosition'] as const
    if (limits.some((limit) => account.setting(limit) === 0n)) return reason.noLimits
    return account.reference === undefined ? reason.noReference : reason.none
  }

  setReference(price: number): void {
    this.#prices.reference = BigInt(price)
  }

  collared(number: number, of: number, price: number): number {
    const account = this.account(number)
    const collar = Number(account.setting('collar'))
    if (collar === 0 || account.reference === undefined) return price
    const reference = Number(account.reference)
    return of === side.buy ? Math.min(price, reference + collar) : Math.max(price, reference - collar)
  }

  valuation(flags: number, price: number, effective: number): number {
    const { side: of, type } = readFlags(flags)
    if (of === side.buy) return effective
    const reference = Number(this.#prices.mark ?? this.#prices.reference ?? 0n)
    const hasLimit = type === orderType.limit || type === orderType.stopLimit
    return hasLimit ? Math.max(price, reference) : reference
  }

  clientIdReason(account: number, low: number, high: number): Reason {
    if (low === 0 && high === 0) return reason.none
    if (this.#ids.length >= this.#config.clientIds) return reason.clientIdsFull
    return this.#remembered(account, low, high) ? reason.duplicateClientId : reason.none
  }

  check(
    account: number,
    flags: number,
    price: number,
    valuation: number,
    quantity: number,
    timeUs: number,
    amended: boolean,
  ): Reason {
    return firstRefusal(this.account(account), {
      flags,
      price,
      valuation: BigInt(valuation),
      quantity: BigInt(quantity),
      time: timeUs,
      amended,
    })
  }

  entered(account: number, flags: number, quantity: number, valuation: number): void {
    this.#changeOpen(account, flags, quantity, valuation, 1)
  }

  left(account: number, flags: number, quantity: number, valuation: number): void {
    this.#changeOpen(account, flags, -quantity, valuation, 0)
  }

  ended(account: number): void {
    this.account(account).changeOpen(side.buy, 0n, 0n, -1)
  }

  #changeOpen(account: number, flags: number, lots: number, valuation: number, orders: number): void {
    this.account(account).changeOpen(readFlags(flags).side, BigInt(lots), BigInt(valuation), orders)
  }

  filled(
    number: number,
    flags: number,
    quantity: number,
    price: number,
    valuation: number,
    timeUs: number,
  ): void {
    const account = this.account(number)
    const { side: of } = readFlags(flags)
    const lots = BigInt(quantity)
    const value = lots * BigInt(price)
    this.#changeOpen(number, flags, -quantity, valuation, 0)
    if (of === side.buy && !account.may('margin')) {
      account.changeCash(-value - shareUp(value, account.setting('feeRate')))
    }
    account.fill({ side: of, quantity: lots, price: BigInt(price) })
    countOutput(account, lots, timeUs)
  }

  remember(account: number, low: number, high: number, order: number, slot: number): void {
    if (low !== 0 || high !== 0) this.#ids.push({ account, low, high, order, slot })
  }

  find(account: number, low: number, high: number): number {
    return this.#remembered(account, low, high)?.slot ?? 0
  }

  orderOf(account: number, low: number, high: number): number {
    return this.#remembered(account, low, high)?.order ?? 0
  }

  #remembered(account: number, low: number, high: number): Remembered | undefined {
    return this.#ids.find((one) => one.account === account && one.low === low && one.high === high)
  }

  set(account: number, field: number, value: number): Reason {
    return setField(this.account(account), field, value, this.#config)
  }

  mark(price: number): Reason {
    if (!this.#inBounds(price)) return reason.priceBounds
    this.#prices.mark = BigInt(price)
    for (const account of this.#accounts.values()) afterMark(account)
    return reason.none
  }

  adjust(number: number, flags: number, quantity: number, price: number): Reason {
    if (flags < 0 || flags > 3 || quantity < 1) return reason.malformed
    if (!this.#inBounds(price)) return reason.priceBounds
    const account = this.account(number)
    if (realisedTooMuch(account)) return reason.orderValue
    const fill = { side: flags & 1, quantity: BigInt(quantity), price: BigInt(price) }
    if (this.#isBeyond(account, fill.side, fill.quantity, flags >= 2)) return reason.position
    account.fill(fill)
    return reason.none
  }

  #isBeyond(account: Account, of: number, quantity: bigint, forced: boolean): boolean {
    const { position } = account.holding
    const { buys, sells } = account.open
    const largest = BigInt(this.#config.largestPosition)
    if (of === side.buy) return position + buys + quantity > largest
    const free = position - sells
    return -(free - quantity) > largest || (!forced && quantity > free)
  }

  #inBounds(price: number): boolean {
    return price >= this.#config.lowestPrice && price <= this.#config.highestPrice
  }

  endOfDay(alive: (order: number, slot: number) => boolean): void {
    this.#ids = this.#ids.filter(({ order, slot }) => alive(order, slot))
    for (const account of this.#accounts.values()) account.beginDay()
  }

  group(account: number): number {
    return Number(this.account(account).setting('group'))
  }

  changedStates(
    visit: (account: number, state: number, previous: number, cause: number, equity: number) => void,
  ): void {
    const ascending = [...this.#accounts].sort(([one], [other]) => one - other)
    for (const [number, account] of ascending) {
      const { state, told, cause } = account
      if (state !== told) visit(number, state, told, cause, Number(account.equity))
      account.told = state
      account.cause = reason.none
    }
  }
}

/** Fills of both sides in a window from its first one on. */
const countOutput = (account: Account, lots: bigint, time: number): void => {
  const maximum = account.setting('outputMaximum')
  if (maximum === 0n) return
  const { window } = account
  const goesOn = window !== undefined && BigInt(time - window.first) < account.setting('outputWindow')
  account.window = goesOn ? { first: window.first, lots: window.lots + lots } : { first: time, lots }
  if (account.window.lots > maximum) account.put('halted', true, reason.selfOutput)
}

const afterMark = (account: Account): void => {
  const { position } = account.holding
  const called = account.has('marginCall') || account.has('liquidation')
  if (position === 0n && account.open.orders === 0 && !called) return
  account.noteResult()
  if (lostTooMuchToday(account)) account.put('halted', true, reason.dailyLoss)
  if (isDrawnDown(account)) account.put('reduceOnly', true, reason.drawdown)
  account.put('marginCall', falls(account, 'maintenanceMargin'))
  account.put('liquidation', falls(account, 'liquidationMargin'))
}

const falls = (account: Account, rate: 'maintenanceMargin' | 'liquidationMargin'): boolean => {
  const { position } = account.holding
  if (!account.may('margin') || position === 0n) return false
  const value = size(position) * (account.prices.mark ?? 0n)
  return account.equity < shareUp(value, account.setting(rate))
}
