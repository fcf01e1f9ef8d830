import {
  accountState,
  accountStateBit,
  answer,
  auctionRecord,
  commandType,
  limitState,
  limitStateRecord,
  noPrice,
  orderRecord,
  phase,
  phaseCause,
  phaseRecord,
  place,
  prevented,
  recordKind,
  selfTrade,
  trade,
  words as wordCount,
} from './layout.ts'
import { namesOf } from './names.ts'
import { decodeTerms, type OrderTerms, type SelfTradeMode, type Side, sideNames } from './order-terms.ts'
import { reason } from './reasons.ts'
import { readWide, word } from './wide.ts'

/*
 * Records as people and JSON read them. Prices are ticks, quantities lots, times microseconds since 1970; `null` is no price.
 */

export type ReasonName = keyof typeof reason
export type PhaseName = keyof typeof phase

export interface AnswerRecord {
  readonly kind: 'answer'
  readonly sequence: number
  /** Records of the command, this one included. */
  readonly count: number
  /** `undefined` where the command's type has no name. */
  readonly command: keyof typeof commandType | undefined
  /** `none` if it was done. */
  readonly reason: ReasonName
  readonly order: number
  readonly slot: number
  readonly account: number
  readonly session: number
  /** As they came; of an accepted order {@link decodeTerms} reads them. */
  readonly flags: number
  readonly price: number | null
  readonly quantity: number
  readonly time: number
}

export interface TradeSides {
  readonly price: number
  readonly makerOrder: number
  readonly makerSlot: number
  readonly makerAccount: number
  readonly makerLeaves: number
  readonly makerDisplayed: number
  readonly takerOrder: number
  readonly takerSlot: number
  readonly takerAccount: number
  readonly takerLeaves: number
}

export interface TradeRecord extends TradeSides {
  readonly kind: 'trade'
  readonly number: number
  readonly quantity: number
  /** The taker's; in an auction the buyer stands as maker. */
  readonly side: Side | 'auction'
  readonly takerDisplayed: number
}

export interface PreventedRecord extends TradeSides {
  readonly kind: 'prevented'
  readonly mode: SelfTradeMode
  readonly side: Side | 'auction'
  readonly makerRemoved: number
  readonly takerRemoved: number
}

export type OrderRecordKind = 'rested' | 'refreshed' | 'reduced' | 'removed' | 'held' | 'triggered'

export interface OrderRecord {
  readonly kind: OrderRecordKind
  readonly order: number
  readonly slot: number
  readonly account: number
  readonly terms: OrderTerms
  readonly price: number | null
  /** Lots still open; of `removed`: that were open. */
  readonly leaves: number
  readonly displayed: number
  readonly session: number
  readonly reason: ReasonName
  readonly place: keyof typeof place
  readonly stop: number
  readonly reducedBy: number
}

export interface PhaseRecord {
  readonly kind: 'phase'
  readonly phase: PhaseName
  readonly previous: PhaseName
  readonly cause: keyof typeof phaseCause
}

export interface AuctionRecord {
  readonly kind: 'uncrossed' | 'indicative'
  /** `null` where nothing can trade. */
  readonly price: number | null
  readonly volume: number
  readonly surplus: number
  readonly surplusSide: Side | 'none'
}

export interface LimitStateRecord {
  readonly kind: 'limitState'
  readonly state: keyof typeof limitState
}

export type AccountStates = { readonly [state in keyof typeof accountStateBit]: boolean }

export interface AccountStateRecord {
  readonly kind: 'accountState'
  readonly account: number
  readonly state: AccountStates
  readonly previous: AccountStates
  readonly cause: ReasonName
  /** Ticks x lots, signed. */
  readonly equity: number
}

export type MarketRecord =
  | AnswerRecord
  | TradeRecord
  | PreventedRecord
  | OrderRecord
  | PhaseRecord
  | AuctionRecord
  | LimitStateRecord
  | AccountStateRecord

const kindNames = namesOf(recordKind)
const commandNames = namesOf(commandType)
const reasonNames = namesOf(reason)
const phaseNames = namesOf(phase)
const causeNames = namesOf(phaseCause)
const placeNames = namesOf(place)
const modeNames = namesOf(selfTrade)
const limitNames = namesOf(limitState)

/** The first `count` records in `records`. Throws `RangeError` for words that are no record. */
export function decodeRecords(records: Int32Array, count: number): MarketRecord[] {
  return Array.from({ length: count }, (_, index) => decodeRecord(records, index * wordCount))
}

