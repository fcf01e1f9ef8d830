import { Conditions, Counter, type Db, defineList, defineQuery, Refusal, Time } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import { standing } from '../domain/account.ts'
import {
  AccountTypeSchema,
  AccountView,
  Address,
  Amount,
  AssetCode,
  BalanceView,
  FreezeStateSchema,
  HoldState,
  LedgerName,
  Prefix,
  SignedAmount,
  strict,
} from '../schemas.ts'
import { type AccountRecordRow, accountColumns, accountView, findAccount } from '../store/account-records.ts'
import {
  type AccountCounters,
  addPrefix,
  balancesAsOf,
  balanceView,
  currentBalances,
  pointInHistory,
} from '../store/balances.ts'
import { expectedMovements } from '../store/forward-records.ts'
import { findLedger, type LedgerHead } from '../store/head.ts'
import { openHoldsOf } from '../store/hold-records.ts'

const posted = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']

export const getAccount = defineQuery({
  name: 'ledger.account.get',
  summary: 'Show an account',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/accounts/{address}' },
  input: strict({ ledger: LedgerName, address: Address, asset: AssetCode }),
  output: AccountView,
  permission: 'ledger.account.get',
  refusals: ['ledger_not_found', 'account_not_found'],
  example: { after: posted, input: { ledger: 'demo', address: 'customers:42:wallet', asset: 'EUR' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    return accountView(await findAccount(view.db, ledger.id, input.address, input.asset))
  },
})

export const listAccounts = defineList({
  name: 'ledger.account.list',
  summary: 'List accounts by address',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/accounts' },
  input: strict({
    ledger: LedgerName,
    prefix: Type.Optional(Prefix),
    asset: Type.Optional(AssetCode),
    type: Type.Optional(AccountTypeSchema),
    frozen: Type.Optional(FreezeStateSchema),
    closed: Type.Optional(Type.Boolean()),
  }),
  item: AccountView,
  permission: 'ledger.account.list',
  refusals: ['ledger_not_found'],
  example: { after: posted, input: { ledger: 'demo', prefix: 'customers:42' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const where = new Conditions()
    where.add(ledger.id, (p) => `a.ledger_id = ${p}`)
    addPrefix(where, input.prefix)
    where.add(input.asset, (p) => `a.asset = ${p}`)
    where.add(input.type, (p) => `a.type = ${p}`)
    where.add(input.frozen, (p) => `a.frozen = ${p}`)
    where.add(input.closed, (p) => `(a.closed_at IS NOT NULL) = ${p}`)
    where.add(page.after?.[0], (p) => `(a.address, a.asset) > (${p}, ${where.value(page.after?.[1] ?? '')})`)
    const rows = await view.db.query<AccountRecordRow>(
      `SELECT ${accountColumns} FROM ledger.accounts a JOIN ledger.ledgers l ON l.id = a.ledger_id
       ${where.sql} ORDER BY a.address, a.asset LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    return { rows: rows.map((row) => ({ item: accountView(row), key: [row.address, row.asset] })) }
  },
})

const ExpectedBalance = strict(
  { asset: AssetCode, debits: Amount, credits: Amount, total: SignedAmount },
  {
    title: 'ExpectedBalance',
    description: 'What pending forwards will move, and the total on the account’s normal side once they have',
  },
)

/** Holds shown beside a balance, at most; the list of holds shows all. */
const mostHolds = 1_000

export const getBalance = defineQuery({
  name: 'ledger.balance.get',
  summary: 'Show the balances of an address: total, reserved, available',
  description:
    'One balance for each asset, now or as of a booking time or sequence number. With `holds`, also what is held and why, from the very same snapshot; with `expected_at`, also the totals to expect once the forwards up to that time are booked (both only now).',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/accounts/{address}/balance' },
  input: strict({
    ledger: LedgerName,
    address: Address,
    asset: Type.Optional(AssetCode),
    at: Type.Optional(Time),
    seq: Type.Optional(Counter),
    holds: Type.Optional(Type.Boolean()),
    expected_at: Type.Optional(Time),
  }),
  output: strict({
    ledger: LedgerName,
    address: Address,
    at: Time,
    seq: Counter,
    balances: Type.Array(BalanceView),
    holds: Type.Optional(
      Type.Array(HoldState, {
        description: `Only if asked for: open holds that keep an outflow of this address, at most ${mostHolds}`,
      }),
    ),
    expected: Type.Optional(
      Type.Array(ExpectedBalance, {
        description:
          'Only if asked for: the totals with all pending forwards up to that time, should none be refused',
      }),
    ),
  }),
  permission: 'ledger.balance.get',
  refusals: ['ledger_not_found', 'account_not_found'],
  example: { after: posted, input: { ledger: 'demo', address: 'customers:42:wallet', holds: true } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const point = await pointInHistory(view.db, ledger, input)
    const filter = { address: input.address, asset: input.asset }
    const balances = point.now
      ? await currentBalances(view.db, ledger.id, filter, point.at)
      : await balancesAsOf(view.db, ledger.id, filter, point.seq, point.at)
    if (balances.length === 0) {
      throw new Refusal('account_not_found', `There is no account ${input.address}`, {
        account: input.address,
      })
    }
    const holds =
      input.holds === true && point.now
        ? { holds: await openHoldsOf(view.db, ledger.id, filter, point.at, mostHolds) }
        : {}
    const expected =
      input.expected_at !== undefined && point.now
        ? { expected: await expectedBalances(view.db, ledger, balances, input.address, input.expected_at) }
        : {}
    return {
      ledger: input.ledger,
      address: input.address,
      at: new Date(point.at).toISOString(),
      seq: String(point.seq),
      balances: balances.map(balanceView),
      ...holds,
      ...expected,
    }
  },
})

async function expectedBalances(
  db: Db,
  ledger: LedgerHead,
  balances: readonly AccountCounters[],
  address: string,
  at: string,
) {
  const movements = await expectedMovements(db, ledger, address, at)
  return balances.map((counters) => {
    const { asset, exponent, type, postedDebits, postedCredits } = counters
    const { debits, credits } = movements.get(asset) ?? { debits: 0n, credits: 0n }
    const then = { ...counters, postedDebits: postedDebits + debits, postedCredits: postedCredits + credits }
    return {
      asset,
      debits: formatDecimal(debits, exponent),
      credits: formatDecimal(credits, exponent),
      total: formatDecimal(standing(type, then).total, exponent),
    }
  })
}
