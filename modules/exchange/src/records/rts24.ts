import { formatDecimal, roundQuotient } from '@florin/money'
import { decodeTerms, namesOf, orderFlags, phase } from '@florin/orderbook'
import type { Decider, Venue } from '../domain/identification.ts'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { priceOf, quantityOf } from '../domain/units.ts'
import type { InstrumentRecord } from '../store/instruments.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { StoredEvent } from '../store/order-records.ts'
import { deciderCode, type Parties, partyCode } from './identities.ts'
import type { PhaseEvent } from './order-event.ts'

/** Where an event happened, and who was behind it. */
export interface EventPlace {
  readonly market: MarketRecord
  readonly instrument: InstrumentRecord
  /** Undefined for a number that no account has. */
  readonly parties: Parties | undefined
}

/** What the regulation calls true and false. */
const flag = (value: boolean): string => (value ? 'true' : 'false')
const flagOf = (value: boolean | undefined): string | null => (value === undefined ? null : flag(value))

const phaseNames = namesOf(phase)
/** Places of events in a command are below this: there are at most so many orders. */
const placesOfCommand = 2n ** 23n
/** Letters of an order book's code, at most. */
const longestBookCode = 20
/** Decimals of an indicative price, at most. */
const indicativeDecimals = 5

type Terms = NonNullable<ReturnType<typeof decodeTerms>>

/** Field 10. GTSV: good till a specified date and time. */
const validity: Readonly<Record<Terms['timeInForce'], string>> = {
  day: 'DAVY',
  goodTillCancelled: 'GTCV',
  goodTillDate: 'GTSV',
  immediate: 'IOCV',
  fillOrKill: 'FOKV',
}

type Field = (stored: StoredEvent, place: EventPlace, terms: Terms | undefined) => string | null

const none: Field = () => null

/**
 * Fields of Commission Delegated Regulation (EU) 2017/580, annex, table 2, by their numbers and names there: docs/regulators.md
 * says what each is made of. Persons are opaque ids: whoever has to report them in clear looks them up where they are kept.
 */
