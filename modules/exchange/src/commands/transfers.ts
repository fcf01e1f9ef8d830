import type { Unit } from '@florin/kernel'
import { AccountCode, MarketCode } from '../schemas.ts'
import { newTransferView } from '../settlement/transfer-view.ts'
import { type AccountRecord, findAccount } from '../store/accounts.ts'
import { enqueue } from '../store/inbox.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { insertTransfers, type Transfer } from '../store/transfers.ts'
import { checkAccountNumber } from './limits.ts'

/** Where cash and instruments go: an account's part of a market. */
export const place = { account: AccountCode, market: MarketCode }

export const placeRefusals = [
  'trading_account_not_found',
  'market_not_found',
  'ledger_not_found',
  'market_value_invalid',
]

/** Of commands that hold something on the account's trading address. */
export const holdRefusals = [
  ...placeRefusals,
  'chart_missing',
  'address_not_in_chart',
  'asset_not_allowed',
  'account_not_found',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'limit_exceeded',
]

/** @throws Refusal of {@link placeRefusals} */
export async function placeOf(
  unit: Unit,
  input: { readonly account: string; readonly market: string },
): Promise<{ account: AccountRecord; market: MarketRecord }> {
  const account = await findAccount(unit.db, input.account)
  const market = await findMarket(unit.db, input.market)
  checkAccountNumber(account, market)
  return { account, market }
}

/** Asks the market's engine for what a transfer is about, and keeps what for; its id is the call's. */
export async function askForTransfer(
  unit: Unit,
  market: MarketRecord,
  account: AccountRecord,
  words: Int32Array,
  what: Pick<Transfer, 'kind' | 'amount' | 'hold'>,
) {
  const number = Number(account.id)
  const [inboxId] = await enqueue(unit, market, [{ words, account: number }])
  if (inboxId === undefined) throw new Error('The command was not queued')
  const transfer: Transfer = {
    ...what,
    id: unit.callId,
    account: number,
    inboxId,
    requestedAt: unit.clock.now(),
    requestedBy: unit.context.actor.id,
  }
  await insertTransfers(unit.db, market.id, [transfer])
  return noted(unit, market, account, transfer)
}

/** The transfer as it is shown, which is also what the audit says. */
export function noted(unit: Unit, market: MarketRecord, account: AccountRecord, transfer: Transfer) {
  const view = newTransferView(market, account.code, transfer)
  unit.changed({ subject: `${account.code} ${market.code}`, before: null, after: view })
  return view
}
