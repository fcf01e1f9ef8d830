import type { JournalLine, JournalTransaction } from '@florin/journal'
import type { RequestedLine } from '../domain/instruction.ts'

/** What a journal says about a transaction, in the members of ours. */
export interface Translated {
  readonly lines: readonly RequestedLine[]
  readonly reference: string | undefined
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  /** Epoch milliseconds: midnight UTC of the journal's date. */
  readonly valueTime: number
}

/**
 * A journal's transaction as lines and metadata. Nothing is left behind: what has no member of its own goes into the
 * metadata under the names `payee`, `tags`, `links`, `status`, `date2`, `pad`, and what belongs to single lines into
 * `lines` and `zero-lines`, as JSON.
 */
export function translate(transaction: JournalTransaction): Translated {
  const description = transaction.narration === '' ? transaction.payee : transaction.narration
  const metadata = metadataOf(transaction)
  return {
    lines: transaction.lines.map(lineOf),
    reference: transaction.code,
    description: description === '' ? undefined : description,
    metadata: Object.keys(metadata).length === 0 ? undefined : metadata,
    valueTime: Date.parse(`${transaction.date}T00:00:00Z`),
  }
}

function lineOf(line: JournalLine): RequestedLine {
  const { account, commodity: asset, amount } = line
  return amount.startsWith('-')
    ? { account, asset, credit: amount.slice(1) }
    : { account, asset, debit: amount }
}

function metadataOf(transaction: JournalTransaction): Record<string, string> {
  const { payee, tags, links, status, secondaryDate } = transaction
  const lines = transaction.lines.flatMap((line, i) =>
    hasMembers(line.metadata) ? [{ line: i, ...line.metadata }] : [],
  )
  const zeroLines = transaction.zeroLines.map(({ account, commodity, metadata }) => ({
    account,
    commodity,
    ...metadata,
  }))
  return {
    ...transaction.metadata,
    ...(payee === undefined || payee === '' ? {} : { payee }),
    ...(tags.length === 0 ? {} : { tags: tags.join(' ') }),
    ...(links.length === 0 ? {} : { links: links.join(' ') }),
    // `*` says cleared, which everything booked is.
    ...(status === undefined || status === '*' ? {} : { status }),
    ...(secondaryDate === undefined ? {} : { date2: secondaryDate }),
    ...(transaction.kind === 'pad' ? { pad: 'true' } : {}),
    ...(lines.length === 0 ? {} : { lines: JSON.stringify(lines) }),
    ...(zeroLines.length === 0 ? {} : { 'zero-lines': JSON.stringify(zeroLines) }),
  }
}

function hasMembers(metadata: Readonly<Record<string, string>>): boolean {
  return Object.keys(metadata).length > 0
}
