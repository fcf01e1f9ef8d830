import { accountSetting, accountStateBit, permission, side } from '../../layout.ts'
import { type Reason, reason } from '../../reasons.ts'
import { History } from './history.ts'
import { afterFill, type Fill, type Holding, most, nothing } from './position.ts'

const million = 1_000_000n

/** A share in millionths, rounded up. */
export const shareUp = (value: bigint, millionths: bigint): bigint => {
  const product = value * millionths
  return product <= 0n ? product / million : (product + million - 1n) / million
}

/** Living orders of an account: what they may still buy and sell. */
interface Open {
  readonly buys: bigint
  readonly sells: bigint
  /** Lots x V of the buys. */
  readonly reserved: bigint
  readonly orders: number
}

export interface Prices {
  mark: bigint | undefined
  reference: bigint | undefined
}

export interface Row {
  readonly side: number
  readonly type: number
  readonly price: number
  readonly quantity: number
  readonly first: number
  readonly count: number
}

/** Everything risk knows of one account. */
export class Account {
  readonly settings = new Map<number, bigint>()
  readonly prices: Prices
  readonly #fills = new History<Holding, Fill>(nothing, afterFill)
  readonly #open = new History<Open, Open>({ buys: 0n, sells: 0n, reserved: 0n, orders: 0 }, plus)
  readonly #cash = new History<bigint, bigint>(0n, (sum, change) => sum + change)
  /** Results at the day's start, after each fill and mark. */
  #results: bigint[] = [0n]
  row: Row | undefined
  window: { readonly first: number; readonly lots: bigint } | undefined
  /** When the next message would be on time, in microseconds. */
  arrival = 0n
  state = 0
  told = 0
  cause: Reason = reason.none

  constructor(prices: Prices) {
    this.prices = prices
  }

  setting(which: keyof typeof accountSetting): bigint {
    return this.settings.get(accountSetting[which]) ?? 0n
  }

  may(bit: keyof typeof permission): boolean {
    return (this.setting('permissions') & BigInt(permission[bit])) !== 0n
  }

  get holding(): Holding {
    return this.#fills.now()
  }

  get open(): Open {
    return this.#open.now()
  }

  get cash(): bigint {
    return this.#cash.now()
  }

  changeCash(change: bigint): void {
    this.#cash.add(change)
  }

  changeOpen(of: number, lots: bigint, valuation: bigint, orders: number): void {
    const buys = of === side.buy
    this.#open.add({
      buys: buys ? lots : 0n,
      sells: buys ? 0n : lots,
      reserved: buys ? lots * valuation : 0n,
      orders,
    })
  }

  fill(fill: Fill): void {
    this.#fills.add(fill)
    this.noteResult()
  }

  /** The mark if there is one, else the reference price. */
  get reference(): bigint | undefined {
    return this.prices.mark ?? this.prices.reference
  }

  unrealisedAt(price: bigint | undefined): bigint {
    const { position, cost } = this.holding
    return price === undefined ? 0n : position * price - cost
  }

  get result(): bigint {
    return this.holding.realisedAverage + this.unrealisedAt(this.prices.mark)
  }

  get startResult(): bigint {
    return this.#results[0] ?? 0n
  }

  get bestResult(): bigint {
    return this.#results.reduce(most)
  }

  noteResult(): void {
    this.#results = [this.startResult, most(this.bestResult, this.result)]
  }

  beginDay(): void {
    this.#results = [this.result]
    this.row = undefined
    this.window = undefined
  }

  get equity(): bigint {
    return this.cash + this.holding.realisedAverage + this.unrealisedAt(this.reference)
  }

  /** What living buys and a further value may take from the cash. */
  cashNeeded(value: bigint): bigint {
    const sum = this.open.reserved + value
    return sum + shareUp(sum, this.setting('feeRate'))
  }

  has(bit: keyof typeof accountStateBit): boolean {
    return (this.state & accountStateBit[bit]) !== 0
  }

  put(bit: keyof typeof accountStateBit, on: boolean, cause: Reason = reason.none): void {
    if (this.has(bit) === on) return
    this.state ^= accountStateBit[bit]
    if (on && this.cause === reason.none) this.cause = cause
  }
}

const plus = (one: Open, other: Open): Open => ({
  buys: one.buys + other.buys,
  sells: one.sells + other.sells,
  reserved: one.reserved + other.reserved,
  orders: one.orders + other.orders,
})
