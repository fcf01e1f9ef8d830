import { defineCommand, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import { enginePhases, type PhaseName, phaseNames } from '../domain/phase-names.ts'
import { AccountCode, MarketCode, Price, SessionCode, strict } from '../schemas.ts'
import { findAccount } from '../store/accounts.ts'
import { lockSetup } from '../store/market-changes.ts'
import { findMarket, listMarkets } from '../store/markets.ts'
import { findSession } from '../store/sessions.ts'
import { ask, demandReason, requestFields, ticksOrRefuse } from './requests.ts'

export const PhaseSchema = Type.Enum(phaseNames, {
  description:
    'In the auctions and in pre_open orders are collected; continuous trades; cancel_only takes nothing new',
})

export const RequestView = strict(requestFields, { title: 'MarketRequest' })

/** Phases that take something away from those who trade. */
const exceptional: readonly PhaseName[] = ['halted', 'cancel_only', 'volatility_auction']

export const setPhase = defineCommand({
  name: 'exchange.market.phase',
  summary: 'Move a market to a phase',
  description:
    'Going to continuous, or from an auction to closed, uncrosses the book at the auction price. Phases outside the day’s order (halted, cancel_only, volatility_auction) need a reason.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/phase' },
  approval: 'named',
  input: strict({
    market: MarketCode,
    phase: PhaseSchema,
    reference: Type.Optional({ ...Price, description: 'The auction price nearest to it is taken' }),
  }),
  output: RequestView,
  permission: 'exchange.market.phase',
  refusals: ['market_not_found', 'reason_required', 'market_value_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', phase: 'opening_auction' },
    refused: { reason_required: { market: 'USDC-EUR', phase: 'halted' } },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    if (exceptional.includes(input.phase)) demandReason(unit, `A market is ${input.phase} only for a reason`)
    const reference = input.reference === undefined ? {} : { price: ticksOrRefuse(market, input.reference) }
    // So that a circuit breaker knows of it before it lets trading begin again.
    await lockSetup(unit, market.id)
    unit.changed({ subject: market.code, before: null, after: { phase: input.phase } })
    return ask(unit, market, [{ command: 'phase', phase: enginePhases[input.phase], ...reference }])
  },
})

export const setReference = defineCommand({
  name: 'exchange.market.reference',
  summary: 'Set the reference price of a market',
  description: 'Price bands, collars and auctions refer to it.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/reference' },
  input: strict({ market: MarketCode, price: Price }),
  output: RequestView,
  permission: 'exchange.market.reference',
  refusals: ['market_not_found', 'market_value_invalid'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR', price: '0.9250' } },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const price = ticksOrRefuse(market, input.price)
    unit.changed({ subject: market.code, before: null, after: { reference: input.price } })
    return ask(unit, market, [{ command: 'reference', price }])
  },
})

export const setMark = defineCommand({
  name: 'exchange.market.mark',
  summary: 'Set the mark of a market: the price at which positions are valued',
  description: 'Accounts whose limits it breaks are halted, called, or marked for liquidation.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/mark' },
  input: strict({ market: MarketCode, price: Price }),
  output: RequestView,
  permission: 'exchange.market.mark',
  refusals: ['market_not_found', 'market_value_invalid'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR', price: '0.9251' } },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const price = ticksOrRefuse(market, input.price)
    unit.changed({ subject: market.code, before: null, after: { mark: input.price } })
    return ask(unit, market, [{ command: 'mark', price }])
  },
})

export const switchKill = defineCommand({
  name: 'exchange.market.kill',
  summary: 'Throw the kill switch, or take it back: for everybody, an account, or a session',
  description:
    'While it is on, nothing new is taken from them; cancels pass. On one market or, where none is named, on all.',
  http: { method: 'POST', path: '/v1/exchange/kill' },
  approval: 'named',
  input: strict({
    market: Type.Optional(MarketCode),
    account: Type.Optional(AccountCode),
    session: Type.Optional({ ...SessionCode, description: 'The session; not together with an account' }),
    on: Type.Boolean(),
    cancel: Type.Optional(Type.Boolean({ description: 'Remove the orders that are there, too' })),
  }),
  output: strict({ requests: Type.Array(RequestView) }, { title: 'KillSwitch' }),
  permission: 'exchange.market.kill',
  refusals: [
    'market_not_found',
    'trading_account_not_found',
    'session_not_found',
    'market_value_invalid',
    'reason_required',
  ],
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { market: 'USDC-EUR', account: 'alice', on: true, cancel: true },
    reason: 'Orders out of control',
  },
  async run(unit, input) {
    const markets =
      input.market === undefined ? await listMarkets(unit.db) : [await findMarket(unit.db, input.market)]
    const account = input.account === undefined ? 0 : Number((await findAccount(unit.db, input.account)).id)
    const session = input.session === undefined ? 0 : Number((await findSession(unit.db, input.session)).id)
    if (account > 0 && session > 0)
      throw new Refusal('market_value_invalid', 'An account or a session, not both')
    demandReason(unit, 'The kill switch needs a reason')
    const cancel = input.cancel ?? false
    const requests = []
    for (const market of markets)
      requests.push(await ask(unit, market, [{ command: 'kill', account, session, on: input.on, cancel }]))
    const subject = input.account ?? input.session ?? input.market ?? 'all markets'
    unit.changed({ subject, before: null, after: { killed: input.on, cancel } })
    unit.emit({ type: 'exchange.kill.switched', subject, data: { ...input } })
    return { requests }
  },
})
