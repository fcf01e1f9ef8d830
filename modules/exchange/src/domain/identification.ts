/** Who is behind what, as it was registered for the records that regulators ask for. Persons are opaque ids. */

/** Of a market. */
export interface Venue {
  /** ISO 10383: of the segment, or of the operator where there is none. */
  readonly mic: string
  readonly operator_lei: string
  /** Of the central counterparty that trades are made with, if there is one. */
  readonly ccp_lei?: string
}

/** Of a member of the market. */
export interface Member {
  readonly lei: string
  /** Whether it is an investment firm covered by Directive 2014/65/EU. */
  readonly investment_firm: boolean
  /** ISO 3166-1: its home, or that of the branch whose membership is used. */
  readonly country: string
}

/** Who decides: a person, with the country of the branch that supervises it, or an algorithm. */
export type Decider =
  | { readonly person: string; readonly country?: string }
  | { readonly algorithm: string }
  /** Nobody within the member, but its client. */
  | { readonly client: true }

export type Party = { readonly lei: string } | { readonly person: string }

/** How orders come: of an account, and, where a session says otherwise, of the session. */
export interface Route {
  readonly direct_electronic_access?: boolean
  readonly liquidity_provision?: boolean
  readonly investment_decision?: Decider
  readonly execution?: Decider
  /** LEI of the member that only routed the orders. */
  readonly non_executing_broker?: string
}

export type TradingCapacity = 'DEAL' | 'MTCH' | 'AOTC'

/** Of a trading account. */
export interface Holder extends Route {
  readonly capacity?: TradingCapacity
  /** AGGR: orders of several clients together; PNAL: to be allocated to clients later. */
  readonly client?: Party | { readonly several: 'AGGR' | 'PNAL' }
  /** Who decides for the client under a power of representation. */
  readonly decision_maker?: Party
  /** ISO 3166-1: of the branch that got the order from the client. */
  readonly client_branch_country?: string
  /** Sells short as a market maker or primary dealer, under article 17 of Regulation (EU) No 236/2012. */
  readonly short_selling_exempt?: boolean
}

/** What is registered of each kind of thing. */
export interface Details {
  readonly market: Venue
  readonly participant: Member
  readonly account: Holder
  readonly session: Route
}

export type IdentifiedKind = keyof Details
