import { decodeTerms, namesOf, orderFlags, phase } from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { priceOf, quantityOf } from '../domain/units.ts'
import type { AccountRecord } from '../store/accounts.ts'
import type { InstrumentRecord } from '../store/instruments.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { StoredEvent } from '../store/order-records.ts'

/** Where an event happened, and whose it was. */
export interface EventPlace {
  readonly market: MarketRecord
  readonly instrument: InstrumentRecord
  /** Undefined for a number that no account has. */
  readonly account: AccountRecord | undefined
}

/** What the regulation calls true and false. */
const flag = (value: boolean): string => (value ? 'true' : 'false')

const phaseNames = namesOf(phase)
/** Places of events in a command are below this: there are at most so many orders. */
const placesOfCommand = 2n ** 23n

type Terms = NonNullable<ReturnType<typeof decodeTerms>>

/** Table 2 of the annex, field 10. GTSV: good till a specified date and time. */
const validity: Readonly<Record<Terms['timeInForce'], string>> = {
  day: 'DAVY',
  goodTillCancelled: 'GTCV',
  goodTillDate: 'GTSV',
  immediate: 'IOCV',
  fillOrKill: 'FOKV',
}

/**
 * Fields of Commission Delegated Regulation (EU) 2017/580, annex, table 2, by their numbers. Persons are opaque ids: whoever
 * has to report them in clear looks them up where they are kept.
 */
type Field = (stored: StoredEvent, place: EventPlace, terms: Terms | undefined) => string | null

const none: Field = () => null

export const orderFields: Readonly<Record<string, Field>> = {
  '1_submitting_entity': (_, { account }) => account?.participant ?? null,
  '2_direct_electronic_access': none,
  '3_client_identification': (_, { account }) => account?.lei ?? account?.person ?? null,
  '4_investment_decision_within_firm': none,
  '5_execution_within_firm': none,
  '6_non_executing_broker': none,
  '7_trading_capacity': (_, { account }) => (account === undefined ? null : capacityOf(account)),
  '8_liquidity_provision': none,
  '9_date_and_time': ({ event }) => isoOfMicros(event.at_us),
  '10_validity_period': (_, __, terms) => (terms === undefined ? null : validity[terms.timeInForce]),
  '11_order_restriction': none,
  '12_validity_period_and_time': ({ event }) =>
    event.expiry_s === 0 ? null : isoOfMicros(event.expiry_s * 1_000_000),
  '13_priority_time_stamp': ({ event }) => isoOfMicros(event.priority_us),
  '14_priority_size': ({ event }, { market }) => quantityOf(market, event.displayed),
  '15_sequence_number': ({ event }) => String(BigInt(event.seq) * placesOfCommand + BigInt(event.place)),
  '16_segment_mic': none,
  '17_order_book_code': (_, { market }) => market.code,
  '18_financial_instrument': (_, { instrument }) => instrument.isin ?? instrument.code,
  '19_date_of_receipt': ({ event }) => isoOfMicros(event.received_us),
  '20_order_identification': ({ event }) => (event.orderId === null ? null : String(event.orderId)),
  '21_event': ({ event }) => event.event,
  '22_order_type': (_, __, terms) => (terms === undefined ? null : snake(terms.type)),
  '23_order_type_classification': (_, __, terms) =>
    terms === undefined ? null : isStop(terms) ? 'STOP' : 'LMTO',
  '24_limit_price': ({ event }, { market }, terms) =>
    event.price === null || terms?.type === 'trailingStop' ? null : priceOf(market, event.price),
  '25_additional_limit_price': none,
  '26_stop_price': ({ event }, { market }, terms) =>
    terms !== undefined && isStop(terms) ? priceOf(market, event.stop) : null,
  '27_pegged_limit_price': none,
  '28_transaction_price': ({ event }, { market }) =>
    event.execution === null ? null : priceOf(market, event.execution.price),
  '29_price_currency': (_, { market }) => market.quote,
  '30_currency_of_leg_2': none,
  '31_price_notation': () => 'MONE',
  '32_buy_sell_indicator': ({ event }) => (isSell(event.flags) ? 'SELL' : 'BUYI'),
  '33_order_status': ({ event }) => (event.active && event.leaves > 0 ? 'ACTI' : 'INAC'),
  '34_quantity_notation': () => 'UNIT',
  '35_quantity_currency': none,
  '36_initial_quantity': ({ event }, { market }) => quantityOf(market, event.initial),
  '37_remaining_quantity': ({ event }, { market }) => quantityOf(market, event.leaves),
  '38_displayed_quantity': ({ event }, { market }) => quantityOf(market, event.displayed),
  '39_traded_quantity': ({ event }, { market }) =>
    event.execution === null ? null : quantityOf(market, event.lots),
  '40_minimum_acceptable_quantity': ({ event }, { market }) =>
    event.minimum === 0 ? null : quantityOf(market, event.minimum),
  '41_minimum_executable_size': none,
  '42_mes_first_execution_only': none,
  '43_passive_only': (_, __, terms) => (terms === undefined ? null : flag(terms.postOnly !== 'no')),
  '44_passive_or_aggressive': ({ event }) => event.execution?.liquidity ?? null,
  '45_self_execution_prevention': (_, __, terms) =>
    terms === undefined ? null : flag(terms.selfTrade !== 'allow'),
  '46_strategy_linked_order': none,
  '47_routing_strategy': none,
  '48_transaction_identification': ({ event }, { market }) =>
    event.execution === null ? null : tradeIdOf(market, event.execution.trade),
  '49_trading_phase': ({ event }) => snake(phaseNames.known(event.phase)),
  '50_indicative_auction_price': ({ indicative }, { market }) =>
    indicative === undefined || indicative.price === null ? null : priceOf(market, indicative.price),
  '51_indicative_auction_volume': ({ indicative }, { market }) =>
    indicative === undefined ? null : quantityOf(market, indicative.volume),
}

/** An event in the fields of the regulation. */
export function orderRecordOf(stored: StoredEvent, place: EventPlace): Record<string, string | null> {
  const terms = decodeTerms(stored.event.flags)
  return Object.fromEntries(
    Object.entries(orderFields).map(([name, field]) => [name, field(stored, place, terms)]),
  )
}

/** Field 7 and its like: DEAL on own account, AOTC in any other capacity. */
export function capacityOf(account: AccountRecord): 'DEAL' | 'AOTC' {
  return account.capacity === 'house' ? 'DEAL' : 'AOTC'
}

/** Of a trade, the same for both sides. Letters and digits, as the regulations want it. */
export function tradeIdOf(market: Pick<MarketRecord, 'code'>, trade: number): string {
  return `${market.code.replaceAll(/[^A-Z0-9]/g, '')}T${trade}`
}

export function isSell(flags: number): boolean {
  return ((flags >>> orderFlags.side.shift) & 1) === 1
}

function isStop({ type }: Terms): boolean {
  return type === 'stop' || type === 'stopLimit' || type === 'trailingStop'
}
