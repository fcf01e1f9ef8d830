import {
  type AnswerRecord,
  decodeRecords,
  decodeTerms,
  type MarketRecord as EngineRecord,
  type OrderRecord,
  type PreventedRecord,
  readWide,
  reason,
  type TradeRecord,
  command as word,
} from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { orderIdOf } from '../domain/order-id.ts'
import { moneyOf, priceOf, quantityOf, type Units } from '../domain/units.ts'
import { reasonCode, reasonTitle } from '../order-refusals.ts'

/** One thing that happened to an account, or to all (`account` is absent): plain JSON. */
export type TradingEvent = Readonly<Record<string, unknown>> & {
  readonly event: string
  readonly account?: string
}

/** What one command came to, for those who may see it. */
export interface Report {
  readonly seq: number
  /** When it was sequenced, to the microsecond. */
  readonly at: string
  /** Numbers of the account and session that sent it; 0: none. */
  readonly sender: { readonly account: number; readonly session: number }
  readonly events: readonly { readonly account: number; readonly event: TradingEvent }[]
}

/** The code of an account's number; undefined for accounts whose events nobody asks for. */
export type CodeOf = (account: number) => string | undefined

/** What a command came to, of the accounts that `codeOf` knows. Records are read from word 0 on. */
export function reportOf(
  units: Units,
  codeOf: CodeOf,
  seq: number,
  commands: Int32Array,
  offset: number,
  records: Int32Array,
  count: number,
): Report {
  const [first, ...rest] = decodeRecords(records, count)
  if (first?.kind !== 'answer') throw new Error(`Command ${seq} has no answer`)
  const events: { account: number; event: TradingEvent }[] = []
  const tell = (account: number, event: TradingEvent): void => {
    const code = account === 0 ? undefined : codeOf(account)
    if (account === 0) events.push({ account, event })
    else if (code !== undefined) events.push({ account, event: { ...event, account: code } })
  }
  const writer = new EventWriter(units, tell)
  writer.answer(first, commands.subarray(offset))
  for (const record of rest) writer.record(record)
  return {
    seq,
    at: isoOfMicros(first.time),
    sender: { account: first.account, session: first.session },
    events,
  }
}

type Tell = (account: number, event: TradingEvent) => void

class EventWriter {
  readonly #units: Units
  readonly #tell: Tell

  constructor(units: Units, tell: Tell) {
    this.#units = units
    this.#tell = tell
  }

  answer(answer: AnswerRecord, command: Int32Array): void {
    // The operator's own commands concern nobody but by what they do.
    if (answer.account === 0) return
    const client = clientIdOf(answer, command)
    const order = answer.order === 0 ? {} : { order_id: orderIdOf(answer.order, answer.slot) }
    const name = answer.command === undefined ? 'unknown' : snake(answer.command)
    if (answer.reason !== 'none') {
      const why = reason[answer.reason]
      const code = reasonCode(why)
      const message = reasonTitle(why)
      this.#tell(answer.account, { event: 'refused', command: name, code, message, ...client, ...order })
    } else this.#tell(answer.account, { ...this.#done(answer, command), ...client, ...order })
  }

