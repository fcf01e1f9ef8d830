import { decodeTerms } from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { priceOf, quantityOf } from '../domain/units.ts'
import type { AccountRecord } from '../store/accounts.ts'
import type { InstrumentRecord } from '../store/instruments.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { OrderEvent } from './order-event.ts'
import { capacityOf, isSell, tradeIdOf } from './rts24.ts'

/** One side of a trade as it is to be reported. */
export interface ReportedSide {
  readonly market: MarketRecord
  readonly instrument: InstrumentRecord
  /** New, or the cancellation of what was reported before. */
  readonly status: 'NEWT' | 'CANC'
  /** How often the trade was corrected before: 0 for the trade as it was made. */
  readonly version: number
  readonly own: OrderEvent
  readonly account: AccountRecord
  readonly other: AccountRecord
  /** As it counts: ticks and lots. */
  readonly price: number
  readonly quantity: number
}

type Field = (side: ReportedSide) => string | null
const none: Field = () => null

/**
 * Fields of Commission Delegated Regulation (EU) 2017/590, annex I, table 2, by their numbers. Names and dates of birth are
 * not in the books: parties are LEIs, or opaque ids of natural persons.
 */
export const transactionFields: Readonly<Record<string, Field>> = {
  '1_report_status': ({ status }) => status,
  '2_transaction_reference': ({ market, own, version }) =>
    `${tradeIdOf(market, own.execution?.trade ?? 0)}${isSell(own.flags) ? 'S' : 'B'}${version === 0 ? '' : version}`,
  '3_venue_transaction_identification': ({ market, own }) => tradeIdOf(market, own.execution?.trade ?? 0),
  '4_executing_entity': ({ account }) => account.participant,
  '5_investment_firm': none,
  '6_submitting_entity': none,
  '7_buyer': (side) => partyOf(isSell(side.own.flags) ? side.other : side.account),
  '8_buyer_branch_country': none,
  '9_buyer_first_names': none,
  '10_buyer_surnames': none,
  '11_buyer_date_of_birth': none,
  '12_buyer_decision_maker': none,
  '13_buyer_decision_maker_first_names': none,
  '14_buyer_decision_maker_surnames': none,
  '15_buyer_decision_maker_date_of_birth': none,
  '16_seller': (side) => partyOf(isSell(side.own.flags) ? side.account : side.other),
  '17_seller_branch_country': none,
  '18_seller_first_names': none,
  '19_seller_surnames': none,
  '20_seller_date_of_birth': none,
  '21_seller_decision_maker': none,
  '22_seller_decision_maker_first_names': none,
  '23_seller_decision_maker_surnames': none,
  '24_seller_decision_maker_date_of_birth': none,
  '25_transmission_of_order': () => 'false',
  '26_transmitting_firm_buyer': none,
  '27_transmitting_firm_seller': none,
  '28_trading_date_time': ({ own }) => isoOfMicros(own.at_us),
  '29_trading_capacity': ({ account }) => capacityOf(account),
  '30_quantity': ({ market, quantity }) => quantityOf(market, quantity),
  '31_quantity_currency': none,
  '32_derivative_notional_change': none,
  '33_price': ({ market, price }) => priceOf(market, price),
  '34_price_currency': ({ market }) => market.quote,
  '35_net_amount': none,
  '36_venue': ({ market }) => market.code,
  '37_branch_membership_country': none,
  '38_up_front_payment': none,
  '39_up_front_payment_currency': none,
  '40_complex_trade_component': none,
  '41_instrument': ({ instrument }) => instrument.isin ?? instrument.code,
  '42_instrument_full_name': ({ instrument }) => instrument.name,
  '43_instrument_classification': ({ instrument }) => instrument.cfi,
  '44_notional_currency_1': none,
  '45_notional_currency_2': none,
  '46_price_multiplier': none,
  '47_underlying_instrument': none,
  '48_underlying_index_name': none,
  '49_underlying_index_term': none,
  '50_option_type': none,
  '51_strike_price': none,
  '52_strike_price_currency': none,
  '53_option_exercise_style': none,
  '54_maturity_date': none,
  '55_expiry_date': none,
  '56_delivery_type': none,
  '57_investment_decision_within_firm': none,
  '58_decision_branch_country': none,
  '59_execution_within_firm': none,
  '60_execution_branch_country': none,
  '61_waiver_indicator': none,
  '62_short_selling_indicator': ({ own }) =>
    isSell(own.flags) ? (decodeTerms(own.flags)?.short === true ? 'SESH' : 'SELL') : null,
  '63_otc_post_trade_indicator': none,
  '64_commodity_derivative_indicator': none,
  '65_securities_financing_transaction': () => 'false',
}

export function transactionRowOf(side: ReportedSide): Record<string, string | null> {
  return Object.fromEntries(Object.entries(transactionFields).map(([name, field]) => [name, field(side)]))
}

/** Who is behind an account: its LEI, an opaque id, or, trading for itself, the member. */
function partyOf(account: AccountRecord): string {
  return account.lei ?? account.person ?? account.participant
}