/** The record whose words begin at `offset`. Throws `RangeError` for words that are no record. */
export function decodeRecord(records: Int32Array, offset = 0): MarketRecord {
  const words = records.subarray(offset, offset + wordCount)
  const kind = kindNames.known(word(words, 0))
  switch (kind) {
    case 'answer':
      return readAnswer(words)
    case 'trade':
      return {
        kind,
        number: word(words, trade.number),
        ...readSides(words),
        quantity: word(words, trade.quantity),
        side: tradeSide(word(words, trade.side)),
        takerDisplayed: word(words, trade.takerDisplayed),
      }
    case 'prevented':
      return {
        kind,
        mode: modeNames.known(word(words, prevented.mode)),
        ...readSides(words),
        side: tradeSide(word(words, prevented.side)),
        makerRemoved: word(words, prevented.makerRemoved),
        takerRemoved: word(words, prevented.takerRemoved),
      }
    case 'phase':
      return {
        kind,
        phase: phaseNames.known(word(words, phaseRecord.phase)),
        previous: phaseNames.known(word(words, phaseRecord.previous)),
        cause: causeNames.known(word(words, phaseRecord.cause)),
      }
    case 'uncrossed':
    case 'indicative':
      return readAuction(words, kind)
    case 'limitState':
      return { kind, state: limitNames.known(word(words, limitStateRecord.state)) }
    case 'accountState':
      return {
        kind,
        account: word(words, accountState.account),
        state: accountStates(word(words, accountState.state)),
        previous: accountStates(word(words, accountState.previous)),
        cause: reasonNames.known(word(words, accountState.cause)),
        equity: readWide(words, accountState.equityLow, accountState.equityHigh),
      }
    default:
      return readOrder(words, kind)
  }
}

function readAnswer(words: Int32Array): AnswerRecord {
  return {
    kind: 'answer',
    sequence: readWide(words, answer.sequenceLow, answer.sequenceHigh),
    count: word(words, answer.count),
    command: commandNames.of(word(words, answer.type)),
    reason: reasonNames.known(word(words, answer.reason)),
    order: word(words, answer.order),
    slot: word(words, answer.slot),
    account: word(words, answer.account),
    session: word(words, answer.session),
    flags: word(words, answer.flags),
    price: readPrice(words, answer.price),
    quantity: word(words, answer.quantity),
    time: readWide(words, answer.timeLow, answer.timeHigh),
  }
}

function readSides(words: Int32Array): TradeSides {
  return {
    price: word(words, trade.price),
    makerOrder: word(words, trade.makerOrder),
    makerSlot: word(words, trade.makerSlot),
    makerAccount: word(words, trade.makerAccount),
    makerLeaves: word(words, trade.makerLeaves),
    makerDisplayed: word(words, trade.makerDisplayed),
    takerOrder: word(words, trade.takerOrder),
    takerSlot: word(words, trade.takerSlot),
    takerAccount: word(words, trade.takerAccount),
    takerLeaves: word(words, trade.takerLeaves),
  }
}

function readOrder(words: Int32Array, kind: OrderRecordKind): OrderRecord {
  const flags = word(words, orderRecord.flags)
  const terms = decodeTerms(flags)
  if (terms === undefined) throw new RangeError(`no order has the flags ${flags}`)
  return {
    kind,
    order: word(words, orderRecord.order),
    slot: word(words, orderRecord.slot),
    account: word(words, orderRecord.account),
    terms,
    price: readPrice(words, orderRecord.price),
    leaves: word(words, orderRecord.leaves),
    displayed: word(words, orderRecord.displayed),
    session: word(words, orderRecord.session),
    reason: reasonNames.known(word(words, orderRecord.reason)),
    place: placeNames.known(word(words, orderRecord.place)),
    stop: word(words, orderRecord.stop),
    reducedBy: word(words, orderRecord.reducedBy),
  }
}

function readAuction(words: Int32Array, kind: 'uncrossed' | 'indicative'): AuctionRecord {
  return {
    kind,
    price: readPrice(words, auctionRecord.price),
    volume: readWide(words, auctionRecord.volumeLow, auctionRecord.volumeHigh),
    surplus: readWide(words, auctionRecord.surplusLow, auctionRecord.surplusHigh),
    surplusSide: sideNames.of(word(words, auctionRecord.surplusSide)) ?? 'none',
  }
}

function readPrice(words: Int32Array, at: number): number | null {
  const price = word(words, at)
  return price === noPrice ? null : price
}

function tradeSide(number: number): Side | 'auction' {
  return sideNames.of(number) ?? 'auction'
}

function accountStates(bits: number): AccountStates {
  return {
    halted: (bits & accountStateBit.halted) !== 0,
    reduceOnly: (bits & accountStateBit.reduceOnly) !== 0,
    marginCall: (bits & accountStateBit.marginCall) !== 0,
    liquidation: (bits & accountStateBit.liquidation) !== 0,
  }
}
