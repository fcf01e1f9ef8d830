import type { Db } from '@florin/kernel'
import { endOf, type Period } from '../domain/periods.ts'
import { closingHash, closingText } from '../reports/closing-balance.ts'
import { loadChanges, storedTrialBalance } from './periods.ts'
import { postedByValueTime } from './value-time.ts'

/** What a closing reported, and what the postings say about the same two moments of the journal today. */
export interface Recomputed {
  /** The trial balance as it was stored, byte for byte. */
  readonly text: string
  readonly storedSha256: string
  /** Of the stored text. */
  readonly textSha256: string
  /** Of the text made anew from the postings. */
  readonly recomputedSha256: string
}

/** Recomputes a closing from the postings; undefined where this version is none. */
export async function recomputeClosing(
  db: Db,
  ledger: { readonly id: bigint; readonly name: string },
  period: Period,
  version: number,
): Promise<Recomputed | undefined> {
  const changes = await loadChanges(db, ledger.id, period.number)
  const change = changes.find((one) => one.version === version)
  const text = await storedTrialBalance(db, ledger.id, period.number, version)
  if (change?.sha256 === undefined || text === undefined) return undefined
  const at = async (seq: bigint) => ({
    seq,
    accounts: await postedByValueTime(db, ledger.id, {}, { seq, valueTime: endOf(period.lastDay) }),
  })
  const after = await at(change.seq)
  const before = change.entries.length === 0 ? after : await at(change.seqBefore)
  const recomputed = closingText({ ledger: ledger.name, period, before, after })
  return {
    text,
    storedSha256: change.sha256,
    textSha256: closingHash(text),
    recomputedSha256: closingHash(recomputed),
  }
}
