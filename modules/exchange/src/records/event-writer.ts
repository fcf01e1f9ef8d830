import {
  type AnswerRecord,
  commandType,
  decodeRecords,
  type MarketRecord as EngineRecord,
  command as field,
  noPrice,
  type OrderRecord,
  type PreventedRecord,
  phase as phases,
  reason as reasons,
  type TradeRecord,
} from '@florin/orderbook'
import { orderNumber } from '../domain/order-id.ts'
import type { EventCode, OrderEvent, PhaseEvent, RecordedOrder } from './order-event.ts'
import { priceOf, removals, shown, unknownOrder, waits } from './order-state.ts'
import type { Passage } from './transcript.ts'

/** What is told of an event besides the order as it is after it. */
type Told = Partial<Pick<OrderEvent, 'lots' | 'execution' | 'reason'>>

/**
 * Turns what a market did into the events of its orders. Knows the orders that it was given or saw entering; every record of
 * the engine that concerns an order becomes an event, or a part of the one before it.
 */
export class EventWriter {
  readonly events: OrderEvent[] = []
  readonly phaseEvents: PhaseEvent[] = []
  readonly #orders: Map<number, RecordedOrder>
  #passage: Passage = nothing
  #at_us = 0
  #phase = 0
  #place = 0
  #amended: AnswerRecord | undefined

  /** @param orders those that lived before, by their ids */
  constructor(orders: ReadonlyMap<number, RecordedOrder>) {
    this.#orders = new Map(orders)
  }

  write(passage: Passage): void {
    const [answer, ...records] = decodeRecords(passage.records, passage.count)
    if (answer?.kind !== 'answer') throw new Error(`Command ${passage.seq} has no answer`)
    this.#passage = passage
    this.#at_us = answer.time
    this.#phase = passage.phase
    this.#place = 0
    this.#amended = undefined
    // What expired before the command is told before the order that it brings.
    const first = records.findIndex((record) => !isExpiry(record))
    const expired = first === -1 ? records.length : first
    for (const record of records.slice(0, expired)) this.#take(record, 0)
    this.#takeAnswer(answer)
    for (const [i, record] of records.slice(expired).entries()) this.#take(record, expired + i + 1)
  }

