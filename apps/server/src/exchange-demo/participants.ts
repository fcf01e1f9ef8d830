import { cancelOrder, enterOrder, type Side } from '@florin/orderbook'
import { between, type Dice } from './dice.ts'
import type { OpenOrder } from './orders.ts'

/** What a participant sees before it acts. Prices are ticks, quantities lots. */
export interface Sight {
  readonly account: number
  /** What it thinks that the instrument is worth. */
  readonly worth: number
  readonly bestBid: number | undefined
  readonly bestAsk: number | undefined
  /** Short below 0. */
  readonly position: number
  /** Its own open orders. */
  readonly open: readonly OpenOrder[]
  readonly collecting: boolean
}

/** Commands that it sends, one after another. */
export type Strategy = (sight: Sight, dice: Dice) => Int32Array[]

/** Their times are given by the sequencer. */
const time = 0

const order = (
  { account }: Sight,
  side: Side,
  quantity: number,
  price: number,
  more: Partial<Parameters<typeof enterOrder>[0]> = {},
): Int32Array =>
  enterOrder({
    time,
    account,
    side,
    quantity,
    price,
    timeInForce: 'day',
    selfTrade: 'cancelOldest',
    ...more,
    type: 'limit',
  })

const cancel = ({ account }: Sight, { order: number, slot }: OpenOrder): Int32Array =>
  cancelOrder({ time, account, order: number, slot })

/** Quotes both sides at several prices around what it thinks the worth is, and leans against its position. */
export function marketMaker(spread: number, levels: number): Strategy {
  return (sight, dice) => {
    const centre = sight.worth - Math.round(sight.position / 40)
    const prices = Array.from({ length: levels }, (_, level) => spread + level * 2)
    const bids = prices.map((distance) => centre - distance)
    const asks = prices.map((distance) => centre + distance)
    const stays = ({ side, price }: OpenOrder): boolean => (side === 'buy' ? bids : asks).includes(price)
    const stale = sight.open.filter((open) => !stays(open))
    const missing = (side: Side, wanted: readonly number[]): number[] =>
      wanted.filter((price) => !sight.open.some((open) => open.side === side && open.price === price))
    const quote = (side: Side) => (price: number) => order(sight, side, between(5, 30, dice), price)
    return [
      ...stale.map((open) => cancel(sight, open)),
      ...missing('buy', bids).map(quote('buy')),
      ...missing('sell', asks).map(quote('sell')),
    ]
  }
}

/** Buys or sells now and then at once, rather where the price seems wrong. */
export function taker(share: number): Strategy {
  return (sight, dice) => {
    if (dice() >= share) return []
    const { worth, bestBid, bestAsk } = sight
    const tooHigh = bestBid !== undefined && bestBid >= worth
    const side: Side = dice() < (tooHigh ? 0.3 : 0.6) ? 'buy' : 'sell'
    const quantity = between(1, 25, dice)
    if (sight.collecting) return [order(sight, side, quantity, worth + (side === 'buy' ? 4 : -4))]
    const best = side === 'buy' ? bestAsk : bestBid
    if (best === undefined) return []
    return [order(sight, side, quantity, best + (side === 'buy' ? 3 : -3), { timeInForce: 'immediate' })]
  }
}

/** Holds a position and protects it by a stop below the market, which moves up with it. */
export function stopUser(distance: number): Strategy {
  return (sight, dice) => {
    const { worth, bestAsk, open, position } = sight
    if (sight.collecting) return []
    if (open.some(({ isStop }) => isStop)) return []
    if (position > 0) {
      return [
        enterOrder({
          time,
          account: sight.account,
          side: 'sell',
          type: 'trailingStop',
          stop: distance,
          price: 10,
          quantity: position,
          timeInForce: 'day',
        }),
      ]
    }
    if (bestAsk === undefined || bestAsk > worth + 3 || dice() > 0.2) return []
    return [order(sight, 'buy', 40, bestAsk, { timeInForce: 'immediate' })]
  }
}

/** Works a large order of which little is shown, on the other side once it is done. */
export function icebergUser(quantity: number, display: number): Strategy {
  let side: Side = 'sell'
  return (sight) => {
    if (sight.open.length > 0) return []
    side = side === 'buy' ? 'sell' : 'buy'
    const price = side === 'buy' ? (sight.bestBid ?? sight.worth - 2) : (sight.bestAsk ?? sight.worth + 2)
    return [order(sight, side, quantity, price, { display })]
  }
}
