import { defineCommand, type Unit, Uuid } from '@florin/kernel'
import { bookOrders } from '@florin/ledger'
import { type Static, Type } from 'typebox'
import { tradingAddress } from '../domain/addresses.ts'
import { AccountCode, AssetCode, LedgerName, strict } from '../schemas.ts'
import { findAccount } from '../store/accounts.ts'

const Item = strict(
  {
    address: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'The other account in the ledger, such as `customers:42:wallet`',
    }),
    amount: Type.String({ pattern: '^(0|[1-9][0-9]{0,77})(\\.[0-9]{1,36})?$', description: 'Decimal' }),
    asset: AssetCode,
  },
  { title: 'MovedAsset' },
)

const input = strict({
  account: AccountCode,
  ledger: LedgerName,
  items: Type.Array(Item, { minItems: 1, maxItems: 100 }),
})
const output = strict(
  { account: AccountCode, ledger: LedgerName, transaction: Uuid },
  { title: 'AccountMovement' },
)

const refusals = [
  'trading_account_not_found',
  'ledger_not_found',
  'asset_unknown',
  'amount_zero',
  'amount_too_many_decimals',
  'amount_out_of_range',
  'chart_missing',
  'address_not_in_chart',
  'asset_not_allowed',
  'account_not_found',
  'same_account',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'limit_exceeded',
]

export const fundAccount = defineCommand({
  name: 'exchange.account.fund',
  summary: 'Move money and instruments in the ledger onto a trading account',
  description:
    'They can’t be traded with yet: see exchange.buying-power.allocate and exchange.position.deposit.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/fund' },
  input,
  output,
  permission: 'exchange.account.fund',
  refusals,
  example: {
    after: [
      'ledger.open',
      'ledger.chart.set',
      'ledger.asset.register',
      'exchange.ledger.prepare',
      'exchange.account.open',
    ],
    input: {
      account: 'alice',
      ledger: 'demo',
      items: [
        { address: 'clearing:sepa', amount: '5000.00', asset: 'EUR' },
        {
          address: 'fx:usdc',
          amount: '1000',
          asset: 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
        },
      ],
    },
  },
  run: (unit, asked) => move(unit, asked, 'in'),
})

export const payOutAccount = defineCommand({
  name: 'exchange.account.pay-out',
  summary: 'Move money and instruments of a trading account to other accounts of the ledger',
  description: 'Only what is in no market and not held as buying power.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/pay-out' },
  input,
  output,
  permission: 'exchange.account.pay-out',
  refusals,
  example: {
    after: ['exchange.account.fund'],
    input: {
      account: 'alice',
      ledger: 'demo',
      items: [{ address: 'customers:42:wallet', amount: '5.00', asset: 'EUR' }],
    },
  },
  run: (unit, asked) => move(unit, asked, 'out'),
})

async function move(
  unit: Unit,
  { account: code, ledger, items }: Static<typeof input>,
  direction: 'in' | 'out',
): Promise<Static<typeof output>> {
  const account = await findAccount(unit.db, code)
  const trading = tradingAddress(account.code)
  const postings = items.map(({ address, amount, asset }) =>
    direction === 'in'
      ? { debit: address, credit: trading, amount, asset }
      : { debit: trading, credit: address, amount, asset },
  )
  const [outcome] = await bookOrders(unit, ledger, [{ kind: 'transaction', key: 'move', postings }])
  if (outcome === undefined) throw new Error('The movement has no outcome')
  if ('refused' in outcome) throw outcome.refused
  const view = { account: code, ledger, transaction: outcome.done.id }
  unit.changed({ subject: code, before: null, after: { ...view, direction, items } })
  return view
}
