import type { Db } from '@florin/kernel'
import type { Chart } from '../domain/chart.ts'
import { type Calendar, calendarOf } from '../domain/periods.ts'
import type { SettlementPolicy } from '../domain/settlement-terms.ts'
import type { Watches } from '../domain/watches.ts'
import { settlementPolicy } from './calendars.ts'
import { currentChart } from './charts.ts'
import type { LedgerHead } from './head.ts'
import { loadPeriods } from './periods.ts'
import { loadWatches } from './watches.ts'

/** What is set for a ledger and judged by with every posting. Small: it is kept in memory whole. */
export interface Policies {
  readonly chart: Chart | undefined
  /** What postings are due by; undefined where there never were any terms. */
  readonly settlement: SettlementPolicy | undefined
  /** Monitors, limits and safeguards; undefined where there are none. */
  readonly watches: Watches | undefined
  /** Accounting periods, and which of them are closed. */
  readonly calendar: Calendar
}

/** By database, then by ledger: what was committed when the head's counter stood at `of`. */
const kept = new WeakMap<object, Map<bigint, Kept>>()

interface Kept {
  readonly of: bigint
  readonly policies: Policies
}

/** The policies as they are under the ledger's lock, or in a reader's snapshot; read once for each state of them. */
export async function policiesOf(db: Db, ledger: LedgerHead): Promise<Policies> {
  if (ledger.policiesAreOwn) return loadPolicies(db, ledger)
  const ledgers = kept.get(db.database) ?? new Map<bigint, Kept>()
  kept.set(db.database, ledgers)
  const known = ledgers.get(ledger.id)
  if (known?.of === ledger.policies) return known.policies
  const policies = await loadPolicies(db, ledger)
  ledgers.set(ledger.id, { of: ledger.policies, policies })
  return policies
}

async function loadPolicies(db: Db, ledger: LedgerHead): Promise<Policies> {
  return {
    chart: await currentChart(db, ledger.id),
    settlement: await settlementPolicy(db, ledger.id),
    watches: await loadWatches(db, ledger.id),
    calendar: calendarOf(await loadPeriods(db, ledger.id)),
  }
}
