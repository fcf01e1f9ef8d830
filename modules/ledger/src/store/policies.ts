import type { Db } from '@florin/kernel'
import type { Chart } from '../domain/chart.ts'
import { type Calendar, calendarOf } from '../domain/periods.ts'
import { currentChart } from './charts.ts'
import type { LedgerHead } from './head.ts'
import { loadPeriods } from './periods.ts'

/** What is set for a ledger and judged by with every posting. Small: it is kept in memory whole. */
export interface Policies {
  readonly chart: Chart | undefined
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
    calendar: calendarOf(await loadPeriods(db, ledger.id)),
  }
}