export const orderFields: Readonly<Record<string, Field>> = {
  '1_identification_of_the_entity_which_submitted_the_order': (_, { parties }) => parties?.member.lei ?? null,
  '2_direct_electronic_access': (_, { parties }) => flagOf(parties?.route.direct_electronic_access),
  '3_client_identification_code': (_, { parties }) => clientCode(parties),
  '4_investment_decision_within_firm': (_, { parties }) => withinFirm(parties?.route.investment_decision),
  '5_execution_within_firm': (_, { parties }) => deciderCode(parties?.route.execution),
  '6_non_executing_broker': (_, { parties }) => parties?.route.non_executing_broker ?? null,
  '7_trading_capacity': (_, { parties }) => parties?.capacity ?? null,
  '8_liquidity_provision_activity': (_, { parties }) => flagOf(parties?.route.liquidity_provision),
  '9_date_and_time': ({ event }) => isoOfMicros(event.at_us),
  '10_validity_period': (_, __, terms) => (terms === undefined ? null : validity[terms.timeInForce]),
  '11_order_restriction': none,
  '12_validity_period_and_time': ({ event }, _, terms) => validUntil(event, terms),
  '13_priority_time_stamp': ({ event }) => isoOfMicros(event.priority_us),
  // Only where size comes before time.
  '14_priority_size': none,
  '15_sequence_number': ({ event }) => sequenceOf(event),
  '16_segment_mic_code': (_, { parties }) => parties?.venue?.mic ?? null,
  '17_order_book_code': (_, { market }) => bookCode(market),
  '18_financial_instrument_identification_code': (_, { instrument }) => instrument.isin,
  '19_date_of_receipt': ({ event }) => dateOf(event.received_us),
  '20_order_identification_code': ({ event }) => orderCode(event),
  '21_event': ({ event }) => event.event,
  '22_order_type': (_, __, terms) => (terms === undefined ? null : snake(terms.type)),
  '23_order_type_classification': (_, __, terms) =>
    terms === undefined ? null : isStop(terms) ? 'STOP' : 'LMTO',
  // Of a trailing stop it is a distance until it is triggered.
  '24_limit_price': ({ event }, { market }, terms) =>
    event.price === null || (terms?.type === 'trailingStop' && !event.active)
      ? null
      : priceOf(market, event.price),
  '25_additional_limit_price': none,
  '26_stop_price': ({ event }, { market }, terms) =>
    terms !== undefined && isStop(terms) ? priceOf(market, event.stop) : null,
  '27_pegged_limit_price': none,
  '28_transaction_price': ({ event }, { market }) =>
    event.execution === null ? null : priceOf(market, event.execution.price),
  '29_price_currency': (_, { market }) => currencyOf(market.quote),
  '30_currency_of_leg_2': none,
  '31_price_notation': () => 'MONE',
  '32_buy_sell_indicator': ({ event }) => (isSell(event.flags) ? 'SELL' : 'BUYI'),
  '33_order_status': ({ event }) => (event.active && event.leaves > 0 ? 'ACTI' : 'INAC'),
  '34_quantity_notation': () => 'UNIT',
  '35_quantity_currency': none,
  '36_initial_quantity': ({ event }, { market }) => quantityOf(market, event.initial),
  '37_remaining_quantity_including_hidden': ({ event }, { market }) => quantityOf(market, event.leaves),
  '38_displayed_quantity': ({ event }, { market }) => quantityOf(market, event.displayed),
  '39_traded_quantity': ({ event }, { market }) =>
    event.execution === null ? null : quantityOf(market, event.lots),
  '40_minimum_acceptable_quantity': ({ event }, { market }) =>
    event.minimum === 0 ? null : quantityOf(market, event.minimum),
  '41_minimum_executable_size': none,
  '42_mes_first_execution_only': none,
  '43_passive_only_indicator': (_, __, terms) => (terms === undefined ? null : flag(terms.postOnly !== 'no')),
  '44_passive_or_aggressive_indicator': ({ event }) => event.execution?.liquidity ?? null,
  '45_self_execution_prevention': (_, __, terms) =>
    terms === undefined ? null : flag(terms.selfTrade !== 'allow'),
  '46_strategy_linked_order_identification': none,
  '47_routing_strategy': none,
  '48_trading_venue_transaction_identification_code': ({ event }, { market }) =>
    event.execution === null ? null : tradeIdOf(market, event.execution.trade),
  '49_trading_phases': ({ event }) => snake(phaseNames.known(event.phase)),
  '50_indicative_auction_price': ({ indicative }, { market }) =>
    indicative === undefined || indicative.price === null ? null : indicativePrice(market, indicative.price),
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

/** What a market did as a whole, and where. */
export interface PhasePlace {
  readonly market: MarketRecord
  readonly instrument: InstrumentRecord
  readonly venue: Venue | undefined
}

/** Section K by itself: article 13(2) wants fields 9 and 15 to 18 with it. */
export const phaseFields: Readonly<Record<string, (event: PhaseEvent, place: PhasePlace) => string | null>> =
  {
    '9_date_and_time': ({ at_us }) => isoOfMicros(at_us),
    '15_sequence_number': (event) => sequenceOf(event),
    '16_segment_mic_code': (_, { venue }) => venue?.mic ?? null,
    '17_order_book_code': (_, { market }) => bookCode(market),
    '18_financial_instrument_identification_code': (_, { instrument }) => instrument.isin,
    '49_trading_phases': ({ phase: number }) => snake(phaseNames.known(number)),
    '50_indicative_auction_price': ({ kind, price }, { market }) =>
      kind !== 'indicative' || price === null ? null : indicativePrice(market, price),
    '51_indicative_auction_volume': ({ kind, volume }, { market }) =>
      kind !== 'indicative' || volume === null ? null : quantityOf(market, volume),
  }

export function phaseRecordOf(event: PhaseEvent, place: PhasePlace): Record<string, string | null> {
  return Object.fromEntries(Object.entries(phaseFields).map(([name, field]) => [name, field(event, place)]))
}

/** Rising within a market, and different for each event of a kind. */
function sequenceOf({ seq, place }: { readonly seq: number; readonly place: number }): string {
  return String(BigInt(seq) * placesOfCommand + BigInt(place))
}

function bookCode(market: MarketRecord): string {
  return market.code.length <= longestBookCode ? market.code : String(market.id)
}

function indicativePrice(market: MarketRecord, ticks: number): string {
  return roundedTo(indicativeDecimals, priceOf(market, ticks))
}

function clientCode(parties: Parties | undefined): string | null {
  const client = parties?.client
  return client !== undefined && 'several' in client ? client.several : partyCode(client)
}

/** Left blank where nobody within the member decides. */
function withinFirm(decider: Decider | undefined): string | null {
  return decider !== undefined && 'client' in decider ? null : deciderCode(decider)
}

/** Field 12: when the order leaves the book at the latest; null where nothing but its owner ends it, or it never rests. */
function validUntil(
  { expiry_s, received_us }: StoredEvent['event'],
  terms: Terms | undefined,
): string | null {
  if (terms?.timeInForce === 'day') return `${dateOf(received_us)}T23:59:59.999999Z`
  return expiry_s === 0 ? null : isoOfMicros(expiry_s * 1_000_000)
}

/** Field 20: refused orders have a code, too; changes of orders that nobody knows have none. */
function orderCode({ event, orderId, seq }: StoredEvent['event']): string | null {
  if (orderId !== null) return String(orderId)
  return event === 'REMO' ? `R${seq}` : null
}

function dateOf(us: number): string {
  return isoOfMicros(us).slice(0, 10)
}

/** The regulations know currencies of ISO 4217 only. */
export function currencyOf(asset: string): string | null {
  return /^[A-Z]{3}$/.test(asset) ? asset : null
}

/** Half-even, where there are more decimals. */
function roundedTo(decimals: number, price: string): string {
  const surplus = (price.split('.')[1] ?? '').length - decimals
  if (surplus <= 0) return price
  const rounded = roundQuotient(BigInt(price.replace('.', '')), 10n ** BigInt(surplus), 'half-even')
  return formatDecimal(rounded, decimals)
}

/** Of a trade, the same for both sides, and told apart from every other one of the same operator. */
export function tradeIdOf(market: Pick<MarketRecord, 'id'>, trade: number): string {
  return `M${market.id}T${trade}`
}

export function isSell(flags: number): boolean {
  return ((flags >>> orderFlags.side.shift) & 1) === 1
}

function isStop({ type }: Terms): boolean {
  return type === 'stop' || type === 'stopLimit' || type === 'trailingStop'
}
