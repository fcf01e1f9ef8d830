import { defineCommand, defineQuery, NullableTime, Refusal, type Unit, type View } from '@florin/kernel'
import { type TProperties, Type } from 'typebox'
import { breakerFault, type Policies, type PolicyKind } from '../domain/supervision.ts'
import { MarketCode, Price, strict } from '../schemas.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { currentPolicy, insertPolicy, type PolicyRecord } from '../store/policies.ts'
import { lockWatch, updateWatch } from '../store/watches.ts'
import { demandReason, ticksOrRefuse } from './requests.ts'

const place = { market: MarketCode }

const markingFields = {
  source: Type.Enum(['operator', 'last_trade', 'mid'], {
    description:
      'last_trade: the price of the last trade; mid: half way between the best bid and ask, rounded down to a tick, in continuous trading; operator: exchange.market.mark only',
  }),
  interval_ms: Type.Integer({
    minimum: 100,
    maximum: 3_600_000,
    description: 'At most one mark in so many milliseconds',
  }),
}

const liquidationFields = {
  enabled: Type.Boolean({ description: 'Whether the market closes positions by itself' }),
  call_s: Type.Integer({
    minimum: 0,
    maximum: 30 * 86_400,
    description: 'Seconds in which a margin call is to be met; afterwards the position is closed',
  }),
  slippage: {
    ...Price,
    pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,12})?$',
    description: 'How far beyond the mark positions may be closed',
  },
  interval_ms: Type.Integer({
    minimum: 100,
    maximum: 3_600_000,
    description: 'Milliseconds between two rounds of orders for an account',
  }),
}

const breakerFields = {
  steps: Type.Array(
    strict(
      {
        move_ppm: Type.Integer({
          minimum: 1,
          maximum: 1_000_000,
          description: 'Millionths of the reference price; the move counts when it is reached',
        }),
        halt_s: Type.Union([Type.Integer({ minimum: 1, maximum: 86_400 }), Type.Null()], {
          description: 'Seconds of the halt; null: the rest of the day',
        }),
        within_s: Type.Optional(
          Type.Union([Type.Integer({ minimum: 0, maximum: 86_400 }), Type.Null()], {
            description: 'Counts up to so many seconds after the day’s trading began; null: at any time',
          }),
        ),
      },
      { title: 'BreakerStep' },
    ),
    { maxItems: 10, description: 'From the smallest move to the largest; none: no circuit breaker' },
  ),
  rises: Type.Boolean({ description: 'Whether rises count as falls do' }),
  auction_s: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    description:
      'Seconds of the auction with which trading begins again, also after a volatility auction; 0: at once, and volatility auctions end by hand',
  }),
}

const versionFields = {
  version: Type.Integer({ minimum: 0, description: '0: nothing was set, and this is what holds' }),
  set_at: NullableTime,
  set_by: Type.Union([Type.String(), Type.Null()]),
}

const MarkingView = viewOf(markingFields, 'MarkingPolicy')
const LiquidationView = viewOf(liquidationFields, 'LiquidationPolicy')
const BreakerView = viewOf(breakerFields, 'CircuitBreaker')

function viewOf<P extends TProperties>(fields: P, title: string) {
  return strict({ ...place, ...fields, ...versionFields }, { title })
}

export const setMarking = defineCommand({
  name: 'exchange.marking.set',
  summary: 'Say where a market gets its marks from',
  description:
    'Positions are valued at the mark: daily losses, drawdowns and margins are judged when it is set. A new one is set where the price is another, or accounts changed since the last.',
  http: { method: 'PUT', path: '/v1/exchange/markets/{market}/marking' },
  input: strict({ ...place, ...markingFields }),
  output: MarkingView,
  permission: 'exchange.marking.set',
  refusals: ['market_not_found', 'reason_required'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', source: 'last_trade', interval_ms: 1_000 },
    reason: 'The market is liquid enough',
  },
  async run(unit, { market: code, ...policy }) {
    return versionView(code, await setPolicy(unit, await findMarket(unit.db, code), 'marking', policy))
  },
})

export const getMarking = defineQuery({
  name: 'exchange.marking.get',
  summary: 'Show where a market gets its marks from',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/marking' },
  input: strict(place),
  output: MarkingView,
  permission: 'exchange.marking.get',
  refusals: ['market_not_found'],
  example: { after: ['exchange.marking.set'], input: { market: 'USDC-EUR' } },
  run: (view, { market }) => showPolicy(view, market, 'marking'),
})

