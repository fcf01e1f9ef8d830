/**
 * Codes of field 21 of Commission Delegated Regulation (EU) 2017/580, annex, table 2. The last two are ours: what the
 * regulation has no code for may have one of four letters that is not taken.
 */
export const eventCodes = {
  /** New order. */
  NEWO: 'NEWO',
  /** A stop became tradable. */
  TRIG: 'TRIG',
  /** Replaced by the member. */
  REME: 'REME',
  /** Replaced by the market, automatically. */
  REMA: 'REMA',
  /** Cancelled at the initiative of the member. */
  CAME: 'CAME',
  /** Cancelled by the market. */
  CAMO: 'CAMO',
  /** Refused. */
  REMO: 'REMO',
  EXPI: 'EXPI',
  PARF: 'PARF',
  FILL: 'FILL',
  /** A refused change of an order. */
  RJME: 'RJME',
  /** A refused cancellation. */
  RJCA: 'RJCA',
} as const
export type EventCode = keyof typeof eventCodes

/** An order as it is known after an event. Prices in ticks, quantities in lots. */
export interface RecordedOrder {
  /** Number x 2^22 + slot; null for an order that was refused. */
  readonly orderId: number | null
  readonly account: number
  readonly session: number
  readonly flags: number
  readonly price: number | null
  readonly stop: number
  readonly display: number
  readonly minimum: number
  /** Seconds since 1970; 0: none. */
  readonly expiry_s: number
  readonly active: boolean
  /** Microseconds since 1970. */
  readonly received_us: number
  readonly priority_us: number
  readonly initial: number
  readonly executed: number
  readonly leaves: number
  readonly displayed: number
}

export interface Execution {
  readonly trade: number
  readonly price: number
  /** Null in an auction. */
  readonly liquidity: 'PASV' | 'AGRE' | null
  /** Best prices before the command; null where there was none. */
  readonly bid: number | null
  readonly ask: number | null
}

export interface OrderEvent extends RecordedOrder {
  readonly seq: number
  readonly place: number
  readonly event: EventCode
  readonly at_us: number
  /** Traded or taken away by the event. */
  readonly lots: number
  readonly execution: Execution | null
  readonly phase: number
  /** The engine's. */
  readonly reason: number
}

export interface PhaseEvent {
  readonly seq: number
  readonly place: number
  readonly kind: 'phase' | 'uncrossed' | 'indicative'
  readonly at_us: number
  readonly phase: number
  readonly price: number | null
  readonly volume: number | null
}
