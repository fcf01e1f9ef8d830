import type { Db } from '@florin/kernel'
import { keptCounters, wrongCounters } from './counters.ts'
import type { Findings } from './findings.ts'
import { wrongHolds } from './holds.ts'
import { checkJournal } from './journal.ts'
import { type ReadPosting, type ReadReservation, Recount } from './recount.ts'
import { idOf, namesOf, numberOf, type Scope } from './scope.ts'

/** Checks one ledger. `progress` is told how many of 2 × `scope.seq` steps are done. */
export async function checkLedger(
  db: Db,
  scope: Scope,
  findings: Findings,
  progress: (steps: number) => void,
): Promise<void> {
  await checkJournal(db, scope, findings, progress)
  const recount = new Recount(scope)
  const assets = await readAssets(db, scope, findings)
  const links = new Links(scope, recount, assets, findings)
  await recount.countPostings(
    db,
    scope,
    (posting) => links.posting(posting),
    (seq) => progress(Number(scope.seq) + seq),
  )
  await recount.countReservations(db, scope, (reservation) => links.reservation(reservation))
  await links.tell(db)
  await checkCounters(db, scope, recount, findings)
  for await (const { id, kept, counted } of wrongHolds(db, scope.id)) {
    findings.add('holds-add-up', {
      subject: id,
      expected: `${counted.remaining} remaining, ${counted.settled} settled, ${counted.status}`,
      found: `${kept.remaining} remaining, ${kept.settled} settled, ${kept.status}`,
    })
  }
  progress(2 * Number(scope.seq))
}

/** Each account's asset by the account's number, as a small number. */
async function readAssets(db: Db, scope: Scope, findings: Findings): Promise<Uint32Array> {
  const codes = new Map<string, number>()
  const assets = new Uint32Array(scope.accounts + 1)
  for await (const accounts of keptCounters(db, scope)) {
    for (const { id, name, asset, ledger } of accounts) {
      if (ledger !== scope.id)
        findings.add('accounts-belong-to-their-ledger', {
          subject: name,
          expected: String(scope.id),
          found: String(ledger),
        })
      const code = codes.get(asset) ?? codes.size + 1
      codes.set(asset, code)
      const number = numberOf(scope.id, id)
      if (number < assets.length) assets[number] = code
    }
  }
  return assets
}

/** Looks at every posting and reservation as it is counted. Of each account the first break is told. */
class Links {
  readonly #scope: Scope
  readonly #recount: Recount
  readonly #assets: Uint32Array
  readonly #findings: Findings
  readonly #broken = new Map<string, { account: number; at: string; expected: string; found: string }>()

  constructor(scope: Scope, recount: Recount, assets: Uint32Array, findings: Findings) {
    this.#scope = scope
    this.#recount = recount
    this.#assets = assets
    this.#findings = findings
  }

  posting(posting: ReadPosting): void {
    const { debit, credit } = posting
    const assets = [this.#assets[debit] ?? 0, this.#assets[credit] ?? 0]
    if (assets[0] !== assets[1] || assets[0] === 0) {
      this.#findings.add('postings-stay-in-ledger-and-asset', {
        subject: `${this.#scope.id}/${posting.seq}/${posting.line}`,
        expected: 'two accounts of one ledger and asset',
        found: `accounts ${idOf(this.#scope.id, debit)} and ${idOf(this.#scope.id, credit)}`,
      })
    }
    this.#compare(posting, debit, posting.debitDebits, posting.debitCredits)
    this.#compare(posting, credit, posting.creditDebits, posting.creditCredits)
  }

  reservation(reservation: ReadReservation): void {
    const { debit, credit, debitPending, creditPending } = reservation
    const held = this.#recount.of(debit).pendingDebits
    const due = this.#recount.of(credit).pendingCredits
    if (held === debitPending && due === creditPending) return
    const { seq, line } = reservation
    this.#findings.add('reserved-totals-link', {
      subject: `${this.#scope.id}/${seq}/${line}`,
      expected: `${held} / ${due}`,
      found: `${debitPending} / ${creditPending}`,
    })
  }

  #compare(posting: ReadPosting, account: number, debits: bigint, credits: bigint): void {
    const counted = this.#recount.postedOf(account)
    if (counted.debits === debits && counted.credits === credits) return
    const key = String(account)
    if (this.#broken.has(key) || this.#assets[account] === undefined) return
    this.#broken.set(key, {
      account,
      at: `${posting.seq}/${posting.line}`,
      expected: `${counted.debits} / ${counted.credits}`,
      found: `${debits} / ${credits}`,
    })
  }

  /** Names the accounts that were broken. */
  async tell(db: Db): Promise<void> {
    const broken = [...this.#broken.values()]
    if (broken.length === 0) return
    const ids = broken.map(({ account }) => idOf(this.#scope.id, account))
    const names = await namesOf(db, ids.slice(0, 100))
    for (const { account, at, expected, found } of broken) {
      const id = idOf(this.#scope.id, account)
      this.#findings.add('running-totals-link', {
        subject: `${names.get(id) ?? id} at ${at}`,
        expected,
        found,
      })
    }
  }
}

async function checkCounters(db: Db, scope: Scope, recount: Recount, findings: Findings): Promise<void> {
  for await (const { name, kept, counted } of wrongCounters(db, scope, recount)) {
    if (kept?.postedDebits !== counted.postedDebits || kept.postedCredits !== counted.postedCredits) {
      findings.add('balances-equal-postings', {
        subject: name,
        expected: `${counted.postedDebits} / ${counted.postedCredits}`,
        found: kept === undefined ? 'none' : `${kept.postedDebits} / ${kept.postedCredits}`,
      })
    }
    if (kept === undefined) continue
    if (kept.pendingDebits !== counted.pendingDebits || kept.pendingCredits !== counted.pendingCredits) {
      findings.add('reserved-equals-holds', {
        subject: name,
        expected: `${counted.pendingDebits} / ${counted.pendingCredits}`,
        found: `${kept.pendingDebits} / ${kept.pendingCredits}`,
      })
    }
    if (kept.version !== counted.version) {
      findings.add('versions-name-the-last-record', {
        subject: name,
        expected: String(counted.version),
        found: String(kept.version),
      })
    }
  }
}
