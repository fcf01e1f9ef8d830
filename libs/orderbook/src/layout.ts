/**
 * Commands and records are 16 words of 32 bits each, so that they travel and are stored as they are. Numbers of 53 bits
 * take two words, the low one unsigned.
 */
export const words = 16

/** The price that stands for "none". */
export const noPrice = -0x8000_0000

/** Words of a command. What a command does not use is 0. */
export const command = {
  type: 0,
  /** A dense number from 1; 0 is the operator. */
  account: 1,
  /** A dense number from 1; 0 is none. */
  session: 2,
  /** For orders: see {@link orderFlags}. For others: what they say. */
  flags: 3,
  /** In ticks. */
  price: 4,
  /** In lots. */
  quantity: 5,
  /** Stop price in ticks; of a trailing stop its distance. */
  stop: 6,
  /** Lots of an iceberg that are shown at a time; 0 shows everything. */
  display: 7,
  /** Lots that have to trade at once, or nothing does; 0 is none. */
  minimum: 8,
  /** The order's id with its account's client; 0 is none. The value of settings of accounts. */
  clientLow: 9,
  clientHigh: 10,
  /** Seconds since 1970, unsigned; the order is gone from that moment on. */
  expiry: 11,
  /** The order meant, and the slot where it is looked for. */
  order: 12,
  slot: 13,
  /** Microseconds since 1970. */
  timeLow: 14,
  timeHigh: 15,
} as const

export const commandType = {
  enter: 1,
  amend: 2,
  cancel: 3,
  massCancel: 4,
  phase: 5,
  reference: 6,
  set: 7,
  indicate: 8,
  tick: 9,
  endOfDay: 10,
  account: 11,
  mark: 12,
  kill: 13,
  adjust: 14,
} as const

/** Bits of `command.flags` of an order, as shift and width. */
export const orderFlags = {
  side: { shift: 0, bits: 1 },
  type: { shift: 1, bits: 3 },
  timeInForce: { shift: 4, bits: 3 },
  selfTrade: { shift: 7, bits: 3 },
  /** 0 compares accounts, 1 groups of accounts. */
  selfTradeScope: { shift: 10, bits: 1 },
  postOnly: { shift: 11, bits: 2 },
  /** Marked as a short sale. */
  short: { shift: 13, bits: 1 },
} as const

export const side = { buy: 0, sell: 1 } as const
export const orderType = { limit: 0, market: 1, stop: 2, stopLimit: 3, trailingStop: 4 } as const
export const timeInForce = {
  day: 0,
  goodTillCancelled: 1,
  goodTillDate: 2,
  immediate: 3,
  fillOrKill: 4,
} as const
export const selfTrade = { allow: 0, cancelNewest: 1, cancelOldest: 2, cancelBoth: 3, decrement: 4 } as const
export const postOnly = { no: 0, reject: 1, reprice: 2 } as const

export const phase = {
  closed: 0,
  preOpen: 1,
  openingAuction: 2,
  continuous: 3,
  volatilityAuction: 4,
  closingAuction: 5,
  halted: 6,
  cancelOnly: 7,
} as const

/** `command.flags` of `set`; the value is `command.quantity`. */
export const marketSetting = {
  /** 1 trades, 0 is suspended. */
  active: 1,
  /** Orders may be priced this many ticks from the reference price; 0 sets no band. */
  staticRange: 2,
  /** Trades may be this many ticks from the last price before the command; 0 sets no band. */
  dynamicRange: 3,
  /** Market orders trade at most this many ticks from the best price they find; 0 sets no limit. */
  protection: 4,
  /** Prices are multiples of it. */
  priceStep: 5,
  /** Quantities are multiples of it. */
  quantityStep: 6,
  /** The largest quantity of an order. */
  largestOrder: 7,
} as const

