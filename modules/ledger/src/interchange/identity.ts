import { createHash } from 'node:crypto'
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
    const payloadHash = createHash('sha256').update(normalise(transaction)).digest()
    const content = payloadHash.toString('hex')
    const occurrence = (seen.get(content) ?? 0) + 1
    seen.set(content, occurrence)
    const key = `${ledger}/${content}/${occurrence}`
    return { id: requestId('journal', command, key), key, payloadHash, transaction }
  })
}
