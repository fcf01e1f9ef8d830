import { existsSync, readFileSync } from 'node:fs'
import { add, canonical, parseDecimal, ZERO } from '../src/decimal.ts'
import {
  type JournalFile,
  type JournalResult,
  type JournalSource,
  type ReadOptions,
  readJournal,
} from '../src/index.ts'
import { type Balances, tidy } from '../src/testing/foreign.ts'

export * from '../src/testing/foreign.ts'

/** A source that includes from the disk, as a caller would. */
export function fromDisk(path: string): JournalSource {
  return {
    name: path,
    content: readFileSync(path, 'utf8'),
    include: (wanted): JournalFile | undefined =>
      existsSync(wanted) ? { name: wanted, content: readFileSync(wanted, 'utf8') } : undefined,
  }
}

export function readDisk(path: string, options: ReadOptions = {}): JournalResult {
  return readJournal(fromDisk(path), options)
}

/** Our balances; lines we added for conversion are no account of the file. */
export function ourBalances(result: JournalResult): Balances {
  const sums = new Map<string, Map<string, { n: bigint; s: number }>>()
  for (const { lines } of result.transactions)
    for (const line of lines) {
      if (line.role === 'conversion') continue
      const amount = parseDecimal(line.amount)
      if (amount === undefined) throw new Error(`not an amount: ${line.amount}`)
      let account = sums.get(line.account)
      if (account === undefined) {
        account = new Map()
        sums.set(line.account, account)
      }
      account.set(line.commodity, add(account.get(line.commodity) ?? ZERO, amount))
    }
  return tidy(
    [...sums].flatMap(([a, m]) => [...m].map(([c, d]): [string, string, string] => [a, c, canonical(d)])),
  )
}