/** `command.flags` of `account`; the value is a signed number of 53 bits in `clientLow` and `clientHigh`. */
export const accountSetting = {
  /** Bits of {@link permission}. */
  permissions: 1,
  /** Accounts of one group are one for self-trade prevention by group; 0 is no group. */
  group: 2,
  /** Lots. */
  maxOrderQuantity: 3,
  /** Ticks x lots, as every value below. */
  maxOrderValue: 4,
  /** Lots, long or short, open orders included. */
  maxPosition: 5,
  /** Ticks by which a price may be worse than the reference; 0 is no collar. */
  collar: 6,
  /** Microseconds that each message takes; 0 is no throttle. */
  throttleInterval: 7,
  /** Messages that may come at once. */
  throttleBurst: 8,
  repeatWindow: 9,
  /** Identical orders in a row within the window; 0 is no limit. */
  repeatMaximum: 10,
  /** Millionths of the portfolio; 0 is no limit. */
  maxConcentration: 11,
  /** Value of the portfolio outside this instrument. */
  portfolioElsewhere: 12,
  /** Buying power of a cash account, collateral of a margin account: set to. */
  cash: 13,
  /** The same: changed by. */
  cashChange: 14,
  /** Millionths of the value set aside for fees. */
  feeRate: 15,
  initialMargin: 16,
  maintenanceMargin: 17,
  liquidationMargin: 18,
  /** Lots that were located and may be sold short. */
  locate: 19,
  /** Loss since the start of the day that halts the account; 0 is no limit. */
  dailyLoss: 20,
  /** Loss since the best moment after which the account may only reduce; 0 is no limit. */
  drawdown: 21,
  reduceOnly: 22,
  outputWindow: 23,
  /** Lots executed in the window; more halts the account; 0 is no limit. */
  outputMaximum: 24,
  /** Open orders at a time; 0 is no limit. */
  maxOpenOrders: 25,
  /** 0 releases an account that was halted. */
  halted: 26,
} as const

export const permission = { buy: 1, sell: 2, shortSale: 4, margin: 8 } as const

/** Bits of `accountState.state`. */
export const accountStateBit = { halted: 1, reduceOnly: 2, marginCall: 4, liquidation: 8 } as const

/** Kinds of records. Each command makes an answer and then whatever happened, in order. */
export const recordKind = {
  answer: 1,
  trade: 2,
  rested: 3,
  refreshed: 4,
  reduced: 5,
  removed: 6,
  prevented: 7,
  held: 8,
  triggered: 9,
  phase: 10,
  uncrossed: 11,
  indicative: 12,
  limitState: 13,
  accountState: 14,
} as const

/** Word 0 of every record is its kind. Words not named are 0. */
export const answer = {
  sequenceLow: 1,
  sequenceHigh: 2,
  /** Records of this command, the answer included. */
  count: 3,
  type: 4,
  reason: 5,
  order: 6,
  slot: 7,
  account: 8,
  session: 9,
  flags: 10,
  price: 11,
  quantity: 12,
  timeLow: 14,
  timeHigh: 15,
} as const

/** A trade, or what self-trade prevention took away instead of one. */
export const trade = {
  /** Number of the trade from 1. */
  number: 1,
  price: 2,
  quantity: 3,
  makerOrder: 4,
  makerSlot: 5,
  makerAccount: 6,
  /** Lots still open, hidden ones included. */
  makerLeaves: 7,
  takerOrder: 8,
  takerSlot: 9,
  takerAccount: 10,
  takerLeaves: 11,
  /** The taker's side; 2 in an auction, where the buyer stands as maker. */
  side: 12,
  makerDisplayed: 13,
  /** In an auction; 0 otherwise, since a taker is not in the book. */
  takerDisplayed: 14,
} as const

export const prevented = {
  ...trade,
  /** Instead of a number: the way of {@link selfTrade}. */
  mode: 1,
  /** Lots taken from the maker; `quantity` is 0. */
  makerRemoved: 14,
  takerRemoved: 15,
} as const

/** `rested`, `refreshed`, `reduced`, `removed`, `held`, `triggered`: what became of an order. */
export const orderRecord = {
  order: 1,
  slot: 2,
  account: 3,
  /** As it was entered. */
  flags: 4,
  price: 5,
  /** Lots still open; of `removed`: that were open. */
  leaves: 6,
  /** The same of what the book shows. */
  displayed: 7,
  session: 8,
  /** Why it was removed. */
  reason: 9,
  /** Where it was: see {@link place}. */
  place: 10,
  /** Of a stop. */
  stop: 11,
  /** Lots by which it was reduced. */
  reducedBy: 12,
} as const

export const place = { incoming: 0, book: 1, stops: 2 } as const

export const phaseRecord = { phase: 1, previous: 2, cause: 3 } as const
export const phaseCause = { command: 0, dynamicBand: 1 } as const

/** `uncrossed` and `indicative`. */
export const auctionRecord = {
  /** {@link noPrice} where nothing can trade. */
  price: 1,
  volumeLow: 2,
  volumeHigh: 3,
  surplusLow: 4,
  surplusHigh: 5,
  /** The side with the surplus; 2 is none. */
  surplusSide: 6,
} as const

export const limitStateRecord = { state: 1 } as const
export const limitState = { none: 0, up: 1, down: 2 } as const

export const accountState = {
  account: 1,
  /** Bits of {@link accountStateBit}. */
  state: 2,
  previous: 3,
  /** The reason that led to it; 0 where an operator or the market did. */
  cause: 4,
  /** Cash or collateral with realised and unrealised result, signed. */
  equityLow: 5,
  equityHigh: 6,
} as const
