import { defineCommand, Refusal, type Unit } from '@florin/kernel'
import { Type } from 'typebox'
import { matchTemplate } from '../domain/chart.ts'
import {
  type ClosingTotals,
  closingPostings,
  inParts,
  toBeClosed,
  totalsAfterClosing,
} from '../domain/closing.ts'
import { checkClosing, endOf, type Period } from '../domain/periods.ts'
import { bookClosing } from '../posting/closing.ts'
import { bookDueForwards } from '../posting/due-forwards.ts'
import { type BalanceAt, closingHash, closingText } from '../reports/closing-balance.ts'
import { Address, LedgerName, PeriodName, strict } from '../schemas.ts'
import { currentChart } from '../store/charts.ts'
import { type LedgerHead, lockLedger, policiesChanged } from '../store/head.ts'
import { insertChange, loadChanges, loadPeriods, namedPeriod } from '../store/periods.ts'
import { postedByValueTime } from '../store/value-time.ts'
import { PeriodHistory, periodHistory } from './period-views.ts'

/** Postings of one closing entry, at most: as many as somebody may want to read at once. */
const postingsOfEntry = 1_000

export const closePeriod = defineCommand({
  name: 'ledger.period.close',
  summary: 'Close a period, softly or hard',
  description:
    'What is left on revenue and expense accounts in the last instant of the period is moved to `retained_earnings` by closing entries, which neither freezes nor limits of accounts stop. The trial balance before and after them is stored with its SHA-256. Into a softly closed period only those with the permission ledger.period.post may post, into a hard closed one nobody. Periods close in the order of time; closing the first one closes the time before it, too. A softly closed period may be closed hard: that closes what was posted since.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/periods/{period}/close' },
  input: strict({
    ledger: LedgerName,
    period: PeriodName,
    mode: Type.Enum(['soft', 'hard']),
    retained_earnings: Type.Optional(Address),
  }),
  output: PeriodHistory,
  permission: 'ledger.period.close',
  refusals: [
    'ledger_not_found',
    'period_not_found',
    'period_in_state',
    'period_not_over',
    'period_out_of_order',
    'retained_earnings_required',
    'chart_missing',
    'address_not_in_chart',
    'retained_earnings_unsuitable',
    'asset_not_allowed',
    'account_not_found',
  ],
  example: {
    after: [
      'ledger.open',
      'ledger.chart.set',
      'ledger.transaction.post',
      'ledger.transaction.batch',
      'ledger.period.define',
    ],
    at: '2026-02-01T00:00:00.000Z',
    input: { ledger: 'demo', period: '2026-01', mode: 'soft', retained_earnings: 'equity:retained' },
    refused: {
      period_in_state: { ledger: 'demo', period: '2026-01', mode: 'soft' },
      period_not_over: { ledger: 'demo', period: '2026-02', mode: 'soft' },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    await bookDueForwards(unit, ledger)
    const periods = await loadPeriods(unit.db, ledger.id)
    const period = namedPeriod(periods, input.period)
    checkClosing(periods, period, input.mode, ledger.bookedAt)
    const before = await balanceAtEnd(unit, ledger, period)
    const { entries, accounts } = await closeResult(unit, ledger, period, before, input.retained_earnings)
    const after = entries.length === 0 ? before : { seq: ledger.seq, accounts }
    const trialBalance = closingText({ ledger: ledger.name, period, before, after })
    const changes = await loadChanges(unit.db, ledger.id, period.number)
    const change = {
      version: changes.length + 1,
      state: input.mode,
      seqBefore: before.seq,
      seq: ledger.seq,
      changedAt: ledger.bookedAt,
      changedBy: unit.context.actor.id,
      reason: unit.context.reason,
      retainedEarnings: entries.length === 0 ? undefined : input.retained_earnings,
      entries,
      sha256: closingHash(trialBalance),
    }
    await insertChange(unit.db, ledger.id, period.number, { ...change, trialBalance })
    await policiesChanged(unit, ledger)
    const closed = { ...period, state: input.mode }
    unit.changed({
      subject: `${ledger.name} period ${period.name}`,
      before: { state: period.state },
      after: { state: closed.state, sha256: change.sha256 },
    })
    unit.emit({
      type: 'ledger.period.closed',
      subject: `${ledger.name}/${period.name}`,
      data: { ledger: ledger.name, period: period.name, state: closed.state, sha256: change.sha256 },
    })
    return periodHistory(ledger.name, closed, [...changes, change])
  },
})

/** The trial balance of the period's last instant as the journal tells it now. */
async function balanceAtEnd(unit: Unit, ledger: LedgerHead, period: Period): Promise<BalanceAt> {
  const { seq } = ledger
  const valueTime = endOf(period.lastDay)
  return { seq, accounts: await postedByValueTime(unit.db, ledger.id, {}, { seq, valueTime }) }
}

/** Moves revenue and expense to retained earnings: the ids of the entries, and the totals after them. */
async function closeResult(
  unit: Unit,
  ledger: LedgerHead,
  period: Period,
  before: BalanceAt,
  retainedEarnings: string | undefined,
): Promise<{ entries: string[]; accounts: readonly ClosingTotals[] }> {
  const left = toBeClosed(before.accounts)
  if (left.length === 0) return { entries: [], accounts: before.accounts }
  if (retainedEarnings === undefined) {
    throw new Refusal(
      'retained_earnings_required',
      `The period "${period.name}" has revenue or expense; name the equity account that takes them`,
      { period: period.name, account: left[0]?.address, asset: left[0]?.asset },
    )
  }
  await checkEquity(unit, ledger, retainedEarnings, new Set(left.map((account) => account.asset)))
  const parts = inParts(closingPostings(left, retainedEarnings), postingsOfEntry)
  const entries = await bookClosing(
    unit,
    ledger,
    period,
    parts.map((postings) => ({ postings })),
  )
  return { entries, accounts: totalsAfterClosing(before.accounts, left, retainedEarnings) }
}

/**
 * Accounts for retained earnings that are open, or would be opened, must be equity.
 *
 * @throws Refusal `retained_earnings_unsuitable`
 */
async function checkEquity(
  unit: Unit,
  ledger: LedgerHead,
  address: string,
  assets: ReadonlySet<string>,
): Promise<void> {
  const open = await unit.db.query<{ asset: string; type: string }>(
    'SELECT asset, type FROM ledger.accounts WHERE ledger_id = $1 AND address = $2',
    [ledger.id, address],
  )
  const chart = await currentChart(unit.db, ledger.id)
  const template = chart === undefined ? undefined : matchTemplate(chart, address)
  for (const asset of assets) {
    const type = open.find((account) => account.asset === asset)?.type ?? template?.type
    // What the chart has no place for is refused when it is booked.
    if (type === undefined || type === 'equity') continue
    throw new Refusal('retained_earnings_unsuitable', `${address} ${asset} is an account of type ${type}`, {
      account: address,
      asset,
      type,
    })
  }
}
