import { defineList, integerKey, type Page, Uuid, type View } from '@florin/kernel'
import { accountStateBit } from '@florin/orderbook'
import { type Static, type TSchema, Type } from 'typebox'
import { isoOfMicros } from '../domain/micros.ts'
import { moneyOf, priceOf, quantityOf } from '../domain/units.ts'
import { reasonCode } from '../order-refusals.ts'
import { watchPermission } from '../permissions.ts'
import { AccountCode, AssetCode, MarketCode, strict } from '../schemas.ts'
import { known } from '../settlement/places.ts'
import { listStates, type StateRow } from '../store/account-states.ts'
import { accountsById, findAccount } from '../store/accounts.ts'
import {
  type Liquidation,
  type LiquidationOrderRow,
  ordersOf,
  listLiquidations as readLiquidations,
} from '../store/liquidations.ts'
import { listCalls, type MarginCall } from '../store/margin-calls.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { MicroTime, Sequence } from '../wire/schemas.ts'

export const nullable = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()])

const Money = Type.String({ description: 'In the quote; a minus stands before it where it is negative' })
export const Seq = { ...Sequence, description: 'Number of the command that led to it' }
const ofAccount = { market: MarketCode, account: Type.Optional(AccountCode) }
export const openOnly = Type.Optional(
  Type.Boolean({ description: 'Only those that have not ended, or only those that have' }),
)
const watching =
  'Needs the permission exchange.account.watch.<account>; without an account exchange.account.watch.*.'
const alsoNeeds = (input: { account?: string }) => [watchPermission(input.account ?? '*')]
const refusals = ['market_not_found', 'trading_account_not_found']
export const example = { after: ['exchange.market.supervise'], input: { market: 'USDC-EUR' } }

const AccountStates = Type.Array(Type.Enum(['halted', 'reduce_only', 'margin_call', 'liquidation']), {
  description: 'halted: takes no orders; reduce_only: only such as reduce the position',
})

const StateView = strict(
  {
    market: MarketCode,
    account: AccountCode,
    seq: Seq,
    at: MicroTime,
    state: AccountStates,
    previous: AccountStates,
    cause: nullable(
      Type.String({ description: 'The limit that was broken; null: a mark or an operator did it' }),
    ),
    equity: { ...Money, description: 'Cash with realised and unrealised result' },
    by: nullable(Type.String({ description: 'Who sent the command; null where a session did' })),
    reason: nullable(Type.String()),
  },
  { title: 'AccountState' },
)

export const listAccountStates = defineList({
  name: 'exchange.account.state.list',
  summary: 'List how the states of a market’s accounts changed',
  description: `Halted, reduce-only, called for margin, to be liquidated: every change once. ${watching}`,
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/account-states' },
  input: strict(ofAccount),
  item: StateView,
  grows: true,
  permission: 'exchange.account.state.list',
  alsoNeeds,
  refusals,
  example,
  async page(view, input, page) {
    const { market, account } = await scopeOf(view, input)
    const rows = await listStates(view.db, market.id, account, afterBoth(page), page.fetch)
    return {
      rows: rows.map((row) => ({
        item: stateView(market, row),
        key: [String(row.seq), String(row.account_id)],
      })),
    }
  },
})

const MarginCallView = strict(
  {
    market: MarketCode,
    account: AccountCode,
    call: Uuid,
    seq: Seq,
    called_at: MicroTime,
    deadline: nullable({ ...MicroTime, description: 'null: nothing happens by itself' }),
    mark: { ...Type.String(), description: 'At which the following holds' },
    equity: Money,
    amount: { ...Money, description: 'What brings the equity back to the initial margin' },
    asset: AssetCode,
    ended_seq: nullable(Sequence),
    ended_at: nullable(MicroTime),
    outcome: nullable(
      Type.Enum(['met', 'closed'], { description: 'closed: no position was left; null: it is open' }),
    ),
  },
  { title: 'MarginCall' },
)

export const listMarginCalls = defineList({
  name: 'exchange.margin-call.list',
  summary: 'List the margin calls of a market',
  description: `A call is met when a mark finds the equity at the maintenance margin again. ${watching}`,
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/margin-calls' },
  input: strict({ ...ofAccount, open: openOnly }),
  item: MarginCallView,
  permission: 'exchange.margin-call.list',
  alsoNeeds,
  refusals,
  example,
  async page(view, input, page) {
    const { market, account } = await scopeOf(view, input)
    const filter = { account, open: input.open }
    const calls = await listCalls(view.db, market.id, filter, afterBoth(page), page.fetch)
    const accounts = await accountsById(
      view.db,
      calls.map((call) => BigInt(call.account)),
    )
    return {
      rows: calls.map((call) => ({
        item: callView(market, call, known(accounts, call.account).code),
        key: [String(call.seq), String(call.account)],
      })),
    }
  },
})

const LiquidationOrderView = strict(
  {
    round: Type.Integer(),
    side: Type.Enum(['buy', 'sell']),
    quantity: Type.String(),
    price: { ...Type.String(), description: 'The worst at which it may trade' },
    mark: Type.String(),
    seq: nullable(Sequence),
    executed: nullable(Type.String()),
    value: nullable(Money),
    code: nullable(Type.String({ description: 'Why it was refused' })),
  },
  { title: 'LiquidationOrder' },
)

