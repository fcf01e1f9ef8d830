import type { LevelSnapshot, LevelUpdate, OrderSnapshot, OrderUpdate } from '@florin/orderbook'
import type { MarketRecord } from '../store/markets.ts'
import { DecimalForm } from './decimal-form.ts'
import { tickForm } from './tick-form.ts'

/** What an update of levels is told as. */
export type LevelChannel = 'levels' | 'top' | 'trades'
export type Channel = LevelChannel | 'orders'

/** The slot of an order of the book: its id outside is made of both. */
export type SlotOf = (order: number) => number

/** How market data is written: the members that the channels add to what every message has. */
export interface MarketDataForm {
  levelSnapshot(channel: LevelChannel, snapshot: LevelSnapshot): object
  /** Undefined where nothing of the channel changed. */
  levelUpdate(channel: LevelChannel, update: LevelUpdate): object | undefined
  orderSnapshot(snapshot: OrderSnapshot, slotOf: SlotOf): object
  orderUpdate(update: OrderUpdate, slotOf: SlotOf): object
}

/** `decimal`: prices and quantities as everywhere outside; `ticks`: whole ticks and lots, as libs/orderbook has them. */
export type FormName = 'decimal' | 'ticks'

export function formOf(name: FormName, market: MarketRecord): MarketDataForm {
  return name === 'ticks' ? tickForm : new DecimalForm(market)
}

/** JSON; the only numbers that can outgrow it are values of totals, which become texts. */
export function encoded(message: object): Uint8Array {
  return Buffer.from(
    JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  )
}
