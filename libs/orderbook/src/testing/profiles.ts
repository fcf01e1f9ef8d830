import type { MarketConfig } from '../types.ts'

/** How often each kind of command comes, beside the others. */
export interface CommandWeights {
  enter: number
  amend: number
  cancel: number
  massCancel: number
  phase: number
  reference: number
  set: number
  indicate: number
  tick: number
  endOfDay: number
  account: number
  mark: number
  kill: number
  adjust: number
  malformed: number
}

/** What a generated market is like. Chances are so many of 100. */
export interface Profile {
  readonly name: string
  readonly config: MarketConfig
  readonly weights: CommandWeights
  /** Of entries: how often each type comes. */
  readonly types: {
    limit: number
    market: number
    stop: number
    stopLimit: number
    trailingStop: number
  }
  /** Of limit orders. */
  readonly icebergs: number
  readonly postOnly: number
  /** Of limit and market orders: IOC or FOK; with a minimum. */
  readonly immediate: number
  readonly minimum: number
  readonly goodTillDate: number
  /** Orders that prevent self-trades in some way. */
  readonly selfTrade: number
  readonly largestQuantity: number
  /** How far from the touch prices usually are. */
  readonly spread: number
  /** Of times: that the phase is brought back to continuous when it is something else. */
  readonly reopen: number
}

const config: MarketConfig = {
  lowestPrice: 50,
  highestPrice: 150,
  orders: 60,
  accounts: 4,
  sessions: 3,
  clientIds: 1000,
  largestPosition: 100_000,
  risk: false,
  digest: true,
}

const trading: CommandWeights = {
  enter: 600,
  amend: 80,
  cancel: 150,
  massCancel: 3,
  phase: 1,
  reference: 2,
  set: 2,
  indicate: 1,
  tick: 3,
  endOfDay: 1,
  account: 0,
  mark: 0,
  kill: 1,
  adjust: 0,
  malformed: 20,
}

const onlyLimits = { limit: 90, market: 10, stop: 0, stopLimit: 0, trailingStop: 0 }

const continuous: Profile = {
  name: 'continuous trading',
  config,
  weights: trading,
  types: onlyLimits,
  icebergs: 5,
  postOnly: 10,
  immediate: 15,
  minimum: 5,
  goodTillDate: 10,
  selfTrade: 10,
  largestQuantity: 20,
  spread: 4,
  reopen: 90,
}

const everything: Profile = {
  ...continuous,
  name: 'everything',
  weights: { ...trading, phase: 15, set: 12, reference: 8, indicate: 6, endOfDay: 4, kill: 6, malformed: 60 },
  types: { limit: 60, market: 12, stop: 8, stopLimit: 8, trailingStop: 8 },
  icebergs: 20,
  postOnly: 15,
  selfTrade: 40,
  reopen: 50,
}

const riskWeights: CommandWeights = {
  ...everything.weights,
  cancel: 80,
  phase: 4,
  set: 5,
  massCancel: 1,
  endOfDay: 2,
  kill: 2,
  account: 60,
  mark: 15,
  adjust: 15,
}

/** Markets in which generated commands meet every rule. */
export const profiles: readonly Profile[] = [
  continuous,
  {
    ...continuous,
    name: 'auctions',
    weights: { ...trading, phase: 30, indicate: 30, reference: 10, set: 3 },
    types: { limit: 75, market: 15, stop: 4, stopLimit: 3, trailingStop: 3 },
    icebergs: 20,
    spread: 8,
    reopen: 30,
  },
  {
    ...continuous,
    name: 'stops',
    weights: { ...trading, phase: 4, amend: 120, set: 6 },
    types: { limit: 45, market: 5, stop: 15, stopLimit: 15, trailingStop: 20 },
    immediate: 10,
    spread: 6,
  },
  {
    ...continuous,
    name: 'icebergs',
    icebergs: 60,
    immediate: 25,
    minimum: 20,
    largestQuantity: 60,
    spread: 2,
  },
  {
    ...continuous,
    name: 'self-trades',
    config: { ...config, accounts: 2 },
    icebergs: 25,
    selfTrade: 90,
    immediate: 25,
    minimum: 15,
  },
  everything,
  { ...everything, name: 'tiny capacities', config: { ...config, orders: 4, accounts: 1, sessions: 1 } },
  {
    ...everything,
    name: 'many prices and orders',
    config: {
      ...config,
      lowestPrice: -40_000,
      highestPrice: 40_000,
      orders: 400,
      largestPosition: 2 ** 31 - 1,
    },
    weights: { ...everything.weights, cancel: 60, massCancel: 1, endOfDay: 1, kill: 1 },
    largestQuantity: 1_000_000,
    spread: 3000,
  },
  {
    ...everything,
    name: 'risk',
    config: { ...config, risk: true },
    weights: riskWeights,
  },
  {
    ...continuous,
    name: 'risk in continuous trading',
    config: { ...config, risk: true },
    weights: { ...trading, cancel: 100, account: 15, mark: 10, adjust: 10 },
  },
  {
    ...everything,
    name: 'risk with few client ids',
    config: { ...config, risk: true, orders: 12, clientIds: 12, accounts: 2 },
    weights: { ...riskWeights, endOfDay: 40 },
  },
]
