import { type Db, Refusal, type Unit } from '@florin/kernel'
import { type BusinessCalendar, businessCalendar } from './domain/business-days.ts'
import { chartFault, matchTemplate, type Template } from './domain/chart.ts'
import { bookDueForwards } from './posting/due-forwards.ts'
import { currentCalendar } from './store/calendars.ts'
import { currentChart, insertChart } from './store/charts.ts'
import { ledgerNotFound, lockLedger, policiesChanged } from './store/head.ts'

/**
 * The addresses among these for which the ledger's chart has no template.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function addressesOutsideChart(
  db: Db,
  ledger: string,
  addresses: readonly string[],
): Promise<string[]> {
  const chart = await currentChart(db, await ledgerId(db, ledger))
  return addresses.filter((address) => chart === undefined || matchTemplate(chart, address) === undefined)
}

/**
 * Adds templates to the ledger's chart, those that it has already left out, as a new version of it. Gives the version
 * in force afterwards and what was added. Takes the ledger's write lock.
 *
 * @throws Refusal `ledger_not_found`, `chart_invalid`
 */
export async function addTemplates(
  unit: Unit,
  ledgerName: string,
  templates: readonly Template[],
): Promise<{ readonly version: number; readonly added: readonly Template[] }> {
  const ledger = await lockLedger(unit, ledgerName)
  const before = await currentChart(unit.db, ledger.id)
  const present = before?.templates ?? []
  const added = templates.filter(
    ({ address }) => chartFault([...present, { ...emptyTemplate, address }]) === undefined,
  )
  if (added.length === 0) return { version: before?.version ?? 0, added }
  await bookDueForwards(unit, ledger)
  const chart = { version: (before?.version ?? 0) + 1, templates: [...present, ...added] }
  const fault = chartFault(chart.templates)
  if (fault !== undefined) throw new Refusal('chart_invalid', fault, {})
  await insertChart(unit.db, ledger.id, chart, unit.context.actor.id, unit.clock.now())
  await policiesChanged(unit, ledger)
  return { version: chart.version, added }
}

/**
 * The business calendar in force, or undefined if none was ever set: then every day is a business day.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function ledgerCalendar(db: Db, ledger: string): Promise<BusinessCalendar | undefined> {
  const calendar = await currentCalendar(db, await ledgerId(db, ledger))
  return calendar === undefined ? undefined : businessCalendar(calendar)
}

const emptyTemplate: Omit<Template, 'address'> = {
  type: 'asset',
  overdraft: 'forbidden',
  open_on_first_use: false,
}

async function ledgerId(db: Db, name: string): Promise<bigint> {
  const [row] = await db.query<{ id: bigint }>('SELECT id FROM ledger.ledgers WHERE name = $1 AND id > 0', [
    name,
  ])
  if (row === undefined) throw ledgerNotFound(name)
  return row.id
}
