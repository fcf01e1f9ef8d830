/** What one market is made for. Capacities are limits: reaching one is a refusal that changes nothing. */
export interface MarketConfig {
  /** Ticks, inclusive; at most 2^24 prices. With risk at least 0. */
  readonly lowestPrice: number
  readonly highestPrice: number
  /** Living orders at a time, stops included; at most 2^22. */
  readonly orders: number
  /** Accounts are numbered from 1 to this. */
  readonly accounts: number
  readonly sessions: number
  /** Client ids remembered at a time; at most 2^22. */
  readonly clientIds: number
  /** Lots; with risk, `largestPosition` x `highestPrice` must stay below 2^50, and it is at most 2^26. */
  readonly largestPosition: number
  /** Pre-trade risk and positions by account. Without it nothing of section 10 of the rules applies. */
  readonly risk: boolean
  /** Keep a digest over all commands and records. */
  readonly digest: boolean
}

/** What both the engine and its oracle offer. */
export interface Market {
  /** Number of the last command. */
  readonly sequence: number
  /** Records of the last command, 16 words each, from word 0 on. Overwritten by the next command. */
  readonly records: Int32Array
  /** Carries out the command whose words begin at `offset`; returns the number of its records. */
  apply(commands: Int32Array, offset: number): number
}
