import { decodeTerms } from '../order-terms.ts'
import { type AnswerRecord, decodeRecords, type MarketRecord, type OrderRecord } from '../records.ts'
import { type BookView, type ShownOrder, sides } from './book-view.ts'

/** What the records told of an order that lives. */
interface Known {
  readonly number: number
  entered: number
  executed: number
  removed: number
  price: number
  displayed: number
  /** When it came to its level; undefined while it is not in the book. */
  arrival: number | undefined
}

/**
 * What must be true after each command, whatever the rules say in detail. Knows only the records, and the market by what it
 * shows; throws an `Error` that says what does not hold.
 */
export class Invariants {
  readonly #orders = new Map<number, Known>()
  #sequence = 0
  #trades = 0
  #entries = 0
  #arrivals = 0

  /** @param view none checks the records only. */
  check(records: Int32Array, count: number, view: BookView | undefined): void {
    const [answer, ...happened] = decodeRecords(records, count)
    if (answer?.kind !== 'answer') throw new Error('the first record is no answer')
    this.#checkAnswer(answer, happened, count)
    // an order enters after the expiries, and before all else that happens
    const expiries = happened.findIndex(
      (record) => !(record.kind === 'removed' && record.reason === 'expired'),
    )
    const effects = expiries < 0 ? happened.length : expiries
    for (const record of happened.slice(0, effects)) this.#follow(record)
    this.#applyAnswer(answer, happened)
    for (const record of happened.slice(effects)) this.#follow(record)
    this.#forgetGone()
    if (view !== undefined) this.#checkView(view)
  }

  #checkAnswer(answer: AnswerRecord, happened: readonly MarketRecord[], count: number): void {
    holds(answer.count === count, `the answer counts ${answer.count} records of ${count}`)
    this.#sequence += 1
    holds(answer.sequence === this.#sequence, `command ${answer.sequence} comes after ${this.#sequence - 1}`)
    holds(
      happened.every(({ kind }) => kind !== 'answer'),
      'a command has two answers',
    )
    if (answer.reason === 'none') return
    const changes = happened.find(
      (record) =>
        record.kind !== 'limitState' &&
        record.kind !== 'accountState' &&
        !(record.kind === 'removed' && record.reason === 'expired'),
    )
    holds(changes === undefined, `a refusal changed something: ${changes?.kind}`)
  }

