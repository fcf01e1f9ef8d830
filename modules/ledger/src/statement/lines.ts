import type { View } from '@florin/kernel'
import {
  firstInstant,
  linesByBooking,
  linesByValue,
  type Place,
  type StatementRow,
  seqsUpTo,
  type ValuePlace,
} from '../store/statement-lines.ts'
import { balanceOf, type Statement, type Totals } from './statement.ts'

/** A line with the account's totals after it, in the statement's own order. */
export interface StatementLine extends StatementRow {
  readonly after: Totals
}

/** Where a page goes on: after this line, with these totals. */
export interface Continuation extends ValuePlace {
  /** Absent: those that the lines themselves tell, which only booking order can. */
  readonly totals: Totals | undefined
}

export function continuationOf(line: StatementLine): Continuation {
  return { valueTime: line.value_time.getTime(), seq: line.seq, line: line.line, totals: line.after }
}

/** The next lines of a statement, each with the totals after it. */
export async function readLines(
  view: View,
  statement: Statement,
  from: Continuation | undefined,
  limit: number,
): Promise<StatementLine[]> {
  const { ledgerId, account, order } = statement
  const lines = { ledgerId, accountId: account.id, limit }
  const rows =
    order === 'booking'
      ? await linesByBooking(view.db, lines, {
          after: from ?? { seq: statement.records.after, line: mostLine },
          upTo: statement.records.upTo,
        })
      : await linesByValue(view.db, lines, await valueSpan(view, statement, from))
  const before = from === undefined ? statement.opening : (from.totals ?? totalsBefore(rows[0], order))
  return withTotals(rows, order, before)
}

/** All lines, a page at a time. Throws where the statement does not add up: then the books are wrong. */
export async function* allLines(view: View, statement: Statement): AsyncGenerator<StatementLine> {
  let from: Continuation | undefined
  for (;;) {
    const lines = await readLines(view, statement, from, pageLines)
    yield* lines
    const last = lines.at(-1)
    if (last !== undefined) from = continuationOf(last)
    if (lines.length < pageLines) break
  }
  if (!closes(statement, from?.totals)) {
    throw new Error(`The statement of ${statement.account.address} does not lead to its closing balance`)
  }
}

/** Whether the lines lead from the opening to the closing balance; `last` are the totals after them, if there are any. */
export function closes({ opening, closing }: Statement, last: Totals | undefined): boolean {
  const { debits, credits } = last ?? opening
  return debits === closing.debits && credits === closing.credits
}

/** The balance after a line, on the account's normal side, in minor units. */
export function balanceAfter(statement: Statement, line: StatementLine): bigint {
  return balanceOf(statement.account, line.after)
}

const pageLines = 1_000
/** After every line of a record. */
const mostLine = 2_147_483_647
/** Before every place of value order. */
const first: ValuePlace = { valueTime: firstInstant, seq: 0n, line: 0 }

async function valueSpan(view: View, statement: Statement, from: Continuation | undefined) {
  const { to, asOf, records } = statement
  if (to === undefined) throw new Error('A statement in value order has an end')
  const after = from ?? { ...first, valueTime: statement.from ?? first.valueTime }
  return {
    after,
    last: to - 1,
    asOf,
    punctual: { after: await punctualPlace(view, statement, after), upTo: records.upTo },
  }
}

/** Where a place of value order lies among the lines that were booked as they happened. */
async function punctualPlace({ db }: View, { ledgerId }: Statement, place: ValuePlace): Promise<Place> {
  const [before = 0n, upTo = 0n] = await seqsUpTo(db, ledgerId, [place.valueTime - 1, place.valueTime])
  if (place.seq <= before) return { seq: before, line: mostLine }
  if (place.seq <= upTo) return place
  return { seq: upTo, line: mostLine }
}

/** The totals before a line, from those after it. */
function totalsBefore(row: StatementRow | undefined, order: Statement['order']): Totals {
  if (order === 'value') throw new Error('The totals of value order are nowhere but in the statement itself')
  if (row === undefined) return { debits: 0n, credits: 0n }
  const debit = row.side === 'debit'
  return { debits: row.debits - (debit ? row.amount : 0n), credits: row.credits - (debit ? 0n : row.amount) }
}

function withTotals(
  rows: readonly StatementRow[],
  order: Statement['order'],
  before: Totals,
): StatementLine[] {
  let { debits, credits } = before
  return rows.map((row) => {
    if (row.side === 'debit') debits += row.amount
    else credits += row.amount
    if (order === 'booking' && (row.debits !== debits || row.credits !== credits)) {
      throw new Error(`The totals at ${row.seq}/${row.line} do not follow from those before`)
    }
    return { ...row, after: { debits, credits } }
  })
}