export const setLiquidation = defineCommand({
  name: 'exchange.liquidation.set',
  summary: 'Say whether and how a market closes positions whose margin does not suffice',
  description:
    'Off unless it is set. Accounts below their liquidation margin, or called and not back in time, have their orders cancelled and as much of their position closed as brings their equity back to the initial margin.',
  http: { method: 'PUT', path: '/v1/exchange/markets/{market}/liquidation' },
  input: strict({ ...place, ...liquidationFields }),
  output: LiquidationView,
  permission: 'exchange.liquidation.set',
  refusals: ['market_not_found', 'reason_required', 'market_value_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', enabled: true, call_s: 3_600, slippage: '0.0100', interval_ms: 1_000 },
    reason: 'Agreed in the margin rules',
  },
  async run(unit, { market: code, ...policy }) {
    const market = await findMarket(unit.db, code)
    ticksOrRefuse(market, policy.slippage)
    return versionView(code, await setPolicy(unit, market, 'liquidation', policy))
  },
})

export const getLiquidation = defineQuery({
  name: 'exchange.liquidation.get',
  summary: 'Show whether and how a market closes positions by itself',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/liquidation' },
  input: strict(place),
  output: LiquidationView,
  permission: 'exchange.liquidation.get',
  refusals: ['market_not_found'],
  example: { after: ['exchange.liquidation.set'], input: { market: 'USDC-EUR' } },
  run: (view, { market }) => showPolicy(view, market, 'liquidation'),
})

export const setBreaker = defineCommand({
  name: 'exchange.breaker.set',
  summary: 'Set a market’s circuit breaker',
  description:
    'A trade that is a step away from the reference price halts the market; each step counts once a day. Afterwards trading begins again with an auction. A new version begins with all its steps.',
  http: { method: 'PUT', path: '/v1/exchange/markets/{market}/breaker' },
  input: strict({ ...place, ...breakerFields }),
  output: BreakerView,
  permission: 'exchange.breaker.set',
  refusals: ['market_not_found', 'reason_required', 'breaker_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: {
      market: 'USDC-EUR',
      steps: [
        { move_ppm: 70_000, halt_s: 900, within_s: 21_300 },
        { move_ppm: 200_000, halt_s: null },
      ],
      rises: true,
      auction_s: 120,
    },
    reason: 'Rules of the venue',
    refused: {
      breaker_invalid: {
        market: 'USDC-EUR',
        steps: [
          { move_ppm: 200_000, halt_s: null },
          { move_ppm: 70_000, halt_s: 900 },
        ],
        rises: true,
        auction_s: 120,
      },
    },
  },
  async run(unit, { market: code, ...given }) {
    const market = await findMarket(unit.db, code)
    const steps = given.steps.map((step) => ({ ...step, within_s: step.within_s ?? null }))
    const fault = breakerFault({ steps })
    if (fault !== undefined) throw new Refusal('breaker_invalid', fault)
    return breakerView(code, await setPolicy(unit, market, 'breaker', { ...given, steps }))
  },
})

export const getBreaker = defineQuery({
  name: 'exchange.breaker.get',
  summary: 'Show a market’s circuit breaker',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/breaker' },
  input: strict(place),
  output: BreakerView,
  permission: 'exchange.breaker.get',
  refusals: ['market_not_found'],
  example: { after: ['exchange.breaker.set'], input: { market: 'USDC-EUR' } },
  async run(view, { market: code }) {
    const market = await findMarket(view.db, code)
    return breakerView(code, await currentPolicy(view.db, market.id, 'breaker'))
  },
})

/** Whoever supervises the market looks at it at once. */
async function setPolicy<K extends PolicyKind>(
  unit: Unit,
  market: MarketRecord,
  kind: K,
  policy: Policies[K],
): Promise<PolicyRecord<K>> {
  demandReason(unit, 'How a market acts by itself is changed only for a reason')
  const watch = await lockWatch(unit.db, market.id)
  const before = await currentPolicy(unit.db, market.id, kind)
  const record = await insertPolicy(unit, market.id, kind, policy)
  await updateWatch(unit.db, market.id, { ...watch, alarmUs: unit.clock.now() * 1_000 })
  unit.changed({ subject: market.code, before: before.policy, after: policy })
  return record
}

async function showPolicy<K extends PolicyKind>(view: View, code: string, kind: K) {
  const market = await findMarket(view.db, code)
  return versionView(code, await currentPolicy(view.db, market.id, kind))
}

function versionView<K extends PolicyKind>(market: string, record: PolicyRecord<K>) {
  const { policy, version, setAt, setBy } = record
  return { market, ...policy, version, set_at: setAt?.toISOString() ?? null, set_by: setBy ?? null }
}

function breakerView(market: string, record: PolicyRecord<'breaker'>) {
  const view = versionView(market, record)
  return { ...view, steps: [...view.steps] }
}
