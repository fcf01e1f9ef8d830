/**
 * Why a command was refused, or an order left. Numbers are stable. Where several refusals apply, the lowest number is told;
 * only that of a missing order (`unknownOrder`) comes before all but `malformed`.
 */
export const reason = {
  none: 0,

  unknownCommand: 1,
  malformed: 2,
  unknownAccount: 3,
  unknownOrder: 5,

  ordersFull: 10,
  clientIdsFull: 11,
  entriesExhausted: 12,

  killed: 20,
  accountKilled: 21,
  sessionKilled: 22,
  suspended: 23,
  halted: 24,
  notPermitted: 25,
  phase: 26,

  tick: 30,
  lot: 31,
  priceBounds: 32,
  quantityBounds: 33,
  priceBand: 34,
  noLimits: 35,
  noReference: 36,
  /** A market order finds nothing that says how far it may go. */
  noLiquidity: 37,

  duplicateClientId: 40,
  repeatedOrder: 41,
  orderQuantity: 42,
  orderValue: 43,
  priceCollar: 44,
  throttled: 45,
  position: 46,
  concentration: 47,
  buyingPower: 48,
  margin: 49,
  shortNotPermitted: 50,
  noLocate: 51,
  dailyLoss: 52,
  reduceOnly: 53,
  drawdown: 54,
  selfOutput: 55,

  wouldTrade: 60,
  notFillable: 61,
  minimumNotMet: 62,

  /** From here on: why an order left the market. */
  requested: 80,
  massCancelled: 81,
  unfilled: 82,
  expired: 83,
  endOfDay: 84,
  selfTrade: 85,
  volatility: 86,
  belowExecuted: 87,
  afterAuction: 88,
  killSwitch: 89,
  /** It left its place and enters again under the same number. */
  replaced: 90,
} as const

export type Reason = (typeof reason)[keyof typeof reason]
