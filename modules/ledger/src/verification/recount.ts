import type { Db } from '@florin/kernel'
import type { Scope } from './scope.ts'

/** Rows that are read with one statement: little memory on both sides, and a moment of work. */
const page = 5_000

/** A posting as recorded; accounts by their number within the ledger. */
export interface ReadPosting {
  readonly seq: number
  readonly line: number
  readonly debit: number
  readonly credit: number
  readonly amount: bigint
  readonly debitDebits: bigint
  readonly debitCredits: bigint
  readonly creditDebits: bigint
  readonly creditCredits: bigint
}

/** A change of what is held, as recorded. */
export interface ReadReservation {
  readonly seq: number
  readonly line: number
  readonly debit: number
  readonly credit: number
  readonly delta: bigint
  readonly debitPending: bigint
  readonly creditPending: bigint
}

/** The counters of one account, counted anew. */
export interface Counted {
  readonly postedDebits: bigint
  readonly postedCredits: bigint
  readonly pendingDebits: bigint
  readonly pendingCredits: bigint
  /** seq of the last record that changed them. */
  readonly version: bigint
}

/**
 * Counts a ledger's accounts anew from its postings and reservations, in the order they were booked. Memory grows with
 * the accounts (about 100 bytes each), not with the postings. Can go on later where it stopped.
 */
export class Recount {
  readonly ledger: bigint
  readonly #postedDebits: bigint[] = []
  readonly #postedCredits: bigint[] = []
  readonly #versions: number[] = []
  /** Few accounts hold anything. */
  readonly #pendingDebits = new Map<number, bigint>()
  readonly #pendingCredits = new Map<number, bigint>()
  #postings = { seq: 0, line: -1 }
  #reservations = { seq: 0, line: -1 }

  constructor({ id, accounts }: Scope) {
    this.ledger = id
    this.#makeRoom(accounts)
  }

  of(account: number): Counted {
    return {
      postedDebits: this.#postedDebits[account] ?? 0n,
      postedCredits: this.#postedCredits[account] ?? 0n,
      pendingDebits: this.#pendingDebits.get(account) ?? 0n,
      pendingCredits: this.#pendingCredits.get(account) ?? 0n,
      version: BigInt(this.#versions[account] ?? 0),
    }
  }

  /** What was posted to the account so far; cheaper than all of its counters. */
  postedOf(account: number): { readonly debits: bigint; readonly credits: bigint } {
    return { debits: this.#postedDebits[account] ?? 0n, credits: this.#postedCredits[account] ?? 0n }
  }

  /**
   * Counts the postings after those counted so far, up to a seq; `look` is told of each, after it was counted.
   * Accounts of other ledgers are left out. Served by the primary key of `ledger.postings`.
   */
  async countPostings(
    db: Db,
    { seq: upTo, accounts }: Scope,
    look: (posting: ReadPosting) => void = () => undefined,
    progress: (seq: number) => void = () => undefined,
  ): Promise<void> {
    this.#makeRoom(accounts)
    for (;;) {
      const rows = await readPage(db, postingsPage, this.ledger, this.#postings, upTo)
      for (const row of rows) {
        const posting = postingOf(row)
        this.#count(posting)
        look(posting)
      }
      const last = rows.at(-1)
      if (last === undefined) return
      this.#postings = { seq: Number(last[0]), line: Number(last[1]) }
      progress(this.#postings.seq)
      if (rows.length < page) return
    }
  }

  /** The same for what is held. Served by the primary key of `ledger.reservations`. */
  async countReservations(
    db: Db,
    { seq: upTo }: Scope,
    look: (reservation: ReadReservation) => void = () => undefined,
  ): Promise<void> {
    for (;;) {
      const rows = await readPage(db, reservationsPage, this.ledger, this.#reservations, upTo)
      for (const row of rows) {
        const reservation = reservationOf(row)
        this.#hold(reservation)
        look(reservation)
      }
      const last = rows.at(-1)
      if (last === undefined) return
      this.#reservations = { seq: Number(last[0]), line: Number(last[1]) }
      if (rows.length < page) return
    }
  }

  #count({ seq, debit, credit, amount }: ReadPosting): void {
    const debits = this.#postedDebits[debit]
    if (debits !== undefined) {
      this.#postedDebits[debit] = debits + amount
      this.#touch(debit, seq)
    }
    const credits = this.#postedCredits[credit]
    if (credits !== undefined) {
      this.#postedCredits[credit] = credits + amount
      this.#touch(credit, seq)
    }
  }

  #hold({ seq, debit, credit, delta }: ReadReservation): void {
    this.#pendingDebits.set(debit, (this.#pendingDebits.get(debit) ?? 0n) + delta)
    this.#pendingCredits.set(credit, (this.#pendingCredits.get(credit) ?? 0n) + delta)
    this.#touch(debit, seq)
    this.#touch(credit, seq)
  }

  #touch(account: number, seq: number): void {
    if ((this.#versions[account] ?? 0) < seq) this.#versions[account] = seq
  }

  #makeRoom(accounts: number): void {
    for (let number = this.#postedDebits.length; number <= accounts; number++) {
      this.#postedDebits.push(0n)
      this.#postedCredits.push(0n)
      this.#versions.push(0)
    }
  }
}

/**
 * A page as one text: a driver that makes an object of every row and a value of every cell would be most of the work.
 * $1 ledger, $2 and $3 where to go on, $4 the last seq, $5 what account ids begin at.
 */
const postingsPage = `SELECT string_agg(concat_ws(' ', seq, line, debit_account - $5, credit_account - $5, amount,
    debit_debits, debit_credits, credit_debits, credit_credits), E'\\n' ORDER BY seq, line) AS rows
  FROM (SELECT * FROM ledger.postings WHERE ledger_id = $1 AND (seq, line) > ($2, $3) AND seq <= $4
        ORDER BY seq, line LIMIT ${page}) p`

const reservationsPage = `SELECT string_agg(concat_ws(' ', seq, line, debit_account - $5, credit_account - $5, delta,
    debit_pending, credit_pending), E'\\n' ORDER BY seq, line) AS rows
  FROM (SELECT * FROM ledger.reservations WHERE ledger_id = $1 AND (seq, line) > ($2, $3) AND seq <= $4
        ORDER BY seq, line LIMIT ${page}) r`

async function readPage(
  db: Db,
  sql: string,
  ledger: bigint,
  after: { readonly seq: number; readonly line: number },
  upTo: bigint,
): Promise<string[][]> {
  const [row] = await db.query<{ rows: string | null }>(sql, [
    ledger,
    after.seq,
    after.line,
    upTo,
    ledger << 40n,
  ])
  return row?.rows === undefined || row.rows === null
    ? []
    : row.rows.split('\n').map((line) => line.split(' '))
}

function postingOf(cells: readonly string[]): ReadPosting {
  return {
    seq: Number(cells[0]),
    line: Number(cells[1]),
    debit: Number(cells[2]),
    credit: Number(cells[3]),
    amount: integer(cells[4]),
    debitDebits: integer(cells[5]),
    debitCredits: integer(cells[6]),
    creditDebits: integer(cells[7]),
    creditCredits: integer(cells[8]),
  }
}

function reservationOf(cells: readonly string[]): ReadReservation {
  return {
    seq: Number(cells[0]),
    line: Number(cells[1]),
    debit: Number(cells[2]),
    credit: Number(cells[3]),
    delta: integer(cells[4]),
    debitPending: integer(cells[5]),
    creditPending: integer(cells[6]),
  }
}

function integer(text: string | undefined): bigint {
  if (text === undefined) throw new Error('A record came with too few columns')
  return BigInt(text)
}
