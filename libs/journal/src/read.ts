import { readBeancount } from './beancount/read.ts'
import type { JournalFile, JournalFormat, JournalResult, JournalSource, ReadOptions } from './model.ts'
import { readPlain } from './plain/read.ts'
import { Report } from './report.ts'

/**
 * Reads a plain-text journal into books that balance in every commodity. Never throws for what a file says:
 * whatever is wrong stands in `errors`, with file and line; if there is any error, import nothing.
 */
export function readJournal(source: JournalSource, options: ReadOptions = {}): JournalResult {
  const format = options.format ?? detectFormat(source)
  const report = new Report()
  return format === 'beancount'
    ? readBeancount(source, options, report)
    : readPlain(source, format, options, report)
}

const BY_ENDING: Readonly<Record<string, JournalFormat>> = {
  beancount: 'beancount',
  bean: 'beancount',
  journal: 'hledger',
  hledger: 'hledger',
  j: 'hledger',
  ledger: 'ledger',
  dat: 'ledger',
}

/** A line only beancount has: a dated keyword, a quoted option, a flag followed by a quoted text. */
const BEANCOUNT_LINE =
  /^(?:option|plugin|include) +"|^\d{4}[-/]\d\d[-/]\d\d +(?:(?:open|close|balance|pad|commodity|note|document|event|price|query|custom) |(?:txn|[*!]) *")/m

/** The format by the file name's ending, else by what the text looks like. */
export function detectFormat(file: JournalFile): JournalFormat {
  const ending = /\.([A-Za-z]+)$/.exec(file.name)?.[1]?.toLowerCase()
  const known = ending === undefined ? undefined : BY_ENDING[ending]
  if (known !== undefined) return known
  return BEANCOUNT_LINE.test(file.content) ? 'beancount' : 'hledger'
}
