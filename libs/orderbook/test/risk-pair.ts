import { expect } from 'vitest'
import { accountSetting, type MarketConfig, type Reason, reason, side } from '../src/index.ts'
import { derive } from '../src/risk/derived.ts'
import { width } from '../src/risk/layout.ts'
import { Risk } from '../src/risk/risk.ts'
import { NaiveRisk } from '../src/testing/naive/risk.ts'
import type { RiskCalls } from '../src/testing/naive/risk-calls.ts'

export const accounts = 3

interface Living {
  readonly account: number
  readonly flags: number
  readonly order: number
  readonly slot: number
  price: number
  leaves: number
  valuation: number
}

/** Something to ask both. */
export type Op = {
  readonly what: (typeof kinds)[number]
  readonly account: number
  readonly flags: number
  readonly price: number
  readonly quantity: number
  readonly setting: keyof typeof accountSetting
  /** Which of the living orders, or of an account's client ids. */
  readonly which: number
  readonly value: number
  readonly pass: number
}

export const kinds = [
  'enter',
  'again',
  'fill',
  'leave',
  'amend',
  'set',
  'mark',
  'reference',
  'adjust',
  'endOfDay',
  'collar',
] as const

/** Both are asked the same and have to say the same. */
export class Pair {
  readonly fast: Risk
  readonly naive: NaiveRisk
  readonly config: MarketConfig
  readonly told: (readonly number[])[] = []
  living: Living[] = []
  time = 1_000_000
  #orders = 0
  #last: Op | undefined

  constructor(config: MarketConfig) {
    this.config = config
    this.fast = new Risk(config)
    this.naive = new NaiveRisk(config)
  }

  same<T>(ask: (risk: RiskCalls) => T): T {
    const expected = ask(this.naive)
    expect(ask(this.fast)).toEqual(expected)
    return expected
  }

  both(tell: (risk: RiskCalls) => void): void {
    tell(this.fast)
    tell(this.naive)
  }

  enter(op: Op): Reason {
    this.#last = { ...op, which: 0 }
    const { account, flags, price, quantity } = op
    const id = op.which % 6
    const doubled = this.same((risk) => risk.clientIdReason(account, id, -id))
    const first = doubled === reason.clientIdsFull ? doubled : this.#admitted(op)
    if (first !== reason.none) return first
    if (doubled !== reason.none) return doubled
    const valuation = this.#valuation(flags, price)
    const told = this.same((risk) => risk.check(account, flags, price, valuation, quantity, this.time, false))
    if (told !== reason.none) return told
    this.#orders++
    const order = {
      account,
      flags,
      price,
      leaves: quantity,
      valuation,
      order: this.#orders,
      slot: this.#orders,
    }
    this.both((risk) => risk.remember(account, id, -id, order.order, order.slot))
    this.both((risk) => risk.entered(account, flags, quantity, valuation))
    this.living.push(order)
    return told
  }

