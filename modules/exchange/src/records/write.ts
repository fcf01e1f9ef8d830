import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Unit } from '@florin/kernel'
import { answer, command, commandType, orderRecord, recordKind, trade, words } from '@florin/orderbook'
import { orderNumber } from '../domain/order-id.ts'
import { followWith } from '../follower/follow.ts'
import type { MarketRecord } from '../store/markets.ts'
import { insertOrderEvents, insertPhaseEvents, recordedOrders } from '../store/order-records.ts'
import { EventWriter } from './event-writer.ts'
import { type Passage, Transcript } from './transcript.ts'

/** The reader of the journal that keeps the regulators' records. */
export const recordsCursor = 'records'

const atATurn = 500

export interface Recorded {
  /** Commands read; 0: the journal ends where it ended before. */
  readonly commands: number
  readonly events: number
  /** Number of the last command that is recorded. */
  readonly upTo: number
}

/**
 * Records what happened to every order since the last time, in the unit that moves the cursor on: every event exactly once.
 *
 * @param limit commands to read at most
 */
export async function recordMarket(unit: Unit, market: MarketRecord, limit: number): Promise<Recorded> {
  const transcript = new Transcript()
  const { follower, read } = await followWith(unit, market.id, recordsCursor, limit, (engine) =>
    transcript.begin(engine),
  )
  const { passages } = transcript
  const writer = new EventWriter(await recordedOrders(unit.db, market.id, mentioned(passages)))
  await inTurns(passages, (passage) => writer.write(passage))
  await insertOrderEvents(unit.db, market.id, writer.events)
  await insertPhaseEvents(unit.db, market.id, writer.phaseEvents)
  return { commands: read, events: writer.events.length, upTo: follower.seq }
}

/** Works on many things, and gives whoever runs a market in this process its turn now and then. */
async function inTurns<T>(all: readonly T[], work: (one: T) => void): Promise<void> {
  for (const [i, one] of all.entries()) {
    if (i % atATurn === atATurn - 1) await nextTurn()
    work(one)
  }
}

/** Orders that commands or records speak of and that entered before; slots are used again, numbers never. */
function mentioned(passages: readonly Passage[]): number[] {
  const found = new Set<number>()
  const entered = new Set<number>()
  const mention = (list: Int32Array, order: number, slot: number): void => {
    const number = list[order] ?? 0
    if (number > 0 && !entered.has(number)) found.add(orderNumber(number, list[slot] ?? 0))
  }
  for (const { command: asked, records, count } of passages) {
    const type = asked[command.type]
    if (type === commandType.enter) entered.add(records[answer.order] ?? 0)
    if (type === commandType.amend || type === commandType.cancel) mention(asked, command.order, command.slot)
    for (let from = words; from < count * words; from += words)
      for (const [order, slot] of ordersOf(records[from])) mention(records, from + order, from + slot)
  }
  return [...found]
}

/** Where a record of a kind names its orders. */
function ordersOf(kind: number | undefined): readonly (readonly [number, number])[] {
  switch (kind) {
    case recordKind.trade:
    case recordKind.prevented:
      return pairOfOrders
    case recordKind.rested:
    case recordKind.refreshed:
    case recordKind.reduced:
    case recordKind.removed:
    case recordKind.held:
    case recordKind.triggered:
      return oneOrder
    default:
      return none
  }
}

const pairOfOrders = [
  [trade.makerOrder, trade.makerSlot],
  [trade.takerOrder, trade.takerSlot],
] as const
const oneOrder = [[orderRecord.order, orderRecord.slot]] as const
const none = [] as const
