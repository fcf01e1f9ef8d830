import type { BookAccount } from '../domain/book.ts'
import { columnOf, instant, rowSource, type Statement } from './rows.ts'

interface Shift {
  readonly account: bigint
  readonly day: string
  debits: bigint
  credits: bigint
}

/** Sums what a batch books with another value time than its booking time, by account and day. */
export class ValueShifts {
  readonly #shifts = new Map<string, Shift>()

  add(valueTime: number, posting: { debit: BookAccount; credit: BookAccount; amount: bigint }): void {
    const day = dayOf(valueTime)
    this.#of(posting.debit.id, day).debits += posting.amount
    this.#of(posting.credit.id, day).credits += posting.amount
  }

  /** Adds them to what the days have already: one row an account and day, and no later one. */
  save(bookedAt: number): Statement[] {
    if (this.#shifts.size === 0) return []
    const shifts = [...this.#shifts.values()]
    const values: unknown[] = [dayOf(bookedAt)]
    const rows = rowSource(
      [
        columnOf('account', 'bigint', shifts, (s) => s.account),
        columnOf('day', 'date', shifts, (s) => s.day),
        columnOf('debits', 'numeric', shifts, (s) => s.debits),
        columnOf('credits', 'numeric', shifts, (s) => s.credits),
      ],
      values,
    )
    return [
      {
        text: `INSERT INTO ledger.value_days AS d (account_id, value_day, booked_day, debits, credits)
         SELECT account, day, $1, debits, credits FROM ${rows}
         ON CONFLICT (account_id, value_day, booked_day)
         DO UPDATE SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits`,
        values,
      },
    ]
  }

  #of(account: bigint, day: string): Shift {
    const key = `${account} ${day}`
    let shift = this.#shifts.get(key)
    if (shift === undefined) {
      shift = { account, day, debits: 0n, credits: 0n }
      this.#shifts.set(key, shift)
    }
    return shift
  }
}

/** The UTC day of an instant. */
function dayOf(ms: number): string {
  return instant(ms).slice(0, 10)
}