  #takeAnswer(answer: AnswerRecord): void {
    const type = this.#word('type')
    const refused = answer.reason !== 'none'
    if (type === commandType.enter) this.#entered(answer, refused)
    else if (refused && type === commandType.amend) this.#notChanged('RJME', answer)
    else if (refused && type === commandType.cancel) this.#notChanged('RJCA', answer)
    else if (type === commandType.amend) this.#amended = answer
  }

  #entered(answer: AnswerRecord, refused: boolean): void {
    const quantity = this.#word('quantity')
    const display = this.#word('display')
    const flags = this.#word('flags')
    const order: RecordedOrder = {
      orderId: refused ? null : orderNumber(answer.order, answer.slot),
      account: answer.account,
      session: answer.session,
      flags,
      price: refused ? priceOf(this.#word('price')) : answer.price,
      stop: this.#word('stop'),
      display,
      minimum: this.#word('minimum'),
      expiry_s: this.#word('expiry') >>> 0,
      active: !refused && !waits(flags),
      received_us: this.#at_us,
      priority_us: this.#at_us,
      initial: quantity,
      executed: 0,
      leaves: refused ? 0 : quantity,
      displayed: refused ? 0 : shown(display, quantity),
    }
    this.#tell(refused ? 'REMO' : 'NEWO', order, { reason: reasons[answer.reason] })
  }

  /** The order, if it is one that is known, stays as it is. */
  #notChanged(event: EventCode, answer: AnswerRecord): void {
    const [number, slot] = [this.#word('order'), this.#word('slot')]
    const known = number > 0 && slot > 0 ? this.#orders.get(orderNumber(number, slot)) : undefined
    const order = known ?? { ...unknownOrder, received_us: this.#at_us, priority_us: this.#at_us }
    this.#tell(
      event,
      { ...order, account: answer.account, session: answer.session },
      { reason: reasons[answer.reason] },
    )
  }

  #take(record: EngineRecord, place: number): void {
    switch (record.kind) {
      case 'trade':
        this.#traded(record)
        break
      case 'prevented':
        this.#prevented(record)
        break
      case 'phase':
        this.#phase = phases[record.phase]
        this.#tellPhase('phase', place, null, null)
        break
      case 'uncrossed':
      case 'indicative':
        this.#tellPhase(record.kind, place, record.price, record.volume)
        break
      case 'answer':
      case 'limitState':
      case 'accountState':
        break
      default:
        this.#changed(record)
    }
  }

  #traded(record: TradeRecord): void {
    const auction = record.side === 'auction'
    const { makerOrder, makerSlot, takerOrder, takerSlot, makerLeaves, takerLeaves } = record
    this.#executed(record, orderNumber(makerOrder, makerSlot), makerLeaves, auction ? null : 'PASV')
    this.#executed(record, orderNumber(takerOrder, takerSlot), takerLeaves, auction ? null : 'AGRE')
  }

  #executed(record: TradeRecord, id: number, leaves: number, liquidity: 'PASV' | 'AGRE' | null): void {
    const order = this.#known(id)
    const displayed = liquidity === 'PASV' ? record.makerDisplayed : shown(order.display, leaves)
    this.#tell(
      leaves === 0 ? 'FILL' : 'PARF',
      { ...order, executed: order.executed + record.quantity, leaves, displayed },
      {
        lots: record.quantity,
        execution: {
          trade: record.number,
          price: record.price,
          liquidity,
          bid: priceOf(this.#passage.bid),
          ask: priceOf(this.#passage.ask),
        },
      },
    )
  }

  /** Self-trade prevention takes lots away from either side. */
  #prevented(record: PreventedRecord): void {
    const { makerOrder, makerSlot, takerOrder, takerSlot } = record
    const reduce = (id: number, leaves: number, lots: number): void => {
      if (lots === 0) return
      const order = this.#known(id)
      const displayed = Math.min(order.displayed, leaves)
      this.#tell(leaves === 0 ? 'CAMO' : 'REMA', { ...order, leaves, displayed }, selfTradeOf(lots))
    }
    reduce(orderNumber(makerOrder, makerSlot), record.makerLeaves, record.makerRemoved)
    reduce(orderNumber(takerOrder, takerSlot), record.takerLeaves, record.takerRemoved)
  }

  #changed(record: OrderRecord): void {
    const order = this.#known(orderNumber(record.order, record.slot))
    const { leaves, displayed, price, stop } = record
    const placed = { ...order, leaves, displayed, priority_us: this.#at_us }
    switch (record.kind) {
      case 'rested':
        this.#arrived({ ...placed, price })
        break
      case 'held':
        this.#arrived({ ...placed, price, stop })
        break
      case 'refreshed':
        this.#tell('REMA', placed)
        break
      case 'triggered':
        this.#tell('TRIG', { ...order, price, stop, active: true, priority_us: this.#at_us })
        break
      case 'reduced':
        this.#reduced({ ...order, leaves, displayed }, record.reducedBy)
        break
      case 'removed':
        if (record.reason === 'replaced') this.#replaced(order)
        else this.#removed(order, record)
    }
  }

  /** Where an order comes to rest belongs to the event that brought it there. */
  #arrived(order: RecordedOrder): void {
    this.#remember(order)
    const last = this.events.findLastIndex(({ orderId }) => orderId === order.orderId)
    const event = this.events[last]
    if (event?.seq === this.#passage.seq) this.events[last] = { ...event, ...order }
  }

  #reduced(order: RecordedOrder, lots: number): void {
    this.#tell('REME', { ...order, initial: order.initial - lots }, { lots })
  }

  #removed(order: RecordedOrder, { reason, leaves }: OrderRecord): void {
    const event = removals[reason] ?? this.#whoCancelled()
    this.#tell(event, { ...order, leaves: 0, displayed: 0 }, { lots: leaves, reason: reasons[reason] })
  }

  /** An order that loses its place enters again on other terms. */
  #replaced(order: RecordedOrder): void {
    const answer = this.#amended
    if (answer === undefined) throw new Error('An order was replaced by no amendment')
    const leaves = answer.quantity - order.executed
    this.#tell('REME', {
      ...order,
      price: answer.price,
      stop: waits(order.flags) && !order.active ? this.#word('stop') : order.stop,
      initial: answer.quantity,
      leaves,
      displayed: shown(order.display, leaves),
      priority_us: this.#at_us,
    })
  }

  /** A mass cancellation by nobody in particular is the market's. */
  #whoCancelled(): EventCode {
    return this.#word('account') === 0 && this.#word('session') === 0 ? 'CAMO' : 'CAME'
  }

  #tell(event: EventCode, order: RecordedOrder, { lots = 0, execution = null, reason = 0 }: Told = {}): void {
    if (order.orderId !== null) this.#remember(order)
    this.events.push({
      ...order,
      seq: this.#passage.seq,
      place: this.#place++,
      event,
      at_us: this.#at_us,
      lots,
      execution,
      phase: this.#phase,
      reason,
    })
  }

  #tellPhase(kind: PhaseEvent['kind'], place: number, price: number | null, volume: number | null): void {
    this.phaseEvents.push({
      seq: this.#passage.seq,
      place,
      kind,
      at_us: this.#at_us,
      phase: this.#phase,
      price,
      volume,
    })
  }

  #remember(order: RecordedOrder): void {
    if (order.orderId !== null) this.#orders.set(order.orderId, order)
  }

  #known(id: number): RecordedOrder {
    const order = this.#orders.get(id)
    if (order === undefined)
      throw new Error(`Command ${this.#passage.seq} concerns order ${id}, which never entered`)
    return order
  }

  #word(name: keyof typeof field): number {
    return this.#passage.command[field[name]] ?? 0
  }
}

const nothing: Passage = {
  seq: 0,
  command: new Int32Array(),
  records: new Int32Array(),
  count: 0,
  phase: 0,
  bid: noPrice,
  ask: noPrice,
}

const selfTradeOf = (lots: number): Told => ({ lots, reason: reasons.selfTrade })

function isExpiry(record: EngineRecord): boolean {
  return record.kind === 'removed' && record.reason === 'expired'
}
