import { canonical, parseDecimal } from './decimal.ts'
import type { JournalTransaction, Metadata } from './model.ts'

function sorted(metadata: Metadata): [string, string][] {
  return Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/**
 * The content of a transaction as one canonical text: equal content gives equal text, wherever it stands.
 * File, line, the order of tags and metadata, and trailing zeros do not count; the order of lines does.
 */
export function normalise(transaction: JournalTransaction): string {
  const amount = (text: string) => {
    const number = parseDecimal(text)
    return number === undefined ? text : canonical(number)
  }
  return JSON.stringify([
    transaction.kind,
    transaction.date,
    transaction.secondaryDate ?? null,
    transaction.status ?? null,
    transaction.code ?? null,
    transaction.payee ?? null,
    transaction.narration,
    [...transaction.tags].sort(),
    [...transaction.links].sort(),
    sorted(transaction.metadata),
    transaction.lines.map((line) => [
      line.account,
      line.commodity,
      amount(line.amount),
      line.role,
      sorted(line.metadata),
    ]),
    transaction.zeroLines.map((line) => [line.account, line.commodity ?? null, sorted(line.metadata)]),
  ])
}
