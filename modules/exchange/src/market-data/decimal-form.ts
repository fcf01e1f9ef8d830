import { formatDecimal, parseDecimal, roundQuotient } from '@florin/money'
import {
  type Best,
  type LevelSnapshot,
  type LevelUpdate,
  levelChecksum,
  limitState,
  type MarketView,
  namesOf,
  type OrderSnapshot,
  type OrderUpdate,
  orderChange,
  type PriceLevel,
  type PublicOrder,
  type PublicTrade,
  phase,
  side,
  type Totals,
} from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { orderIdOf } from '../domain/order-id.ts'
import { decimalsOf, moneyOf, priceOf, quantityOf, type Units } from '../domain/units.ts'
import type { LevelChannel, MarketDataForm, SlotOf } from './forms.ts'

const phaseNames = namesOf(phase)
const limitNames = namesOf(limitState)
const changeNames = namesOf(orderChange)
/** Sides of trades and surpluses; the third is an auction's, or none. */
const sideNames = ['buy', 'sell'] as const

/** Digits of an average price beyond the tick's. */
const averageDigits = 2

/** Decimal strings in the market's units, names and times as over HTTP. */
export class DecimalForm implements MarketDataForm {
  readonly #units: Units

  constructor(units: Units) {
    this.#units = units
  }

  levelSnapshot(channel: LevelChannel, snapshot: LevelSnapshot): object {
    const { sequence, time, bids, asks, market, depth, whole } = snapshot
    const stamp = { seq: sequence, at: isoOfMicros(time) }
    if (channel !== 'levels')
      return {
        ...stamp,
        ...this.#best({ bid: bids[0] ?? null, ask: asks[0] ?? null }),
        view: this.#view(market),
      }
    return {
      ...stamp,
      bids: bids.map((level) => this.#level(level)),
      asks: asks.map((level) => this.#level(level)),
      view: this.#view(market),
      checksum: levelChecksum(bids.slice(0, depth), asks.slice(0, depth)),
      checksum_all: whole,
    }
  }

  levelUpdate(channel: LevelChannel, update: LevelUpdate): object | undefined {
    switch (channel) {
      case 'levels':
        return this.#levels(update)
      case 'top':
        return this.#top(update)
      case 'trades':
        return update.trades.length === 0
          ? undefined
          : { ...stampOf(update), trades: update.trades.map((trade) => this.#trade(trade)) }
    }
  }

  orderSnapshot({ sequence, bids, asks, whole }: OrderSnapshot, slotOf: SlotOf): object {
    const order = ([number, price, lots]: PublicOrder) => [
      orderIdOf(number, slotOf(number)),
      this.#price(price),
      this.#lots(lots),
    ]
    return { seq: sequence, bids: bids.map(order), asks: asks.map(order), checksum_all: whole }
  }

  orderUpdate(update: OrderUpdate, slotOf: SlotOf): object {
    const { after, changes, top, whole } = update
    return {
      after,
      ...stampOf(update),
      changes: changes.map(([change, number, ofSide, price, lots]) => ({
        change: changeNames.known(change),
        order_id: orderIdOf(number, slotOf(number)),
        side: sideNames[ofSide],
        price: this.#price(price),
        quantity: this.#lots(lots),
      })),
      checksum: top,
      ...(whole === undefined ? {} : { checksum_all: whole }),
    }
  }

  #levels(update: LevelUpdate): object {
    const { after, levels, market, top, whole, conflated } = update
    const of = (wanted: number) =>
      levels.flatMap(([ofSide, ...level]) => (ofSide === wanted ? [this.#level(level)] : []))
    return {
      after,
      ...stampOf(update),
      bids: of(side.buy),
      asks: of(side.sell),
      ...(market === undefined ? {} : { view: this.#view(market) }),
      checksum: top,
      ...(whole === undefined ? {} : { checksum_all: whole }),
      ...(conflated === undefined ? {} : { conflated }),
    }
  }

  #top(update: LevelUpdate): object | undefined {
    const { best, market, conflated } = update
    if (best === undefined && market === undefined) return undefined
    return {
      ...stampOf(update),
      ...(best === undefined ? {} : this.#best(best)),
      ...(market === undefined ? {} : { view: this.#view(market) }),
      ...(conflated === undefined ? {} : { conflated }),
    }
  }

  #best({ bid, ask }: Best) {
    return { bid: bid && this.#level(bid), ask: ask && this.#level(ask) }
  }

  #trade([trade, price, lots, ofSide, time]: PublicTrade) {
    return {
      trade,
      price: this.#price(price),
      quantity: this.#lots(lots),
      side: sideNames[ofSide] ?? 'auction',
      at: isoOfMicros(time),
    }
  }

  #view({ phase: at, limitState: limit, last, indicative, totals }: MarketView) {
    return {
      phase: snake(phaseNames.known(at)),
      limit_state: snake(limitNames.known(limit)),
      last: last === null ? null : this.#price(last),
      indicative: indicative && {
        price: indicative.price === null ? null : this.#price(indicative.price),
        volume: this.#lots(indicative.volume),
        surplus: this.#lots(indicative.surplus),
        surplus_side: sideNames[indicative.surplusSide] ?? null,
      },
      totals: this.#totals(totals, last),
    }
  }

  #totals({ trades, quantity, value, open, high, low }: Totals, last: number | null) {
    const price = (ticks: number | null): string | null => (ticks === null ? null : this.#price(ticks))
    return {
      trades,
      volume: this.#lots(quantity),
      value: moneyOf(this.#units, value),
      open: price(open),
      high: price(high),
      low: price(low),
      close: trades === 0 ? null : price(last),
      vwap: trades === 0 ? null : this.#average(value, quantity),
    }
  }

  /** Ticks x lots by lots as a price, rounded half to even. */
  #average(value: bigint, lots: number): string {
    const { tick } = this.#units
    const digits = decimalsOf(tick) + averageDigits
    return formatDecimal(roundQuotient(value * parseDecimal(tick, digits), BigInt(lots), 'half-even'), digits)
  }

  #level([price, lots, orders]: PriceLevel) {
    return [this.#price(price), this.#lots(lots), orders] as const
  }

  #price(ticks: number): string {
    return priceOf(this.#units, ticks)
  }

  #lots(lots: number): string {
    return quantityOf(this.#units, lots)
  }
}

function stampOf({ sequence, time }: { readonly sequence: number; readonly time: number }) {
  return { seq: sequence, at: isoOfMicros(time) }
}
