import type { Auction } from './auction.ts'
import type { Book } from './book.ts'
import { isCollecting } from './checks.ts'
import * as layout from './layout.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'

const { command, limitState, marketSetting, noPrice, phase, phaseCause } = layout
const { reason } = reasons

/** What the operator of the market decides: phases, prices of reference, settings. */
export class Phases {
  readonly #book: Book
  readonly #auction: Auction

  constructor(book: Book, auction: Auction) {
    this.#book = book
    this.#auction = auction
  }

  /** Stops that a return to trading triggers are up to the caller. */
  change(words: Int32Array, from: number): Reason {
    const { state, out } = this.#book
    const next = words[from + command.flags] as number
    const reference = words[from + command.price] as number
    if (!this.#isReference(reference)) return reason.priceBounds
    const previous = state.phase
    const uncrosses =
      (next === phase.continuous && previous !== phase.continuous) ||
      (next === phase.closed && isCollecting(previous))
    if (uncrosses) this.#auction.uncross(reference)
    state.phase = next
    out.phase(next, previous, phaseCause.command)
    return reason.none
  }

  indicate(words: Int32Array, from: number): Reason {
    const reference = words[from + command.price] as number
    if (!this.#isReference(reference)) return reason.priceBounds
    this.#auction.indicate(reference)
    return reason.none
  }

  setReference(words: Int32Array, from: number): Reason {
    const price = words[from + command.price] as number
    if (!this.#book.isWithinBounds(price)) return reason.priceBounds
    this.#book.state.referencePrice = price
    this.#book.risk?.setReference(price)
    return reason.none
  }

  set(words: Int32Array, from: number): Reason {
    const { state } = this.#book
    const value = words[from + command.quantity] as number
    const setting = words[from + command.flags]
    if (setting === marketSetting.active) state.active = value
    else if (setting === marketSetting.staticRange) state.staticRange = value
    else if (setting === marketSetting.dynamicRange) state.dynamicRange = value
    else if (setting === marketSetting.protection) state.protection = value
    else if (setting === marketSetting.priceStep) state.priceStep = value
    else if (setting === marketSetting.quantityStep) state.quantityStep = value
    else state.largestOrder = value
    return reason.none
  }

  /** Records where the best prices reach the static band, or do no more. */
  watchLimits(): void {
    const { state, out } = this.#book
    if (state.staticRange === 0 && state.limitState === limitState.none) return
    const now = this.#limitState()
    if (now === state.limitState) return
    state.limitState = now
    out.limitState(now)
  }

  #limitState(): number {
    const book = this.#book
    const { staticRange, referencePrice } = book.state
    if (staticRange === 0 || referencePrice === noPrice) return limitState.none
    const bid = book.bestPrice(book.bids)
    const ask = book.bestPrice(book.asks)
    if (bid !== noPrice && bid >= referencePrice + staticRange) return limitState.up
    if (ask !== noPrice && ask <= referencePrice - staticRange) return limitState.down
    return limitState.none
  }

  #isReference(price: number): boolean {
    return price === noPrice || this.#book.isWithinBounds(price)
  }
}
