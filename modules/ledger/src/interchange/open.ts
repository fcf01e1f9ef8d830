import type { JournalAccount, JournalError } from '@florin/journal'
import { allows, type Unit } from '@florin/kernel'
import { currentChart, insertChart } from '../store/charts.ts'
import { type LedgerHead, ledgerNotFound, policiesChanged } from '../store/head.ts'
import { insertLedger, ledgerExists } from '../store/ledgers.ts'
import { missingTemplates } from './prepare.ts'

/** Opens the ledger of an import unless it exists or that is not wanted; says whether it did. */
export async function openIfMissing(
  unit: Unit,
  input: { readonly ledger: string; readonly open?: boolean },
): Promise<boolean> {
  if (await ledgerExists(unit.db, input.ledger)) return false
  if (input.open === false || !allows(unit.context.actor, 'ledger.open')) throw ledgerNotFound(input.ledger)
  return (
    (await insertLedger(unit, { name: input.ledger, description: undefined, metadata: {} })) !== undefined
  )
}

/** Adds what the chart lacks for the journal's accounts as a new version. */
export async function extendChart(
  unit: Unit,
  ledger: LedgerHead,
  accounts: readonly JournalAccount[],
): Promise<{ version: number; added: number; errors: readonly JournalError[] }> {
  const chart = await currentChart(unit.db, ledger.id)
  const { templates, errors } = missingTemplates(chart, accounts)
  const version = chart?.version ?? 0
  if (templates.length === 0 || errors.length > 0) return { version, added: 0, errors }
  const extended = { version: version + 1, templates: [...(chart?.templates ?? []), ...templates] }
  await insertChart(unit.db, ledger.id, extended, unit.context.actor.id, ledger.bookedAt)
  await policiesChanged(unit, ledger)
  unit.changed({ subject: `${ledger.name} chart`, before: version, after: extended.version })
  return { version: extended.version, added: templates.length, errors }
}
