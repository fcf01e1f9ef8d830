import { Counter, defineQuery, Time } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import type { AccountType } from '../domain/account.ts'
import { AccountTypeSchema, Amount, AssetCode, LedgerName, Prefix, SignedAmount, strict } from '../schemas.ts'
import { type AccountCounters, balancesAsOf, currentBalances, pointInHistory } from '../store/balances.ts'
import { findLedger } from '../store/head.ts'

const Row = strict(
  {
    address: Type.String(),
    asset: AssetCode,
    type: AccountTypeSchema,
    debits: Amount,
    credits: Amount,
    balance: SignedAmount,
  },
  { title: 'TrialBalanceRow', description: 'balance = debits − credits' },
)

const Total = strict({ asset: AssetCode, debits: Amount, credits: Amount }, { title: 'TrialBalanceTotal' })

const Equation = strict(
  {
    asset: AssetCode,
    assets: SignedAmount,
    liabilities: SignedAmount,
    equity: SignedAmount,
    revenue: SignedAmount,
    expenses: SignedAmount,
    balanced: Type.Boolean(),
  },
  { title: 'AccountingEquation', description: 'assets = liabilities + equity + revenue − expenses' },
)

export const trialBalance = defineQuery({
  name: 'ledger.trial-balance',
  summary: 'Trial balance, now or as of a booking time or sequence number',
  description:
    'Every account that was ever posted to, with its debits, credits and their difference, the totals of each asset, and the accounting equation. `depth` adds up accounts that share that many leading segments. With a prefix or a type only those accounts are shown and totalled; a part of the books has no equation.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/trial-balance' },
  input: strict({
    ledger: LedgerName,
    prefix: Type.Optional(Prefix),
    asset: Type.Optional(AssetCode),
    type: Type.Optional(AccountTypeSchema),
    depth: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, description: 'Leading segments of the address to add up by' }),
    ),
    at: Type.Optional(Time),
    seq: Type.Optional(Counter),
  }),
  output: strict({
    ledger: LedgerName,
    at: Time,
    seq: Counter,
    accounts: Type.Array(Row),
    totals: Type.Array(Total),
    equation: Type.Optional(Type.Array(Equation)),
  }),
  permission: 'ledger.trial-balance',
  refusals: ['ledger_not_found'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post'],
    input: { ledger: 'demo' },
  },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const point = await pointInHistory(view.db, ledger, input)
    const filter = { prefix: input.prefix, asset: input.asset, type: input.type }
    const counters = point.now
      ? await currentBalances(view.db, ledger.id, filter, point.at)
      : await balancesAsOf(view.db, ledger.id, filter, point.seq, point.at)
    const posted = counters.filter((account) => account.postedDebits !== 0n || account.postedCredits !== 0n)
    return {
      ledger: input.ledger,
      at: new Date(point.at).toISOString(),
      seq: String(point.seq),
      accounts: rolledUp(posted, input.depth).map(rowOf),
      totals: byAsset(posted).map(totalOf),
      ...(input.prefix === undefined && input.type === undefined
        ? { equation: byAsset(posted).map(equationOf) }
        : {}),
    }
  },
})

/** Adds up the accounts of one asset and type whose addresses begin with the same `depth` segments. */
function rolledUp(accounts: readonly AccountCounters[], depth: number | undefined): AccountCounters[] {
  if (depth === undefined) return [...accounts]
  const groups = new Map<string, AccountCounters>()
  for (const account of accounts) {
    const address = account.address.split(':').slice(0, depth).join(':')
    const key = `${address}\u0000${account.asset}\u0000${account.type}`
    const group = groups.get(key)
    groups.set(key, {
      ...account,
      address,
      postedDebits: (group?.postedDebits ?? 0n) + account.postedDebits,
      postedCredits: (group?.postedCredits ?? 0n) + account.postedCredits,
    })
  }
  return [...groups.values()]
}

function byAsset(accounts: readonly AccountCounters[]): AccountCounters[][] {
  const groups = Map.groupBy(accounts, (account) => account.asset)
  return [...groups.keys()].sort().flatMap((asset) => [groups.get(asset) ?? []])
}

function rowOf(account: AccountCounters) {
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  return {
    address: account.address,
    asset: account.asset,
    type: account.type,
    debits: show(account.postedDebits),
    credits: show(account.postedCredits),
    balance: show(account.postedDebits - account.postedCredits),
  }
}

function totalOf(accounts: readonly AccountCounters[]) {
  const { asset, exponent } = theAsset(accounts)
  return {
    asset,
    debits: formatDecimal(
      sum(accounts, (account) => account.postedDebits),
      exponent,
    ),
    credits: formatDecimal(
      sum(accounts, (account) => account.postedCredits),
      exponent,
    ),
  }
}

function equationOf(accounts: readonly AccountCounters[]) {
  const { asset, exponent } = theAsset(accounts)
  const net = (type: AccountType): bigint =>
    sum(
      accounts.filter((account) => account.type === type),
      (account) => account.postedDebits - account.postedCredits,
    )
  const sides = {
    assets: net('asset'),
    liabilities: -net('liability'),
    equity: -net('equity'),
    revenue: -net('revenue'),
    expenses: net('expense'),
  }
  const balanced = sides.assets === sides.liabilities + sides.equity + sides.revenue - sides.expenses
  return {
    asset,
    assets: formatDecimal(sides.assets, exponent),
    liabilities: formatDecimal(sides.liabilities, exponent),
    equity: formatDecimal(sides.equity, exponent),
    revenue: formatDecimal(sides.revenue, exponent),
    expenses: formatDecimal(sides.expenses, exponent),
    balanced,
  }
}

function theAsset(accounts: readonly AccountCounters[]): AccountCounters {
  const [first] = accounts
  if (first === undefined) throw new Error('A group without accounts')
  return first
}

function sum(accounts: readonly AccountCounters[], of: (account: AccountCounters) => bigint): bigint {
  return accounts.reduce((total, account) => total + of(account), 0n)
}