  #admitted({ account, flags }: Op): Reason {
    const admitted = this.same((risk) => risk.admits(account, flags))
    return admitted === reason.none ? this.same((risk) => risk.ready(account)) : admitted
  }

  #valuation(flags: number, price: number): number {
    return this.same((risk) => risk.valuation(flags, price, price))
  }

  fill(op: Op): void {
    const order = this.living[op.which % this.living.length]
    if (order === undefined) return
    const quantity = Math.min(order.leaves, op.quantity)
    const price = (order.flags & 1) === side.buy ? Math.min(op.price, order.valuation) : op.price
    order.leaves -= quantity
    this.fast.setTime(this.time)
    this.both((risk) => risk.filled(order.account, order.flags, quantity, price, order.valuation, this.time))
    if (order.leaves === 0) this.#end(order)
  }

  leave(op: Op): void {
    const order = this.living[op.which % this.living.length]
    if (order === undefined) return
    const lots = op.pass === 0 ? Math.min(order.leaves, op.quantity) : order.leaves
    order.leaves -= lots
    this.both((risk) => risk.left(order.account, order.flags, lots, order.valuation))
    if (order.leaves === 0) this.#end(order)
  }

  #end(order: Living): void {
    this.living = this.living.filter((one) => one !== order)
    this.both((risk) => risk.ended(order.account))
  }

  amend(op: Op): Reason {
    const order = this.living[op.which % this.living.length]
    if (order === undefined) return reason.none
    const { account, flags } = order
    const first = this.#admitted({ ...op, account, flags })
    if (first !== reason.none) return first
    const valuation = this.#valuation(flags, op.price)
    this.both((risk) => risk.left(account, flags, order.leaves, order.valuation))
    this.both((risk) => risk.ended(account))
    const told = this.same((risk) =>
      risk.check(account, flags, op.price, valuation, op.quantity, this.time, true),
    )
    if (told === reason.none) {
      order.price = op.price
      order.leaves = op.quantity
      order.valuation = valuation
    }
    this.both((risk) => risk.entered(account, flags, order.leaves, order.valuation))
    return told
  }

  /** Carries out one operation and compares all that can be seen. */
  step(op: Op): Reason {
    this.time += op.pass
    const told = this.#run(op)
    const states = this.same((risk) => {
      const seen: number[][] = []
      risk.changedStates((...state) => seen.push(state))
      return seen
    })
    this.told.push(...states)
    for (let account = 1; account <= accounts; account++) this.#compare(account)
    this.#compareDerived()
    return told
  }

  /** What rows hold derived is what they would come to if it were worked out now. */
  #compareDerived(): void {
    const [rows] = this.fast.parts()
    if (!(rows instanceof Float64Array)) throw new Error('The rows of accounts are not the first part')
    const anew = rows.slice()
    for (let base = 0; base < anew.length; base += width) derive(anew, base)
    expect(anew).toEqual(rows)
  }

  #run(op: Op): Reason {
    switch (op.what) {
      case 'enter':
        return this.enter(op)
      case 'again':
        return this.enter(this.#last ?? op)
      case 'fill':
        this.fill(op)
        return reason.none
      case 'leave':
        this.leave(op)
        return reason.none
      case 'amend':
        return this.amend(op)
      case 'set':
        return this.same((risk) => risk.set(op.account, accountSetting[op.setting], op.value))
      case 'mark':
        return this.same((risk) => risk.mark(op.price))
      case 'reference':
        this.both((risk) => risk.setReference(op.price))
        return reason.none
      case 'adjust':
        return this.same((risk) => risk.adjust(op.account, op.flags & 3, op.quantity, op.price))
      case 'endOfDay': {
        const alive = (order: number, slot: number) =>
          this.living.some((one) => one.order === order && one.slot === slot)
        this.both((risk) => risk.endOfDay(alive))
        return reason.none
      }
      case 'collar':
        this.same((risk) => risk.collared(op.account, op.flags & 1, op.price))
        return reason.none
    }
  }

  #compare(number: number): void {
    const account = this.naive.account(number)
    const { holding, open } = account
    const { lots, ...sums } = holding
    const expected = {
      ...sums,
      state: account.state,
      unrealised: account.unrealisedAt(account.prices.mark),
      openBuys: open.buys,
      openSells: open.sells,
      openOrders: open.orders,
      cash: account.cash,
      reserved: account.cashNeeded(0n),
      equity: account.equity,
      dayResult: account.result - account.startResult,
    }
    expect(this.fast.position(number)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, Number(value)])),
    )
    expect(merged(this.fast.lots(number))).toEqual(merged(lots))
    expect(this.fast.group(number)).toBe(this.naive.group(number))
    for (let id = 0; id < 6; id++) {
      this.same((risk) => risk.find(number, id, -id))
      this.same((risk) => risk.orderOf(number, id, -id))
    }
  }
}

/** Lots of one price in a row may be kept as one. */
function merged(
  lots: readonly { quantity: number | bigint; price: number | bigint }[],
): { quantity: number; price: number }[] {
  const rows: { quantity: number; price: number }[] = []
  for (const lot of lots) {
    const last = rows.at(-1)
    if (last?.price === Number(lot.price)) last.quantity += Number(lot.quantity)
    else rows.push({ quantity: Number(lot.quantity), price: Number(lot.price) })
  }
  return rows
}
