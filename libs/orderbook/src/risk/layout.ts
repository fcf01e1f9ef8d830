/**
 * What is known of an account is a row of {@link width} numbers, all integers below 2^53, in one `Float64Array`: a check
 * touches a few neighbouring lines of memory whatever the number of accounts. What every check reads comes first.
 *
 * Why the sums stay exact. With L = `largestPosition`, H = `highestPrice` and M = 2^50 > L x H:
 * position + open buys ≤ L and open sells − position ≤ L, so all that is open is at most 2L lots and 2M of value.
 * |cost| ≤ |position| x H < M. Orders are refused once |realised| ≥ M, so it stays below 3M. Cash is set within ±M, and living
 * buys with a fee of at most a tenth take 2.2M from it. Equity is below (3.2 + 3 + 1) M < 2^53.
 */
export const width = 48

/** M above: no amount of money that is set may be larger. */
export const largestValue = 2 ** 50

/** Places in a row. */
export const field = {
  /** Bits of `accountStateBit`. */
  state: 0,
  permissions: 1,
  maxOrderQuantity: 2,
  maxOrderValue: 3,
  maxPosition: 4,
  collar: 5,
  /** Lots, short below 0. */
  position: 6,
  /** Lots of living orders by side, stops included. */
  openBuys: 7,
  openSells: 8,
  openOrders: 9,
  /** Of the position, signed like it, by average. */
  cost: 10,
  realisedAverage: 11,
  realisedFifo: 12,
  cash: 13,
  /** Sum of open lots x valuation price of living buys, without fees. */
  reserved: 14,
  feeRate: 15,
  dailyLoss: 16,
  drawdown: 17,
  /** Result at the start of the day, and the best since. */
  dayStart: 18,
  best: 19,
  maxConcentration: 20,
  portfolioElsewhere: 21,
  initialMargin: 22,
  maintenanceMargin: 23,
  liquidationMargin: 24,
  locate: 25,
  maxOpenOrders: 26,
  throttleInterval: 27,
  throttleBurst: 28,
  /** Theoretical arrival time of the throttle, in microseconds. */
  arrival: 29,
  /** The row of identical orders: limits, then when it began, how many, and what they are. */
  repeatWindow: 30,
  repeatMaximum: 31,
  repeatStart: 32,
  repeatCount: 33,
  repeatKind: 34,
  repeatPrice: 35,
  repeatQuantity: 36,
  /** Lots executed in the present window. */
  outputWindow: 37,
  outputMaximum: 38,
  outputStart: 39,
  outputCount: 40,
  group: 41,
  /** Oldest and newest lot of the position by first in, first out; 0 is none. */
  firstLot: 42,
  lastLot: 43,
  /** 1 while the account is among those that a new mark looks at. */
  listed: 44,
  /** While a command changes the state: 1, what it was before, and the reason. */
  changed: 45,
  previousState: 46,
  cause: 47,
} as const