  #applyAnswer(answer: AnswerRecord, happened: readonly MarketRecord[]): void {
    if (answer.reason !== 'none') return
    if (answer.command === 'enter') {
      this.#entries += 1
      holds(answer.order === this.#entries, `order ${answer.order} comes after ${this.#entries - 1}`)
      this.#orders.set(answer.order, {
        number: answer.order,
        entered: answer.quantity,
        executed: 0,
        removed: 0,
        price: answer.price ?? Number.NaN,
        displayed: 0,
        arrival: undefined,
      })
    }
    if (answer.command === 'amend' && happened.some(isReplaced)) {
      const order = this.#known(answer.order)
      order.entered += answer.quantity - order.executed - openLots(order)
    }
  }

  #follow(record: MarketRecord): void {
    switch (record.kind) {
      case 'trade':
      case 'prevented':
        this.#followMeeting(record)
        break
      case 'rested':
      case 'refreshed':
      case 'reduced':
      case 'removed':
      case 'held':
      case 'triggered':
        this.#followOrder(record)
        break
      case 'uncrossed':
        holds(
          (record.price === null) === (record.volume === 0),
          'an auction price without volume, or the other way',
        )
        break
      default:
        break
    }
  }

  #followMeeting(record: Extract<MarketRecord, { kind: 'trade' | 'prevented' }>): void {
    const maker = this.#known(record.makerOrder)
    const taker = this.#known(record.takerOrder)
    if (record.kind === 'trade') {
      this.#trades += 1
      holds(record.number === this.#trades, `trade ${record.number} comes after ${this.#trades - 1}`)
      holds(record.quantity > 0, 'a trade of nothing')
      maker.executed += record.quantity
      taker.executed += record.quantity
      if (record.side === 'auction') taker.displayed = record.takerDisplayed
    } else {
      maker.removed += record.makerRemoved
      taker.removed += record.takerRemoved
    }
    maker.displayed = record.makerDisplayed
    if (record.side !== 'auction') {
      holds(record.price === maker.price, `a trade at ${record.price} with a maker at ${maker.price}`)
    }
    checkOpen(maker, record.makerLeaves)
    checkOpen(taker, record.takerLeaves)
  }

  #followOrder(record: OrderRecord): void {
    const order = this.#known(record.order)
    if (record.kind === 'reduced') order.removed += record.reducedBy
    const replaced = isReplaced(record)
    if (!replaced) checkOpen(order, record.leaves)
    order.price = record.price ?? Number.NaN
    order.displayed = record.displayed
    if (record.kind === 'removed') {
      order.arrival = undefined
      if (!replaced) order.removed += record.leaves
    }
    if (record.kind === 'rested' || record.kind === 'refreshed') {
      this.#arrivals += 1
      order.arrival = this.#arrivals
    }
  }

  #known(number: number): Known {
    const order = this.#orders.get(number)
    if (order === undefined) throw new Error(`a record tells of order ${number}, which does not live`)
    return order
  }

  #forgetGone(): void {
    for (const order of this.#orders.values()) {
      holds(openLots(order) >= 0, `order ${order.number} executed more than was entered`)
      if (openLots(order) === 0) this.#orders.delete(order.number)
    }
  }

  #checkView(view: BookView): void {
    const shown = sides.map((side) => [...view.orders(side)])
    const inBook = [...this.#orders.values()].filter((order) => order.arrival !== undefined)
    holds(
      inBook.length === shown.flat().length,
      `${shown.flat().length} orders shown, ${inBook.length} told of`,
    )
    for (const order of shown.flat()) this.#checkShown(order)
    const [bids = [], asks = []] = shown
    this.#checkPriority(bids, (better, worse) => better > worse)
    this.#checkPriority(asks, (better, worse) => better < worse)
    for (const [index, side] of sides.entries()) checkLevels(view, side, shown[index] ?? [])
    const [bid] = bids
    const [ask] = asks
    if (view.phase === 'continuous' && bid !== undefined && ask !== undefined) {
      holds(bid.price < ask.price, `crossed: bid ${bid.price}, ask ${ask.price}`)
    }
  }

  #checkShown(shown: ShownOrder): void {
    const order = this.#known(shown.order)
    checkOpen(order, shown.leaves)
    holds(
      shown.displayed === order.displayed,
      `order ${order.number} shows ${shown.displayed}, not ${order.displayed}`,
    )
    holds(shown.displayed > 0, `order ${order.number} is in the book and shows nothing`)
    holds(shown.price === order.price, `order ${order.number} is at ${shown.price}, not ${order.price}`)
    holds(decodeTerms(shown.flags) !== undefined, `order ${order.number} has impossible flags`)
  }

  #checkPriority(orders: readonly ShownOrder[], isBetter: (one: number, other: number) => boolean): void {
    for (const [index, order] of orders.entries()) {
      const before = orders[index - 1]
      if (before === undefined) continue
      const arrivals = [before, order].map(({ order: number }) => this.#known(number).arrival ?? 0)
      const inTurn = before.price === order.price && (arrivals[0] ?? 0) < (arrivals[1] ?? 0)
      holds(
        isBetter(before.price, order.price) || inTurn,
        `order ${order.order} stands behind ${before.order}`,
      )
    }
  }
}

const holds = (condition: boolean, otherwise: string): void => {
  if (!condition) throw new Error(otherwise)
}

const isReplaced = (record: MarketRecord): boolean =>
  record.kind === 'removed' && record.reason === 'replaced'

const openLots = (order: Known): number => order.entered - order.executed - order.removed

const checkOpen = (order: Known, told: number): void => {
  const open = openLots(order)
  holds(told === open, `order ${order.number} has ${told} open lots, not ${open}`)
}

const checkLevels = (view: BookView, side: (typeof sides)[number], orders: readonly ShownOrder[]): void => {
  for (const price of new Set(orders.map((order) => order.price))) {
    const atPrice = orders.filter((order) => order.price === price)
    const level = view.level(side, price)
    const displayed = atPrice.reduce((sum, order) => sum + order.displayed, 0)
    const total = atPrice.reduce((sum, order) => sum + order.leaves, 0)
    const same = level.displayed === displayed && level.total === total && level.orders === atPrice.length
    holds(
      same,
      `${side} level ${price}: ${JSON.stringify(level)} is not ${displayed} of ${total}, ${atPrice.length}`,
    )
  }
}
