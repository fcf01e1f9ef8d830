import type { Unit } from '@florin/kernel'
import type { Monitor } from '../domain/watches.ts'
import { loadAccountsById } from '../store/accounts.ts'
import { type LedgerHead, saveHead } from '../store/head.ts'
import { sendAll } from '../store/rows.ts'
import { calmAccounts } from '../store/watch-setup.ts'
import { saveStates } from '../store/watch-states.ts'
import { monitorEvent } from './monitoring.ts'

/** Accounts that are cleared with one call, at most. */
const atOnce = 500

/** Clears a monitor where its window has rolled past what triggered it. Gives on how many accounts. */
export async function clearCalm(unit: Unit, ledger: LedgerHead, monitor: Monitor): Promise<number> {
  const calm = await calmAccounts(unit.db, ledger.id, monitor, ledger.bookedAt, atOnce)
  if (calm.length === 0) return 0
  const accounts = await loadAccountsById(
    unit.db,
    calm.map(({ id }) => id),
  )
  const byId = new Map(accounts.map((account) => [account.id, account]))
  for (const { id, change } of calm) {
    const account = byId.get(id)
    if (account === undefined) throw new Error(`The account ${id} of a monitor is missing`)
    unit.emit(monitorEvent(ledger.name, monitor, account, { is: false, change, transaction: null }))
  }
  const turned = { monitor: monitor.id, triggered: false, since: ledger.bookedAt, seq: ledger.seq }
  // Whatever is booked later is booked after this moment, also by a clock that steps back.
  await sendAll(unit.db, [
    ...saveStates(calm.map(({ id }) => ({ ...turned, account: id }))),
    saveHead(ledger),
  ])
  return calm.length
}
