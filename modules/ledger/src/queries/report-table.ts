import { type CsvCell, csv, type Format, type View } from '@florin/kernel'
import type { DayFrame, SpanFrame } from './report-frame.ts'

/** A report as one table: what it is about, and rows under a header. */
export interface Table {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly CsvCell[])[]
}

/** A report as CSV, and as text in columns: what the command line shows to people. */
export function tableFormats<I>(table: (view: View, input: I) => Promise<Table>): Format<I>[] {
  return [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, input) {
        const { header, rows } = await table(view, input)
        yield* csv(header, rows)
      },
    },
    {
      mediaType: 'text/plain; charset=utf-8',
      async *write(view, input) {
        yield* textOf(await table(view, input))
      },
    },
  ]
}

/** `cafe, 2025-05-01 to 2025-05-31 beside 2025-03-01 to 2025-03-31, restated, up to record 11` */
export function spanTitle({ head, current, compared }: SpanFrame): string {
  const days = `${current.firstDay} to ${current.lastDay}`
  const beside = compared === undefined ? '' : ` beside ${compared.firstDay} to ${compared.lastDay}`
  return `${head.ledger}, ${days}${beside}${believed(head)}`
}

/** `cafe, at the end of 2025-05-31, up to record 11` */
export function dayTitle({ head, day, comparedDay }: DayFrame): string {
  const beside = comparedDay === undefined ? '' : ` beside ${comparedDay}`
  return `${head.ledger}, at the end of ${day}${beside}${believed(head)}`
}

function believed(head: SpanFrame['head'] | DayFrame['head']): string {
  return `${head.corrections === 'restated' ? ', restated' : ''}, up to record ${head.as_of_seq}`
}

/** Lines of a piece. */
const linesAtOnce = 1_000

function* textOf({ title, header, rows }: Table): Generator<string> {
  const heads = header.map((name) => name.replaceAll('_', ' '))
  const cells = rows.map((row) => row.map((cell) => String(cell ?? '')))
  const widths = heads.map((name, i) =>
    cells.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), name.length),
  )
  const numeric = heads.map((_, i) => cells.length > 0 && cells.every((row) => isNumber(row[i] ?? '')))
  const lineOf = (row: readonly string[]): string =>
    `${row
      .map((cell, i) => (numeric[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()}\n`
  yield `${title}\n\n${lineOf(heads)}`
  for (let from = 0; from < cells.length; from += linesAtOnce)
    yield cells
      .slice(from, from + linesAtOnce)
      .map(lineOf)
      .join('')
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text)
}