const LiquidationStateView = strict(
  {
    market: MarketCode,
    account: AccountCode,
    liquidation: Uuid,
    call: Uuid,
    cause: Type.Enum(['liquidation_margin', 'deadline']),
    policy_version: Type.Integer({ minimum: 1 }),
    begun_seq: { ...Sequence, description: 'Up to where the market was looked at' },
    begun_at: MicroTime,
    rounds: Type.Integer({ minimum: 0 }),
    orders: Type.Array(LiquidationOrderView),
    ended_seq: nullable(Sequence),
    ended_at: nullable(MicroTime),
    outcome: nullable(
      Type.Enum(['closed', 'restored', 'stopped'], {
        description:
          'restored: its equity is above the liquidation margin, or the call was met; stopped: it was switched off',
      }),
    ),
  },
  { title: 'Liquidation' },
)

export const listLiquidations = defineList({
  name: 'exchange.liquidation.list',
  summary: 'List the liquidations of a market with their orders',
  description: watching,
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/liquidations' },
  input: strict({ ...ofAccount, open: openOnly }),
  item: LiquidationStateView,
  permission: 'exchange.liquidation.list',
  alsoNeeds,
  refusals,
  example,
  async page(view, input, page) {
    const { market, account } = await scopeOf(view, input)
    const filter = { account, open: input.open }
    const found = await readLiquidations(view.db, market.id, filter, afterBoth(page), page.fetch)
    const accounts = await accountsById(
      view.db,
      found.map((one) => BigInt(one.account)),
    )
    const orders = await ordersOf(
      view.db,
      found.map(({ id }) => id),
    )
    return {
      rows: found.map((one) => ({
        item: liquidationView(market, one, known(accounts, one.account).code, orders.get(one.id) ?? []),
        key: [String(one.begunSeq), String(one.account)],
      })),
    }
  },
})

/** Of which market, and of which account if only one is asked for. */
async function scopeOf(view: View, input: { readonly market: string; readonly account?: string }) {
  const market = await findMarket(view.db, input.market)
  const account = input.account === undefined ? undefined : (await findAccount(view.db, input.account)).id
  return { market, account }
}

function afterBoth(page: Page): { seq: string; account: string } {
  return { seq: integerKey(page, 0) ?? '0', account: integerKey(page, 1) ?? '0' }
}

type AccountStateName = Static<typeof AccountStates>[number]

function stateNames(state: number): AccountStateName[] {
  const names = {
    halted: accountStateBit.halted,
    reduce_only: accountStateBit.reduceOnly,
    margin_call: accountStateBit.marginCall,
    liquidation: accountStateBit.liquidation,
  } as const satisfies Record<AccountStateName, number>
  return (['halted', 'reduce_only', 'margin_call', 'liquidation'] as const).filter(
    (name) => (state & names[name]) !== 0,
  )
}

function stateView(market: MarketRecord, row: StateRow): Static<typeof StateView> {
  return {
    market: market.code,
    account: row.account,
    seq: Number(row.seq),
    at: isoOfMicros(Number(row.at_us)),
    state: stateNames(row.state),
    previous: stateNames(row.previous),
    cause: row.cause === 0 ? null : reasonCode(row.cause),
    equity: moneyOf(market, row.equity),
    by: row.actor,
    reason: row.reason,
  }
}

function callView(market: MarketRecord, call: MarginCall, account: string): Static<typeof MarginCallView> {
  return {
    market: market.code,
    account,
    call: call.id,
    seq: call.seq,
    called_at: isoOfMicros(call.calledUs),
    deadline: timeOf(call.deadlineUs),
    mark: priceOf(market, call.mark),
    equity: moneyOf(market, call.equity),
    amount: moneyOf(market, call.amount),
    asset: market.quote,
    ended_seq: call.endedSeq,
    ended_at: timeOf(call.endedUs),
    outcome: call.outcome,
  }
}

function liquidationView(
  market: MarketRecord,
  one: Liquidation,
  account: string,
  orders: readonly LiquidationOrderRow[],
): Static<typeof LiquidationStateView> {
  return {
    market: market.code,
    account,
    liquidation: one.id,
    call: one.callId,
    cause: one.cause,
    policy_version: one.policy,
    begun_seq: one.begunSeq,
    begun_at: isoOfMicros(one.begunUs),
    rounds: one.rounds,
    orders: orders.map((order) => ({
      round: order.round,
      side: order.side,
      quantity: quantityOf(market, order.quantity),
      price: priceOf(market, order.price),
      mark: priceOf(market, order.mark),
      seq: order.seq === null ? null : Number(order.seq),
      executed: order.executed === null ? null : quantityOf(market, order.executed),
      value: order.value === null ? null : moneyOf(market, order.value),
      code: order.reason === null || order.reason === 0 ? null : reasonCode(order.reason),
    })),
    ended_seq: one.endedSeq,
    ended_at: timeOf(one.endedUs),
    outcome: one.outcome,
  }
}

export function timeOf(us: number | null): string | null {
  return us === null ? null : isoOfMicros(us)
}
