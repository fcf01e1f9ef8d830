/**
 * What is known of an account is a row of {@link width} numbers, all integers below 2^53, in one `Float64Array`: a check
 * touches a few neighbouring lines of memory whatever the number of accounts. What every check reads comes first.
 *
 * Why the sums stay exact. With L = `largestPosition`, H = `highestPrice` and M = 2^50 > L x H:
 * position + open buys ≤ L and open sells − position ≤ L, so all that is open is at most 2L lots and 2M of value.
 * |cost| ≤ |position| x H < M. Orders are refused once |realised| ≥ M, so it stays below 3M. Cash is set within ±M, and living
 * buys with a fee of at most a tenth take 2.2M from it. Equity is below (3.2 + 3 + 1) M < 2^53.
 */
export const width = 56

/** M above: no amount of money that is set may be larger. */
export const largestValue = 2 ** 50

/** Places in a row. An order that passes and a fill touch the first half only. */
export const field = {
  /** Bits of {@link plainSide}: see `derive`, as for all that is called derived. */
  sides: 0,
  maxOrderQuantity: 1,
  maxOrderValue: 2,
  maxPosition: 3,
  collar: 4,
  /** Lots, short below 0. */
  position: 5,
  /** Lots of living orders by side, stops included. */
  openBuys: 6,
  openSells: 7,
  openOrders: 8,
  maxOpenOrders: 9,
  cash: 10,
  /** Sum of open lots x valuation price of living buys, without fees. */
  reserved: 11,
  feeRate: 12,
  /** Of the position, signed like it, by average. */
  cost: 13,
  realisedAverage: 14,
  realisedFifo: 15,
  /** Derived: the lowest result that neither the daily loss nor the drawdown objects to. */
  lossFloor: 16,
  /** The best result since the start of the day. */
  best: 17,
  /** Theoretical arrival time of the throttle, in microseconds. */
  arrival: 18,
  throttleInterval: 19,
  /** Derived: how far the arrival may be ahead of the time. */
  throttleTolerance: 20,
  /** 1 while the account is among those that a new mark looks at. */
  listed: 21,
  /** The row of identical orders: limits, then when it began, how many, and what they are. */
  repeatMaximum: 22,
  repeatWindow: 23,
  repeatStart: 24,
  repeatCount: 25,
  repeatKind: 26,
  repeatPrice: 27,
  repeatQuantity: 28,
  /** Lots executed in the present window. */
  outputMaximum: 29,
  outputWindow: 30,
  outputStart: 31,
  outputCount: 32,
  /** Bits of `accountStateBit`. */
  state: 33,
  permissions: 34,
  dailyLoss: 35,
  drawdown: 36,
  /** Result at the start of the day. */
  dayStart: 37,
  maxConcentration: 38,
  portfolioElsewhere: 39,
  initialMargin: 40,
  maintenanceMargin: 41,
  liquidationMargin: 42,
  locate: 43,
  throttleBurst: 44,
  group: 45,
  /** While a command changes the state: 1, what it was before, and the reason. */
  changed: 46,
  previousState: 47,
  cause: 48,
} as const

/** Sides that have nothing said against them but by the order itself, and whether it is a margin account. */
export const plainSide = { buy: 1, sell: 2, margin: 4 } as const
