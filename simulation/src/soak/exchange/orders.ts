import type { Draw } from '../draw.ts'
import { marketCode, middlePrice } from './market.ts'

/** What a trader wants done. The number is the order's client id; each kind happens to an order once at most. */
export interface Step {
  readonly kind: StepKind
  readonly order: number
  readonly message: object
}

export const stepKinds = ['enter', 'amend', 'cancel'] as const
export type StepKind = (typeof stepKinds)[number]

/** Steps of one trader, the same for the same draws: orders of every type around a price that wanders. */
export class Orders {
  readonly #account: string
  readonly #draw: Draw
  readonly #now: () => number
  /** The newest orders that were not cancelled yet, the oldest first. */
  readonly #recent: number[] = []
  readonly #amended = new Set<number>()
  #entered = 0
  #steps = 0

  constructor(account: string, draw: Draw, now: () => number) {
    this.#account = account
    this.#draw = draw
    this.#now = now
  }

  next(): Step {
    this.#steps++
    const die = this.#draw(100)
    const known = die < 27 && this.#recent.length > 8
    if (!known) return this.#enter()
    const [order] = this.#recent.splice(this.#draw(this.#recent.length), 1)
    if (order === undefined) return this.#enter()
    return die < 5 && !this.#amended.has(order) ? this.#amend(order) : this.#about('cancel', order, {})
  }

  #enter(): Step {
    const order = ++this.#entered
    this.#recent.push(order)
    if (this.#recent.length > 64) this.#recent.shift()
    const side = this.#draw(2) === 0 ? 'buy' : 'sell'
    return this.#about('enter', order, { side, ...this.#terms(side) })
  }

  /** A new price and a new total; a cancellation may still come. */
  #amend(order: number): Step {
    this.#recent.push(order)
    this.#amended.add(order)
    const price = priceOf(this.#middle() + this.#draw(21) - 10)
    return this.#about('amend', order, { price, quantity: String(1 + this.#draw(20)) })
  }

  #about(kind: StepKind, order: number, more: object): Step {
    const about = { type: kind, market: marketCode, account: this.#account, client_id: String(order) }
    return { kind, order, message: { ...about, ...more } }
  }

  #terms(side: 'buy' | 'sell'): object {
    const away = side === 'buy' ? -1 : 1
    const quantity = String(1 + this.#draw(20))
    const at = (distance: number): string => priceOf(this.#middle() + away * distance)
    const self_trade = this.#draw(3) === 0 ? 'cancel_newest' : 'decrement'
    switch (this.#draw(20)) {
      case 0:
        return { quantity: '60', display: '6', price: at(2), self_trade }
      case 1:
        return { quantity, price: at(-1), post_only: 'reprice', self_trade }
      case 2:
        return { quantity, price: at(-4), time_in_force: 'fill_or_kill', self_trade }
      case 3:
        return { quantity, order_type: 'market', self_trade }
      case 4: {
        // Beyond the market, and pulled in by it.
        const stop = priceOf(this.#middle() - away * 12)
        return {
          quantity,
          order_type: 'stop_limit',
          stop,
          price: priceOf(this.#middle() - away * 18),
          self_trade,
        }
      }
      case 5: {
        const expires_at = new Date(this.#now() + 1_000 + this.#draw(20_000)).toISOString()
        return {
          quantity,
          price: at(this.#draw(12)),
          time_in_force: 'good_till_date',
          expires_at,
          self_trade,
        }
      }
      case 6:
      case 7:
      case 8:
        return { quantity, price: at(-3), time_in_force: 'immediate', self_trade }
      default:
        return { quantity, price: at(this.#draw(14) - 2), self_trade }
    }
  }

  /** Ticks: up and down by two percent, so that orders that were left behind trade one day. */
  #middle(): number {
    const place = this.#steps % 8_000
    return middlePrice - 100 + Math.floor((place < 4_000 ? place : 8_000 - place) / 20)
  }
}

function priceOf(ticks: number): string {
  return `${Math.trunc(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`
}
