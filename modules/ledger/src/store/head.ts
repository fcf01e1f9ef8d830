import { Refusal, type Unit, type View } from '@florin/kernel'
import { KnownAccounts, takeKnownAccounts } from './known-accounts.ts'
import { instant, type Statement } from './rows.ts'

/** A ledger, where its journal ends, and the time that everything booked now gets. Under its lock nobody else changes it. */
export interface LedgerHead {
  readonly id: bigint
  readonly name: string
  /** seq of the last record; the next one is `seq + 1`. */
  seq: bigint
  /** Accounts opened so far. */
  accounts: bigint
  /** Epoch milliseconds; never before an earlier record's, whatever the clock does. */
  readonly bookedAt: number
  /** Counts changes of what postings are judged by: chart, periods, limits, what an account allows. */
  policies: bigint
  /** Whether this unit changed them, so that what it sees may still be rolled back. */
  policiesAreOwn: boolean
  /** When the first pending forward is due, or earlier, in epoch milliseconds; undefined: none is pending. */
  forwardDue: number | undefined
  /** Accounts that need not be read again. */
  readonly known: KnownAccounts
}

const locked = new WeakMap<Unit, Map<string, LedgerHead>>()

/** Nobody's ledger: it records refusals of calls that name a ledger that does not exist. */
const nobodys = ''

/**
 * Takes the ledger's write lock for the rest of the unit. The booking time is read after the lock is held, so that it
 * rises with the sequence. Lock doctrine: the head first, everything else of the ledger after it; then no two writers
 * of one ledger ever hold locks at the same time, and accounts need none of their own.
 */
export async function lockLedger(unit: Unit, name: string): Promise<LedgerHead> {
  const held = await tryLock(unit, name)
  if (held === undefined) throw ledgerNotFound(name)
  return held
}

/** As `lockLedger`, but locks nobody's ledger where there is none of that name. */
export async function lockLedgerOrNobodys(unit: Unit, name: string): Promise<LedgerHead> {
  const held = (await tryLock(unit, name)) ?? (await tryLock(unit, nobodys))
  if (held === undefined) throw new Error('The ledger 0 is missing')
  return held
}

export function ledgerNotFound(name: string): Refusal {
  return new Refusal('ledger_not_found', `There is no ledger "${name}"`, { ledger: name })
}

async function tryLock(unit: Unit, name: string): Promise<LedgerHead | undefined> {
  const ledgers = locked.get(unit) ?? new Map<string, LedgerHead>()
  locked.set(unit, ledgers)
  const held = ledgers.get(name)
  if (held !== undefined) return held
  const [row] = await unit.db.query<HeadRow>(
    `SELECT l.id, h.seq, h.accounts, h.booked_at, h.policies, h.forward_due
     FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id
     WHERE l.name = $1 FOR NO KEY UPDATE OF h`,
    [name],
  )
  if (row === undefined) return undefined
  const ledger = ledgerOf(name, row, unit.clock.now(), (head) => takeKnownAccounts(unit, head))
  ledgers.set(name, ledger)
  return ledger
}

/** The id of the next account of this ledger. The lock makes it unique; an unused one is given out again. */
export function nextAccountId(ledger: LedgerHead): bigint {
  ledger.accounts += 1n
  return (ledger.id << 40n) + ledger.accounts
}

/** Writes down where the journal ends now. */
export function saveHead(ledger: LedgerHead): Statement {
  return {
    text: 'UPDATE ledger.heads SET seq = $2, accounts = $3, booked_at = $4 WHERE ledger_id = $1',
    values: [ledger.id, ledger.seq, ledger.accounts, instant(ledger.bookedAt)],
  }
}

/**
 * To be called by whatever changes what postings of the ledger are judged by, under its lock: every process then loads
 * it anew before it books. To be called after the change: accounts are read again after it.
 */
export async function policiesChanged(unit: Unit, ledger: LedgerHead): Promise<void> {
  ledger.policies += 1n
  ledger.policiesAreOwn = true
  ledger.known.clear()
  await unit.db.query('UPDATE ledger.heads SET policies = $2 WHERE ledger_id = $1', [
    ledger.id,
    ledger.policies,
  ])
}

/** A ledger as a reader sees it: no lock is taken. Throws `ledger_not_found`. */
export async function findLedger(view: View, name: string): Promise<LedgerHead> {
  const [row] = await view.db.query<HeadRow>(
    `SELECT l.id, h.seq, h.accounts, h.booked_at, h.policies, h.forward_due
     FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id WHERE l.name = $1`,
    [name],
  )
  if (row === undefined || name === nobodys) throw ledgerNotFound(name)
  return ledgerOf(name, row, view.clock.now(), () => new KnownAccounts())
}

interface HeadRow {
  id: bigint
  seq: bigint
  accounts: bigint
  booked_at: Date
  policies: bigint
  forward_due: Date | null
}

function ledgerOf(
  name: string,
  row: HeadRow,
  now: number,
  known: (head: Omit<LedgerHead, 'known'>) => KnownAccounts,
): LedgerHead {
  const head = {
    id: row.id,
    name,
    seq: row.seq,
    accounts: row.accounts,
    bookedAt: Math.max(now, row.booked_at.getTime()),
    policies: row.policies,
    policiesAreOwn: false,
    forwardDue: row.forward_due?.getTime(),
  }
  // the very object that changes while the unit books: what is kept is what it says at the end
  return Object.assign(head, { known: known(head) })
}
