import type { LevelSnapshot, LevelUpdate } from '@florin/orderbook'
import type { MarketDataForm } from './forms.ts'

/** Whole ticks and lots, in the members of libs/orderbook: a program feeds them to its `LevelFeed` and `OrderFeed`. */
export const tickForm: MarketDataForm = {
  levelSnapshot(channel, snapshot) {
    if (channel === 'levels') return apart(snapshot)
    const { sequence, time, bids, asks, market: view } = snapshot
    return { sequence, time, best: { bid: bids[0] ?? null, ask: asks[0] ?? null }, view }
  },
  levelUpdate(channel, update) {
    if (channel === 'levels') return apart(update)
    const { trades, sequence, time, best, market: view } = update
    if (channel === 'trades') return trades.length === 0 ? undefined : { sequence, time, trades }
    return best === undefined && view === undefined ? undefined : { sequence, time, best, view }
  },
  orderSnapshot: (snapshot) => snapshot,
  orderUpdate: (update) => update,
}

/** The view of the market stands as `view`: `market` is the code of the market in every message. */
function apart({ market: view, ...rest }: LevelUpdate | LevelSnapshot) {
  return { ...rest, ...(view === undefined ? {} : { view }) }
}
