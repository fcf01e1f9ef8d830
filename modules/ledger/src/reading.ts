import { Refusal, type View } from '@florin/kernel'
import { standing } from './domain/account.ts'
import { businessCalendar, dayOf, dueDay, formatDay } from './domain/business-days.ts'
import { matchTemplate, type Template } from './domain/chart.ts'
import { type Place, whyNotOpened } from './posting/surroundings.ts'
import { loadAccounts, loadAccountsById } from './store/accounts.ts'
import { findExponents } from './store/assets.ts'
import { currentBalances } from './store/balances.ts'
import { currentCalendar } from './store/calendars.ts'
import { currentChart } from './store/charts.ts'
import { findLedger } from './store/head.ts'
import { loadHolds } from './store/holds.ts'
import { loadOriginals } from './store/originals.ts'

/** An account's balances in minor units, on its normal side. */
export interface Balance extends Place {
  readonly exponent: number
  readonly total: bigint
  /** What holds keep for themselves. */
  readonly reserved: bigint
}

/**
 * The balances of accounts at or below the prefix, by address and asset, for modules that check their own state.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function readBalances(view: View, ledger: string, prefix: string): Promise<Balance[]> {
  const head = await findLedger(view, ledger)
  const accounts = await currentBalances(view.db, head.id, { prefix }, head.bookedAt)
  return accounts.map(({ address, asset, exponent, type, ...counters }) => {
    const { total, reserved } = standing(type, counters)
    return { address, asset, exponent, total, reserved }
  })
}

/** What is left of holds, in minor units, by id; those that ended have nothing left. */
export async function readHolds(
  view: View,
  ledger: string,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  const head = await findLedger(view, ledger)
  const rows = await loadHolds(view.db, head.id, ids)
  return new Map(rows.map((row) => [row.id, row.status === 'open' ? row.remaining : 0n]))
}

/** What a transaction moved, its corrections included, and whether it was reversed. */
export interface Movement {
  readonly reversed: boolean
  /** Minor units. */
  readonly moves: readonly {
    readonly debit: string
    readonly credit: string
    readonly asset: string
    readonly amount: bigint
  }[]
}

/** What these transactions moved, by id; those that are not booked in this ledger are missing. */
export async function readMovements(
  view: View,
  ledger: string,
  ids: readonly string[],
): Promise<Map<string, Movement>> {
  const head = await findLedger(view, ledger)
  const originals = await loadOriginals(view.db, head.id, ids, async (accounts) => {
    const loaded = await loadAccountsById(view.db, [...new Set(accounts)])
    const byId = new Map(loaded.map((account) => [account.id, account]))
    return (id) => {
      const account = byId.get(id)
      if (account === undefined) throw new Error(`There is no account ${id}`)
      return account
    }
  })
  return new Map(
    [...originals].map(([id, { reversedBy, moves }]) => [
      id,
      {
        reversed: reversedBy !== undefined,
        moves: moves.map(({ debit, credit, amount }) => ({
          debit: debit.address,
          credit: credit.address,
          asset: debit.asset,
          amount,
        })),
      },
    ]),
  )
}

/**
 * Why postings to these places would be refused whatever their amounts: assets, the chart, accounts that are not there
 * and would not open by themselves; undefined: nothing.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function whyNotPlaces(
  view: View,
  ledger: string,
  places: readonly Place[],
): Promise<Refusal | undefined> {
  const head = await findLedger(view, ledger)
  const chart = await currentChart(view.db, head.id)
  if (chart === undefined) return new Refusal('chart_missing', 'The ledger has no chart of accounts', {})
  const exponents = await findExponents(
    view.db,
    places.map(({ asset }) => asset),
  )
  const there = await loadAccounts(view.db, head.id, places)
  for (const { address, asset } of places) {
    if (there.some((account) => account.address === address && account.asset === asset)) continue
    if (!exponents.has(asset))
      return new Refusal('asset_unknown', `The asset "${asset}" is not known`, { asset })
    if (!opens(matchTemplate(chart, address), asset)) return whyNotOpened(chart, address, asset)
  }
  return undefined
}

function opens(template: Template | undefined, asset: string): boolean {
  return template?.open_on_first_use === true && template.assets?.includes(asset) !== false
}

/** Weekends, until a calendar says more. */
const noCalendar = {
  weekend: new Set([6, 7]),
  holidays: new Set<number>(),
  firstDay: Number.POSITIVE_INFINITY,
  lastDay: 0,
}

/** The days by which what happens at an instant is due, such as `2026-02-03`. */
export interface SettlementDays {
  /**
   * T + `businessDays` by the ledger's calendar, by the rule of its settlement terms: what happens on a day that is none
   * counts as happening on the next business day.
   *
   * @param instant epoch milliseconds; its day is that in UTC
   */
  of(instant: number, businessDays: number): string
}

/** @throws Refusal `ledger_not_found` */
export async function settlementDays(view: View, ledger: string): Promise<SettlementDays> {
  const head = await findLedger(view, ledger)
  const record = await currentCalendar(view.db, head.id)
  const calendar = record === undefined ? noCalendar : businessCalendar(record)
  return { of: (instant, businessDays) => formatDay(dueDay(calendar, dayOf(instant), businessDays).day) }
}
