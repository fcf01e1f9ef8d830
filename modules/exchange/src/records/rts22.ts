import { decodeTerms } from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { priceOf, quantityOf } from '../domain/units.ts'
import type { InstrumentRecord } from '../store/instruments.ts'
import type { MarketRecord } from '../store/markets.ts'
import { branchOf, deciderCode, type Parties, partyCode } from './identities.ts'
import type { OrderEvent } from './order-event.ts'
import { currencyOf, isSell, tradeIdOf } from './rts24.ts'

/** One side of a trade as it is to be reported. */
export interface ReportedSide {
  readonly market: MarketRecord
  readonly instrument: InstrumentRecord
  /** New, or the cancellation of what was reported before. */
  readonly status: 'NEWT' | 'CANC'
  /** How often the trade was corrected before: 0 for the trade as it was made. */
  readonly version: number
  readonly own: OrderEvent
  /** Behind its order. */
  readonly parties: Parties
  /** As it counts: ticks and lots. */
  readonly price: number
  readonly quantity: number
}

type Field = (side: ReportedSide) => string | null
const none: Field = () => null

/**
 * Fields of Commission Delegated Regulation (EU) 2017/590, annex I, table 2, by their numbers and names there, from the view of the
 * member: docs/regulators.md says what each is made of. Names and dates of birth are not in the books: parties are LEIs, or opaque ids of
 * natural persons. Fields 42 to 56 do not apply to what is executed on a trading venue.
 */
export const transactionFields: Readonly<Record<string, Field>> = {
  '1_report_status': ({ status }) => status,
  '2_transaction_reference_number': ({ market, own, version }) =>
    `${tradeIdOf(market, own.execution?.trade ?? 0)}${isSell(own.flags) ? 'S' : 'B'}${version === 0 ? '' : version}`,
  '3_trading_venue_transaction_identification_code': ({ market, own }) =>
    tradeIdOf(market, own.execution?.trade ?? 0),
  '4_executing_entity_identification_code': ({ parties }) => parties.member.lei ?? null,
  '5_investment_firm_covered_by_directive_2014_65_eu': ({ parties: { member } }) =>
    member.investment_firm === undefined ? null : String(member.investment_firm),
  '6_submitting_entity_identification_code': ({ parties }) => parties.venue?.operator_lei ?? null,
  '7_buyer_identification_code': (side) => (isSell(side.own.flags) ? otherOf(side) : ownOf(side)),
  '8_country_of_the_branch_for_the_buyer': (side) => (isSell(side.own.flags) ? null : clientBranch(side)),
  '9_buyer_first_names': none,
  '10_buyer_surnames': none,
  '11_buyer_date_of_birth': none,
  '12_buyer_decision_maker_code': (side) => (isSell(side.own.flags) ? null : decisionMaker(side)),
  '13_buy_decision_maker_first_names': none,
  '14_buy_decision_maker_surnames': none,
  '15_buy_decision_maker_date_of_birth': none,
  '16_seller_identification_code': (side) => (isSell(side.own.flags) ? ownOf(side) : otherOf(side)),
  '17_country_of_the_branch_for_the_seller': (side) => (isSell(side.own.flags) ? clientBranch(side) : null),
  '18_seller_first_names': none,
  '19_seller_surnames': none,
  '20_seller_date_of_birth': none,
  '21_seller_decision_maker_code': (side) => (isSell(side.own.flags) ? decisionMaker(side) : null),
  '22_sell_decision_maker_first_names': none,
  '23_sell_decision_maker_surnames': none,
  '24_sell_decision_maker_date_of_birth': none,
  '25_transmission_of_order_indicator': () => 'false',
  '26_transmitting_firm_identification_code_for_the_buyer': none,
  '27_transmitting_firm_identification_code_for_the_seller': none,
  '28_trading_date_time': ({ own }) => isoOfMicros(own.at_us),
  '29_trading_capacity': ({ parties }) => parties.capacity,
  '30_quantity': ({ market, quantity }) => quantityOf(market, quantity),
  '31_quantity_currency': none,
  '32_derivative_notional_increase_decrease': none,
  '33_price': ({ market, price }) => priceOf(market, price),
  '34_price_currency': ({ market }) => currencyOf(market.quote),
  '35_net_amount': none,
  '36_venue': ({ parties }) => parties.venue?.mic ?? null,
  '37_country_of_the_branch_membership': ({ parties }) => parties.member.country ?? null,
  '38_up_front_payment': none,
  '39_up_front_payment_currency': none,
  '40_complex_trade_component_id': none,
  '41_instrument_identification_code': ({ instrument }) => instrument.isin,
  '42_instrument_full_name': none,
  '43_instrument_classification': none,
  '44_notional_currency_1': none,
  '45_notional_currency_2': none,
  '46_price_multiplier': none,
  '47_underlying_instrument_code': none,
  '48_underlying_index_name': none,
  '49_term_of_the_underlying_index': none,
  '50_option_type': none,
  '51_strike_price': none,
  '52_strike_price_currency': none,
  '53_option_exercise_style': none,
  '54_maturity_date': none,
  '55_expiry_date': none,
  '56_delivery_type': none,
  '57_investment_decision_within_firm': ({ parties: { route } }) =>
    route.investment_decision !== undefined && 'client' in route.investment_decision
      ? null
      : deciderCode(route.investment_decision),
  '58_country_of_the_branch_supervising_the_person_responsible_for_the_investment_decision': ({
    parties: { route, member },
  }) => branchOf(route.investment_decision, member.country),
  '59_execution_within_firm': ({ parties }) => deciderCode(parties.route.execution),
  '60_country_of_the_branch_supervising_the_person_responsible_for_the_execution': ({
    parties: { route, member },
  }) => branchOf(route.execution, member.country),
  '61_waiver_indicator': none,
  '62_short_selling_indicator': (side) => shortSelling(side),
  '63_otc_post_trade_indicator': none,
  '64_commodity_derivative_indicator': none,
  '65_securities_financing_transaction_indicator': () => 'false',
}

