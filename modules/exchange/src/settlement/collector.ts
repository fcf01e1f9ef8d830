import { command, commandType, answer as field } from '@florin/orderbook'
import { type Trade, tradesOf } from '../domain/trades.ts'
import type { Visit } from '../follower/replay.ts'

/** What settlement needs to know of the commands it reads: the trades, and what the engine said to transfers. */
export class Collector {
  readonly trades: Trade[] = []
  /** Reasons by command, of those by which buying power and positions are told. */
  readonly answers = new Map<number, number>()

  readonly visit: Visit = (seq, commands, offset, records, count) => {
    const type = commands[offset + command.type]
    if (type === commandType.account || type === commandType.adjust)
      this.answers.set(seq, records[field.reason] as number)
    // A trade is never the only record: the answer comes first.
    if (count > 1) this.trades.push(...tradesOf(seq, records, count))
  }
}
