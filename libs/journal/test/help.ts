import { add, type Decimal, parseDecimal, ZERO } from '../src/decimal.ts'
import type { JournalFormat, JournalResult, JournalTransaction, ReadOptions } from '../src/index.ts'
import { readJournal } from '../src/index.ts'

const NAMES: Record<JournalFormat, string> = {
  beancount: 'main.beancount',
  hledger: 'main.journal',
  ledger: 'main.ledger',
}

/** Reads a text as if it were a file, with others it may include. */
export function read(
  format: JournalFormat,
  content: string,
  files: Record<string, string> = {},
  options: ReadOptions = {},
): JournalResult {
  return readJournal(
    {
      name: NAMES[format],
      content,
      include: (path) => (files[path] === undefined ? undefined : { name: path, content: files[path] }),
      list: (pattern) => {
        const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
        return Object.keys(files).filter((name) => regex.test(name))
      },
    },
    { format, ...options },
  )
}

/** `account amount commodity` of each line, conversions marked by `~`. */
export function lines(transaction: JournalTransaction | undefined): string[] {
  return (transaction?.lines ?? []).map(
    ({ account, amount, commodity, role }) =>
      `${role === 'conversion' ? '~' : ''}${account} ${amount} ${commodity}`,
  )
}

/** `line code` of each error. */
export function errors(result: JournalResult): string[] {
  return result.errors.map(({ line, code }) => `${line} ${code}`)
}

/** What is left over, per transaction and commodity: empty for books that balance. */
export function leftOver(result: JournalResult): string[] {
  const out: string[] = []
  for (const { lines: all, source } of result.transactions) {
    const sums = new Map<string, Decimal>()
    for (const { commodity, amount } of all) {
      const number = parseDecimal(amount)
      if (number === undefined || number.n === 0n) out.push(`${source.line}: not a movement: ${amount}`)
      else sums.set(commodity, add(sums.get(commodity) ?? ZERO, number))
    }
    for (const [commodity, sum] of sums) if (sum.n !== 0n) out.push(`${source.line}: ${sum.n} ${commodity}`)
  }
  return out
}
