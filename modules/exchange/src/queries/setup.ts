import { Counter, type Db, defineList, defineQuery } from '@florin/kernel'
import { Type } from 'typebox'
import { InstrumentView, instrumentView } from '../commands/define-instrument.ts'
import { AccountView, accountView } from '../commands/open-account.ts'
import { MarketView, marketView } from '../commands/open-market.ts'
import { SessionView, sessionView } from '../commands/sessions.ts'
import { AccountCode, AssetCode, MarketCode, Opaque, SessionCode, strict } from '../schemas.ts'
import { accountsById, findAccount, listAccounts as readAccounts } from '../store/accounts.ts'
import { openHalt } from '../store/halts.ts'
import { readHead } from '../store/heads.ts'
import { findInstrument, listInstruments as readInstruments } from '../store/instruments.ts'
import { findMarket, listMarkets as readMarkets } from '../store/markets.ts'
import { findSession, listSessions as readSessions, type SessionRecord } from '../store/sessions.ts'
import { HaltView, haltView } from './halts.ts'

export const listInstruments = defineList({
  name: 'exchange.instrument.list',
  summary: 'List the instruments',
  http: { method: 'GET', path: '/v1/exchange/instruments' },
  input: strict({}),
  item: InstrumentView,
  permission: 'exchange.instrument.list',
  refusals: [],
  example: { after: ['exchange.instrument.define'], input: {} },
  async page(view, _input, page) {
    const records = await readInstruments(view.db, page.after?.[0] ?? '', page.fetch)
    return { rows: records.map((record) => ({ item: instrumentView(record), key: [record.code] })) }
  },
})

export const getInstrument = defineQuery({
  name: 'exchange.instrument.get',
  summary: 'Show an instrument',
  http: { method: 'GET', path: '/v1/exchange/instruments/{instrument}' },
  input: strict({ instrument: AssetCode }),
  output: InstrumentView,
  permission: 'exchange.instrument.get',
  refusals: ['instrument_not_found'],
  example: {
    after: ['exchange.instrument.define'],
    input: { instrument: 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48' },
  },
  async run(view, input) {
    return instrumentView(await findInstrument(view.db, input.instrument))
  },
})

export const listMarkets = defineList({
  name: 'exchange.market.list',
  summary: 'List the markets',
  http: { method: 'GET', path: '/v1/exchange/markets' },
  input: strict({}),
  item: MarketView,
  permission: 'exchange.market.list',
  refusals: [],
  example: { after: ['exchange.market.open'], input: {} },
  async page(view, _input, page) {
    const records = await readMarkets(view.db, page.after?.[0] ?? '', page.fetch)
    return { rows: records.map((record) => ({ item: marketView(record), key: [record.code] })) }
  },
})

export const getMarket = defineQuery({
  name: 'exchange.market.get',
  summary: 'Show a market as it was opened',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}' },
  input: strict({ market: MarketCode }),
  output: MarketView,
  permission: 'exchange.market.get',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async run(view, input) {
    return marketView(await findMarket(view.db, input.market))
  },
})

export const listAccounts = defineList({
  name: 'exchange.account.list',
  summary: 'List the trading accounts',
  http: { method: 'GET', path: '/v1/exchange/accounts' },
  input: strict({ participant: Type.Optional(Opaque) }),
  item: AccountView,
  permission: 'exchange.account.list',
  refusals: [],
  example: { after: ['exchange.account.open'], input: {} },
  async page(view, input, page) {
    const records = await readAccounts(view.db, input, page.after?.[0] ?? '', page.fetch)
    return { rows: records.map((record) => ({ item: accountView(record), key: [record.code] })) }
  },
})

export const getAccount = defineQuery({
  name: 'exchange.account.get',
  summary: 'Show a trading account',
  http: { method: 'GET', path: '/v1/exchange/accounts/{account}' },
  input: strict({ account: AccountCode }),
  output: AccountView,
  permission: 'exchange.account.get',
  refusals: ['trading_account_not_found'],
  example: { after: ['exchange.account.open'], input: { account: 'alice' } },
  async run(view, input) {
    return accountView(await findAccount(view.db, input.account))
  },
})

export const getMarketStatus = defineQuery({
  name: 'exchange.market.status',
  summary: 'Show who runs a market, where its journal ends, and whether trading is halted',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/status' },
  input: strict({ market: MarketCode }),
  output: strict(
    {
      market: MarketCode,
      owner: Type.Union([Type.String(), Type.Null()], {
        description: 'The process that runs it; null: none does',
      }),
      address: Type.Union([Type.String(), Type.Null()], { description: 'Where that process answers' }),
      epoch: { ...Counter, description: 'Counts its take-overs' },
      sequence: { ...Counter, description: 'Number of the last command' },
      stopped: Type.Union([Type.String(), Type.Null()], {
        description: 'Why it was stopped; null: it was not',
      }),
      rules: Type.Integer({
        minimum: 1,
        description: 'Version of the matching rules that its commands are carried out by',
      }),
      rules_after: { ...Counter, description: 'The last command of another version; 0: there was none' },
      halt: Type.Union([HaltView, Type.Null()], {
        description: 'The halt or volatility auction that the market is in; null: none that ends by itself',
      }),
    },
    { title: 'MarketStatus' },
  ),
  permission: 'exchange.market.status',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const head = await readHead(view.db, market.id)
    const halt = await openHalt(view.db, market.id)
    return {
      market: market.code,
      owner: head.owner ?? null,
      address: head.address ?? null,
      epoch: String(head.epoch),
      sequence: String(head.lastSeq),
      stopped: head.stopped ?? null,
      rules: head.rules,
      rules_after: String(head.rulesAfter),
      halt: halt === undefined ? null : haltView(market, halt),
    }
  },
})

export const listSessions = defineList({
  name: 'exchange.session.list',
  summary: 'List the sessions for order entry',
  http: { method: 'GET', path: '/v1/exchange/sessions' },
  input: strict({}),
  item: SessionView,
  permission: 'exchange.session.list',
  refusals: [],
  example: { after: ['exchange.session.open'], input: {} },
  async page(view, _input, page) {
    const records = await readSessions(view.db, page.after?.[0] ?? '', page.fetch)
    const codes = await accountCodes(view.db, records)
    return {
      rows: records.map((record) => ({ item: sessionView(record, codes(record)), key: [record.code] })),
    }
  },
})

export const getSession = defineQuery({
  name: 'exchange.session.get',
  summary: 'Show a session for order entry',
  http: { method: 'GET', path: '/v1/exchange/sessions/{session}' },
  input: strict({ session: SessionCode }),
  output: SessionView,
  permission: 'exchange.session.get',
  refusals: ['session_not_found'],
  example: { after: ['exchange.session.open'], input: { session: 'desk-1' } },
  async run(view, input) {
    const record = await findSession(view.db, input.session)
    return sessionView(record, (await accountCodes(view.db, [record]))(record))
  },
})

async function accountCodes(
  db: Db,
  sessions: readonly SessionRecord[],
): Promise<(session: SessionRecord) => string[]> {
  const accounts = await accountsById(db, [...new Set(sessions.flatMap((session) => session.accounts))])
  return (session) => session.accounts.flatMap((id) => accounts.get(id)?.code ?? [])
}
