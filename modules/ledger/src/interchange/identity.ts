import { hash } from 'node:crypto'
import { type JournalTransaction, normalise } from '@florin/journal'
import { requestId } from '@florin/kernel'

/** A transaction of a journal with the id under which it is booked. */
export interface IdentifiedTransaction {
  readonly id: string
  readonly key: string
  readonly payloadHash: Buffer
  readonly transaction: JournalTransaction
}

const command = 'ledger.journal.import'

/**
 * Gives every transaction an id made of the ledger, its content and how often the same content came before it. So the
 * same journal, by whomever and however often it is imported, and also when it has grown, books each transaction once.
 */
export function identify(
  ledger: string,
  transactions: readonly JournalTransaction[],
): IdentifiedTransaction[] {
  const seen = new Map<string, number>()
  return transactions.map((transaction) => {
    const payloadHash = hash('sha256', normalise(transaction), 'buffer')
    const content = payloadHash.toString('hex')
    const occurrence = (seen.get(content) ?? 0) + 1
    seen.set(content, occurrence)
    return identifiedAs(ledger, payloadHash, content, occurrence, transaction)
  })
}

/** The same for a transaction of which it is known how often its content came before: `occurrence` is 1 at first. */
export function identifyOne(
  ledger: string,
  transaction: JournalTransaction,
  occurrence: number,
): IdentifiedTransaction {
  const payloadHash = hash('sha256', normalise(transaction), 'buffer')
  return identifiedAs(ledger, payloadHash, payloadHash.toString('hex'), occurrence, transaction)
}

function identifiedAs(
  ledger: string,
  payloadHash: Buffer,
  content: string,
  occurrence: number,
  transaction: JournalTransaction,
): IdentifiedTransaction {
  const key = `${ledger}/${content}/${occurrence}`
  return { id: requestId('journal', command, key), key, payloadHash, transaction }
}