  #done(answer: AnswerRecord, command: Int32Array): TradingEvent {
    switch (answer.command) {
      case 'enter':
        return { event: 'accepted', ...this.#entered(answer, command) }
      case 'amend':
        return { event: 'amended', ...this.#price(answer.price), quantity: this.#lots(answer.quantity) }
      case 'cancel':
        return { event: 'cancelled', quantity: this.#lots(answer.quantity) }
      case 'massCancel':
      case 'kill':
        return {
          event: answer.command === 'kill' ? 'kill_switched' : 'mass_cancelled',
          orders: answer.quantity,
        }
      default:
        return { event: 'done', command: answer.command === undefined ? 'unknown' : snake(answer.command) }
    }
  }

  #entered(answer: AnswerRecord, command: Int32Array) {
    const terms = decodeTerms(answer.flags)
    const stop = command[word.stop] ?? 0
    return {
      side: terms?.side,
      type: snake(terms?.type ?? ''),
      time_in_force: snake(terms?.timeInForce ?? ''),
      ...this.#price(answer.price),
      quantity: this.#lots(answer.quantity),
      ...(stop === 0 ? {} : { stop: priceOf(this.#units, stop) }),
    }
  }

  record(record: EngineRecord): void {
    switch (record.kind) {
      case 'trade':
        this.#trade(record)
        break
      case 'prevented':
        this.#prevented(record)
        break
      case 'phase':
        this.#tell(0, { event: 'phase', phase: snake(record.phase), previous: snake(record.previous) })
        break
      case 'accountState':
        this.#tell(record.account, {
          event: 'account_state',
          state: statesOf(record.state),
          cause: reasonCode(reason[record.cause]),
          equity: moneyOf(this.#units, record.equity),
        })
        break
      case 'answer':
      case 'uncrossed':
      case 'indicative':
      case 'limitState':
        break
      default:
        this.#order(record)
    }
  }

  #trade(trade: TradeRecord): void {
    const common = {
      event: 'fill',
      trade: trade.number,
      price: priceOf(this.#units, trade.price),
      quantity: this.#lots(trade.quantity),
    }
    const [makerSide, takerSide] =
      trade.side === 'buy' ? ['sell', 'buy'] : trade.side === 'sell' ? ['buy', 'sell'] : ['buy', 'sell']
    const auction = trade.side === 'auction'
    this.#tell(trade.makerAccount, {
      ...common,
      order_id: orderIdOf(trade.makerOrder, trade.makerSlot),
      side: makerSide,
      leaves: this.#lots(trade.makerLeaves),
      liquidity: auction ? 'auction' : 'maker',
    })
    this.#tell(trade.takerAccount, {
      ...common,
      order_id: orderIdOf(trade.takerOrder, trade.takerSlot),
      side: takerSide,
      leaves: this.#lots(trade.takerLeaves),
      liquidity: auction ? 'auction' : 'taker',
    })
  }

  #prevented(record: PreventedRecord): void {
    const common = { event: 'prevented', mode: snake(record.mode), price: priceOf(this.#units, record.price) }
    this.#tell(record.makerAccount, {
      ...common,
      order_id: orderIdOf(record.makerOrder, record.makerSlot),
      removed: this.#lots(record.makerRemoved),
      leaves: this.#lots(record.makerLeaves),
    })
    this.#tell(record.takerAccount, {
      ...common,
      order_id: orderIdOf(record.takerOrder, record.takerSlot),
      removed: this.#lots(record.takerRemoved),
      leaves: this.#lots(record.takerLeaves),
    })
  }

  #order(record: OrderRecord): void {
    const { kind } = record
    this.#tell(record.account, {
      event: kind,
      order_id: orderIdOf(record.order, record.slot),
      side: record.terms.side,
      ...this.#price(record.price),
      leaves: this.#lots(record.leaves),
      ...(kind === 'rested' || kind === 'refreshed' || kind === 'reduced'
        ? { displayed: this.#lots(record.displayed) }
        : {}),
      ...(kind === 'reduced' ? { reduced_by: this.#lots(record.reducedBy) } : {}),
      ...(kind === 'removed' ? { reason: reasonCode(reason[record.reason]) } : {}),
      ...(kind === 'held' ? { stop: priceOf(this.#units, record.stop) } : {}),
    })
  }

  #price(ticks: number | null) {
    return ticks === null ? {} : { price: priceOf(this.#units, ticks) }
  }

  #lots(lots: number): string {
    return quantityOf(this.#units, lots)
  }
}

function clientIdOf(answer: AnswerRecord, command: Int32Array): { client_id?: string } {
  if (answer.command !== 'enter' && answer.command !== 'amend' && answer.command !== 'cancel') return {}
  const id = readWide(command, word.clientLow, word.clientHigh)
  return id > 0 ? { client_id: String(id) } : {}
}

function statesOf(state: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(state).flatMap(([name, on]) => (on ? [snake(name)] : []))
}
