import { defineList, defineQuery } from '@florin/kernel'
import { Type } from 'typebox'
import { InstrumentView, instrumentView } from '../commands/define-instrument.ts'
import { AccountView, accountView } from '../commands/open-account.ts'
import { MarketView, marketView } from '../commands/open-market.ts'
import { AccountCode, AssetCode, MarketCode, Opaque, strict } from '../schemas.ts'
import { findAccount, listAccounts as readAccounts } from '../store/accounts.ts'
import { findInstrument, listInstruments as readInstruments } from '../store/instruments.ts'
import { findMarket, listMarkets as readMarkets } from '../store/markets.ts'

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
