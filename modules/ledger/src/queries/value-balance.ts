import { Counter, defineQuery, Refusal, Time } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import { normalSide } from '../domain/account.ts'
import { Address, Amount, AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { pointInHistory } from '../store/balances.ts'
import { findLedger } from '../store/head.ts'
import { type PostedTotals, postedByValueTime } from '../store/value-time.ts'

const ValueBalance = strict(
  { asset: AssetCode, debits: Amount, credits: Amount, total: SignedAmount },
  {
    title: 'ValueBalance',
    description: 'What was posted, and what it comes to on the account’s normal side',
  },
)

export const getValueBalance = defineQuery({
  name: 'ledger.balance.value',
  summary: 'Show what was posted to an address by a value time, as known now or at any booking time',
  description:
    'Counts what happened up to `value_time`, whenever it was booked. With `at` or `seq` only what was booked by then counts: what was believed on the 3rd about the 1st. Holds have no value time and are left out.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/accounts/{address}/value-balance' },
  input: strict({
    ledger: LedgerName,
    address: Address,
    asset: Type.Optional(AssetCode),
    value_time: Time,
    at: Type.Optional(Time),
    seq: Type.Optional(Counter),
  }),
  output: strict({
    ledger: LedgerName,
    address: Address,
    value_time: Time,
    at: Time,
    seq: Counter,
    balances: Type.Array(ValueBalance),
  }),
  permission: 'ledger.balance.get',
  refusals: ['ledger_not_found', 'account_not_found'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post'],
    input: { ledger: 'demo', address: 'customers:42:wallet', value_time: '2026-01-31T12:00:00.000Z' },
  },
  async run(view, input) {
    const { ledger: name, address, asset } = input
    const ledger = await findLedger(view, name)
    const { seq, at } = await pointInHistory(view.db, ledger, input)
    const valueTime = Date.parse(input.value_time)
    const totals = await postedByValueTime(view.db, ledger.id, { address, asset }, { seq, valueTime })
    if (totals.length === 0)
      throw new Refusal('account_not_found', `There is no account ${address}`, { account: address })
    return {
      ledger: name,
      address,
      value_time: new Date(valueTime).toISOString(),
      at: new Date(at).toISOString(),
      seq: String(seq),
      balances: totals.map(shown),
    }
  },
})

function shown({ asset, exponent, type, debits, credits }: PostedTotals) {
  const show = (minor: bigint): string => formatDecimal(minor, exponent)
  const total = normalSide(type) === 'debit' ? debits - credits : credits - debits
  return { asset, debits: show(debits), credits: show(credits), total: show(total) }
}
