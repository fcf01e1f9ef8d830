import {
  accountState,
  answer,
  auctionRecord,
  limitStateRecord,
  orderRecord,
  phaseRecord,
  prevented,
  recordKind,
  trade,
  words,
} from '../../layout.ts'
import type { Order } from './order.ts'

/** A layout: which word each name is. */
type Numbers<Layout> = { readonly [Name in keyof Layout]: number }
type Fields<Layout> = { readonly [Name in keyof Layout]?: number }

/** The records of one command. */
export class Records {
  readonly #rows: number[][] = [new Array<number>(words).fill(0)]

  get count(): number {
    return this.#rows.length
  }

  add<Layout extends Numbers<Layout>>(kind: number, layout: Layout, fields: Fields<Layout>): void {
    const row = new Array<number>(words).fill(0)
    this.#rows.push(row)
    this.#fill(row, kind, layout, fields)
  }

  answer(fields: Fields<typeof answer>): void {
    const row = this.#rows[0]
    if (row === undefined) throw new Error('a command has no answer')
    this.#fill(row, recordKind.answer, answer, { ...fields, count: this.count })
  }

  trade(fields: Fields<typeof trade>): void {
    this.add(recordKind.trade, trade, fields)
  }

  prevented(fields: Fields<typeof prevented>): void {
    this.add(recordKind.prevented, prevented, fields)
  }

  phase(fields: Fields<typeof phaseRecord>): void {
    this.add(recordKind.phase, phaseRecord, fields)
  }

  auction(kind: number, fields: Fields<typeof auctionRecord>): void {
    this.add(kind, auctionRecord, fields)
  }

  limitState(state: number): void {
    this.add(recordKind.limitState, limitStateRecord, { state })
  }

  accountState(fields: Fields<typeof accountState>): void {
    this.add(recordKind.accountState, accountState, fields)
  }

  order(kind: number, order: Order, more: Fields<typeof orderRecord> = {}): void {
    const { number, slot, account, flags, price, leaves, displayed, session, stop } = order
    const fields = { order: number, slot, account, flags, price, leaves, displayed, session, stop, ...more }
    this.add(kind, orderRecord, fields)
  }

  toWords(): Int32Array {
    return Int32Array.from(this.#rows.flat())
  }

  #fill<Layout extends Numbers<Layout>>(
    row: number[],
    kind: number,
    layout: Layout,
    fields: Fields<Layout>,
  ): void {
    row[0] = kind
    for (const name in layout) {
      const value = fields[name]
      const word: number = layout[name]
      if (value !== undefined) row[word] = value
    }
  }
}
