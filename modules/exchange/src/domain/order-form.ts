/** An order in the engine's numbers, as far as its parts have to fit each other. */
export interface OrderForm {
  readonly side: 'buy' | 'sell'
  readonly type: 'limit' | 'market' | 'stop' | 'stopLimit' | 'trailingStop'
  readonly timeInForce: 'day' | 'goodTillCancelled' | 'goodTillDate' | 'immediate' | 'fillOrKill'
  /** Ticks; undefined: none was given. */
  readonly price: number | undefined
  readonly stop: number | undefined
  /** Lots; 0: none was given. */
  readonly quantity: number
  readonly display: number
  readonly minimum: number
  /** Seconds since 1970; 0: none was given. */
  readonly expiry: number
  readonly postOnly: 'no' | 'reject' | 'reprice'
  readonly short: boolean
}

/** An iceberg comes in so many parts at most (libs/orderbook/RULES.md, section 2). */
const mostParts = 1_000

const isStop = ({ type }: OrderForm): boolean =>
  type === 'stop' || type === 'stopLimit' || type === 'trailingStop'
const rests = ({ timeInForce }: OrderForm): boolean =>
  timeInForce !== 'immediate' && timeInForce !== 'fillOrKill'

/** What an engine calls malformed and nothing more, in a sentence each; the first that applies is told. */
const rules: readonly (readonly [(order: OrderForm) => boolean, string])[] = [
  [({ quantity }) => quantity < 1, 'The quantity must be above zero'],
  [
    ({ type, price }) => type !== 'market' && price === undefined,
    'Only market orders may be without a price',
  ],
  [
    (order) => order.type === 'market' && rests(order),
    'A market order does not rest: its time_in_force is immediate or fill_or_kill',
  ],
  [
    (order) => isStop(order) && !rests(order),
    'A stop waits: its time_in_force is day, good_till_cancelled or good_till_date',
  ],
  [(order) => isStop(order) && order.stop === undefined, 'A stop order needs a stop'],
  [(order) => !isStop(order) && order.stop !== undefined, 'Only stop orders have a stop'],
  [
    ({ type, price = 0, stop = 0 }) => type === 'trailingStop' && (stop < 1 || price < 0),
    'A trailing stop has its distance from the market as stop, at least one tick, and as price how far beyond it may trade',
  ],
  [
    ({ type, side, price = 0, stop = 0 }) =>
      type !== 'trailingStop' && stop !== 0 && (side === 'buy' ? price < stop : price > stop),
    'The price of a stop is the worst it may trade at: that of a buy is not below its stop, that of a sell not above it',
  ],
  [
    (order) => order.display !== 0 && (order.type !== 'limit' || !rests(order)),
    'Only limit orders that rest have a display',
  ],
  [
    ({ display, quantity }) => display !== 0 && display * mostParts < quantity,
    `The display is at least a thousandth of the quantity`,
  ],
  [({ minimum, quantity }) => minimum > quantity, 'The minimum is more than the quantity'],
  [
    (order) =>
      order.minimum !== 0 && (isStop(order) || order.timeInForce === 'fillOrKill' || order.postOnly !== 'no'),
    'Stops, post_only orders and fill_or_kill have no minimum',
  ],
  [
    (order) => order.postOnly !== 'no' && (order.type !== 'limit' || !rests(order)),
    'Only limit orders that rest are post_only',
  ],
  [({ side, short }) => short && side === 'buy', 'Only sales are short'],
  [
    ({ timeInForce, expiry }) => (timeInForce === 'goodTillDate') !== expiry > 0,
    'expires_at belongs to time_in_force good_till_date, which needs it',
  ],
]

/** How an order contradicts itself; undefined: not in a way that can be seen without the market. */
export function contradiction(order: OrderForm): string | undefined {
  return rules.find(([breaks]) => breaks(order))?.[1]
}
