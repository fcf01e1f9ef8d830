import type { Unit } from '@florin/kernel'
import { command, commandType, decodeRecords } from '@florin/orderbook'
import { orderNumber } from '../domain/order-id.ts'
import { followWith } from '../follower/follow.ts'
import type { MarketRecord } from '../store/markets.ts'
import { insertOrderEvents, insertPhaseEvents, recordedOrders } from '../store/order-records.ts'
import { EventWriter } from './event-writer.ts'
import { type Passage, Transcript } from './transcript.ts'

/** The reader of the journal that keeps the regulators' records. */
export const recordsCursor = 'records'

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
  for (const passage of passages) writer.write(passage)
  await insertOrderEvents(unit.db, market.id, writer.events)
  await insertPhaseEvents(unit.db, market.id, writer.phaseEvents)
  return { commands: read, events: writer.events.length, upTo: follower.seq }
}

/** Orders that commands or records speak of and that entered before; slots are used again, numbers never. */
function mentioned(passages: readonly Passage[]): number[] {
  const found = new Set<number>()
  const entered = new Set<number>()
  const mention = (order: number, slot: number): void => {
    if (order > 0 && !entered.has(order)) found.add(orderNumber(order, slot))
  }
  for (const passage of passages) {
    const [answer, ...records] = decodeRecords(passage.records, passage.count)
    const type = passage.command[command.type]
    if (type === commandType.enter && answer?.kind === 'answer') entered.add(answer.order)
    if (type === commandType.amend || type === commandType.cancel)
      mention(passage.command[command.order] ?? 0, passage.command[command.slot] ?? 0)
    for (const record of records) {
      if (record.kind === 'trade' || record.kind === 'prevented') {
        mention(record.makerOrder, record.makerSlot)
        mention(record.takerOrder, record.takerSlot)
      } else if ('terms' in record) mention(record.order, record.slot)
    }
  }
  return [...found]
}
