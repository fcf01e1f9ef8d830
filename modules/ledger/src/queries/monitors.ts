import { Conditions, Counter, defineList, defineQuery, integerKey, Time } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import { inForce } from '../commands/watch.ts'
import { type AccountType, standing } from '../domain/account.ts'
import { Address, Amount, AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { findWatches } from '../store/watches.ts'
import { MonitorStanding, MonitorView, monitorView, WatchName } from '../watch-schemas.ts'

const set = ['ledger.monitor.set']

export const getMonitor = defineQuery({
  name: 'ledger.monitor.get',
  summary: 'Show a monitor and on how many accounts it is triggered',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/monitors/{monitor}' },
  input: strict({ ledger: LedgerName, monitor: WatchName }),
  output: MonitorStanding,
  permission: 'ledger.monitor.get',
  refusals: ['ledger_not_found', 'watch_not_found'],
  example: { after: set, input: { ledger: 'demo', monitor: 'low-wallet' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const monitor = await inForce(view.db, ledger.id, 'monitor', input.monitor)
    const [row] = await view.db.query<{ triggered: bigint }>(
      'SELECT count(*) AS triggered FROM ledger.monitor_states WHERE monitor = $1 AND triggered',
      [monitor.id],
    )
    return { ...monitorView(input.ledger, monitor), triggered: Number(row?.triggered ?? 0n) }
  },
})

export const listMonitors = defineList({
  name: 'ledger.monitor.list',
  summary: 'List the monitors in force',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/monitors' },
  input: strict({ ledger: LedgerName }),
  item: MonitorView,
  permission: 'ledger.monitor.list',
  refusals: ['ledger_not_found'],
  example: { after: set, input: { ledger: 'demo' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const found = await findWatches(view.db, ledger.id, 'monitor', {
      after: page.after?.[0],
      limit: page.fetch,
    })
    return { rows: found.map((each) => ({ item: monitorView(input.ledger, each), key: [each.name] })) }
  },
})

const MonitoredAccount = strict(
  {
    account: Address,
    asset: AssetCode,
    triggered: Type.Boolean(),
    since: Time,
    seq: Counter,
    total: SignedAmount,
    reserved: Amount,
    available: SignedAmount,
  },
  { title: 'MonitoredAccount' },
)

interface StateRow {
  account_id: bigint
  address: string
  asset: string
  exponent: number
  type: AccountType
  triggered: boolean
  since: Date
  seq: bigint
  posted_debits: bigint
  posted_credits: bigint
  pending_debits: bigint
  pending_credits: bigint
}

export const listMonitorAccounts = defineList({
  name: 'ledger.monitor.accounts',
  summary: 'List the accounts that a monitor is, or was, triggered on',
  description:
    'With `triggered` only those that it is triggered on now, or only those that it was cleared on.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/monitors/{monitor}/accounts' },
  input: strict({ ledger: LedgerName, monitor: WatchName, triggered: Type.Optional(Type.Boolean()) }),
  item: MonitoredAccount,
  permission: 'ledger.monitor.accounts',
  refusals: ['ledger_not_found', 'watch_not_found'],
  example: { after: set, input: { ledger: 'demo', monitor: 'low-wallet', triggered: true } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const monitor = await inForce(view.db, ledger.id, 'monitor', input.monitor)
    const where = new Conditions()
    where.add(monitor.id, (p) => `s.monitor = ${p}`)
    where.add(input.triggered, (p) => `s.triggered = ${p}`)
    where.add(integerKey(page, 0), (p) => `s.account_id > ${p}`)
    const rows = await view.db.query<StateRow>(
      `SELECT s.account_id, a.address, a.asset, a.exponent, a.type, s.triggered, s.since, s.seq,
         b.posted_debits, b.posted_credits, b.pending_debits, b.pending_credits
       FROM ledger.monitor_states s JOIN ledger.accounts a ON a.id = s.account_id JOIN ledger.balances b ON b.account_id = a.id
       ${where.sql} ORDER BY s.account_id LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    return { rows: rows.map((row) => ({ item: monitoredAccount(row), key: [String(row.account_id)] })) }
  },
})

function monitoredAccount(row: StateRow) {
  const { total, reserved, available } = standing(row.type, {
    postedDebits: row.posted_debits,
    postedCredits: row.posted_credits,
    pendingDebits: row.pending_debits,
    pendingCredits: row.pending_credits,
  })
  const show = (minor: bigint): string => formatDecimal(minor, row.exponent)
  return {
    account: row.address,
    asset: row.asset,
    triggered: row.triggered,
    since: row.since.toISOString(),
    seq: String(row.seq),
    total: show(total),
    reserved: show(reserved),
    available: show(available),
  }
}