/** All that a cancellation says: which report is withdrawn, whose it was, and who says so. */
const ofCancellations = new Set([
  '1_report_status',
  '2_transaction_reference_number',
  '4_executing_entity_identification_code',
  '6_submitting_entity_identification_code',
])

export function transactionRowOf(side: ReportedSide): Record<string, string | null> {
  const applies = (name: string): boolean => side.status === 'NEWT' || ofCancellations.has(name)
  return Object.fromEntries(
    Object.entries(transactionFields).map(([name, field]) => [name, applies(name) ? field(side) : null]),
  )
}

/** Who bought or sold: the client, or the member where it is between both, or trades for itself. */
function ownOf({ parties: { capacity, client, member } }: ReportedSide): string | null {
  if (capacity !== 'AOTC') return member.lei ?? null
  if (client !== undefined && 'several' in client) return client.several === 'AGGR' ? 'INTC' : null
  return partyCode(client)
}

/** Members do not learn whom they trade with: it is the counterparty in the middle, or else the market. */
function otherOf({ parties: { venue } }: ReportedSide): string | null {
  return venue?.ccp_lei ?? venue?.mic ?? null
}

/** Only where there is a client. */
function clientBranch({ parties: { capacity, holder, member } }: ReportedSide): string | null {
  return capacity === 'AOTC' ? (holder.client_branch_country ?? member.country ?? null) : null
}

function decisionMaker({ parties: { capacity, holder } }: ReportedSide): string | null {
  return capacity === 'AOTC' ? partyCode(holder.decision_maker) : null
}

/**
 * Of sales of what Regulation (EU) No 236/2012 covers: shares and sovereign debt, as far as the instrument's class says. What may be
 * sold is known, and what is sold short is marked; so a sale that is not is none.
 */
function shortSelling({ own, instrument, parties }: ReportedSide): string | null {
  if (!isSell(own.flags) || (instrument.cfi !== null && !/^[ED]/.test(instrument.cfi))) return null
  if (decodeTerms(own.flags)?.short !== true) return 'SELL'
  return parties.holder.short_selling_exempt === true ? 'SSEX' : 'SESH'
}
