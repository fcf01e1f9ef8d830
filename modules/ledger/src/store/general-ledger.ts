import type { Db } from '@florin/kernel'
import type { AccountType } from '../domain/account.ts'
import { endOf, type Span, startOf } from '../domain/periods.ts'
import { type AccountFilter, accountConditions } from './balances.ts'
import { arrayLiteral, instant } from './rows.ts'
import { postedAt } from './turnover.ts'

export interface LedgerAccount {
  readonly id: bigint
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
}

/** One entry line of an account. */
export interface LedgerLine {
  readonly seq: bigint
  readonly line: number
  /** Epoch milliseconds. */
  readonly valueTime: number
  readonly bookedAt: number
  readonly side: 'debit' | 'credit'
  /** Minor units. */
  readonly amount: bigint
  readonly transaction: string
  readonly kind: string
  readonly reference: string | null
  readonly description: string | null
  readonly counterAccount: string
  /** Whether it reverses or corrects something that lies before the span. */
  readonly cleanUp: boolean
}

/** One row: the opening of an account, its lines, its closing. `balance` is debits − credits after it, minor units. */
export interface LedgerRow {
  readonly account: LedgerAccount
  readonly row: 'opening' | 'line' | 'closing'
  readonly line: LedgerLine | undefined
  readonly balance: bigint
}

/** Where to go on: after which row of which account. */
export interface LedgerPlace {
  readonly account: bigint
  readonly row: LedgerRow['row']
  /** Of the line; epoch milliseconds. */
  readonly valueTime: number
  readonly seq: bigint
  readonly line: number
  readonly balance: bigint
}

export interface LedgerQuestion {
  readonly ledgerId: bigint
  readonly filter: AccountFilter
  readonly span: Span
  /** The journal is believed up to this record. */
  readonly seq: bigint
}

const accountsAtOnce = 50
const linesAtOnce = 500

/**
 * The general ledger by address and asset, each account's lines by value time. Reads as far as the caller goes on: a
 * few statements for every 50 accounts, and one for every 500 further lines of an account.
 */
export async function* generalLedger(
  db: Db,
  question: LedgerQuestion,
  after: LedgerPlace | undefined,
): AsyncGenerator<LedgerRow> {
  let last = after === undefined ? undefined : await accountOf(db, question.ledgerId, after.account)
  if (after !== undefined && last !== undefined && after.row !== 'closing')
    yield* restOf(db, question, last, after, undefined)
  for (;;) {
    const accounts = await accountsAfter(db, question, last)
    const openings = await openingsOf(db, question, accounts)
    const lines = await linesOf(db, question, accounts, undefined)
    for (const account of accounts) {
      const balance = openings.get(account.id) ?? 0n
      const own = lines.get(account.id) ?? []
      if (balance === 0n && own.length === 0) continue
      yield { account, row: 'opening', line: undefined, balance }
      const start = { account: account.id, row: 'opening' as const, valueTime: 0, seq: 0n, line: 0, balance }
      yield* restOf(db, question, account, start, own)
    }
    last = accounts.at(-1)
    if (accounts.length < accountsAtOnce) return
  }
}

/** An account's lines after a place, and its closing. `known` are the first of those lines, if they were read already. */
async function* restOf(
  db: Db,
  question: LedgerQuestion,
  account: LedgerAccount,
  after: LedgerPlace,
  known: readonly LedgerLine[] | undefined,
): AsyncGenerator<LedgerRow> {
  let place = after
  const next = async (): Promise<readonly LedgerLine[]> =>
    (await linesOf(db, question, [account], place)).get(account.id) ?? []
  let lines = known ?? (await next())
  for (;;) {
    for (const line of lines) {
      const balance = place.balance + (line.side === 'debit' ? line.amount : -line.amount)
      yield { account, row: 'line', line, balance }
      const { valueTime, seq, line: number } = line
      place = { account: account.id, row: 'line', valueTime, seq, line: number, balance }
    }
    if (lines.length < linesAtOnce) break
    lines = await next()
  }
  yield { account, row: 'closing', line: undefined, balance: place.balance }
}

const accountColumns = 'a.id, a.address, a.asset, a.exponent, a.type'

async function accountOf(db: Db, ledgerId: bigint, id: bigint): Promise<LedgerAccount | undefined> {
  const [account] = await db.query<LedgerAccount>(
    `SELECT ${accountColumns} FROM ledger.accounts a WHERE a.ledger_id = $1 AND a.id = $2`,
    [ledgerId, id],
  )
  return account
}

/** The next accounts by address and asset: a span of the unique index of the two. */
async function accountsAfter(
  db: Db,
  { ledgerId, filter }: LedgerQuestion,
  last: LedgerAccount | undefined,
): Promise<LedgerAccount[]> {
  const where = accountConditions(ledgerId, filter)
  where.add(last?.address, (p) => `(a.address, a.asset) > (${p}, ${where.value(last?.asset)})`)
  return db.query<LedgerAccount>(
    `SELECT ${accountColumns} FROM ledger.accounts a ${where.sql} ORDER BY a.address, a.asset LIMIT ${accountsAtOnce}`,
    where.values,
  )
}

async function openingsOf(
  db: Db,
  { ledgerId, span, seq }: LedgerQuestion,
  accounts: readonly LedgerAccount[],
): Promise<Map<bigint, bigint>> {
  if (accounts.length === 0) return new Map()
  const ids = accounts.map((account) => account.id)
  const totals = await postedAt(db, ledgerId, { ids }, startOf(span.firstDay) - 1, { seq, restated: false })
  return new Map(totals.map(({ accountId, debits, credits }) => [accountId, debits - credits]))
}

interface LineRow {
  account: bigint
  seq: bigint
  line: number
  value_time: Date
  booked_at: Date
  side: 'debit' | 'credit'
  amount: bigint
  transaction: string
  kind: string
  reference: string | null
  description: string | null
  counter_account: string
  clean_up: boolean
}

/** The next lines of each of the accounts after a place, 500 at most of each. */
async function linesOf(
  db: Db,
  { span, seq }: LedgerQuestion,
  accounts: readonly LedgerAccount[],
  after: LedgerPlace | undefined,
): Promise<Map<bigint, LedgerLine[]>> {
  if (accounts.length === 0) return new Map()
  const values: unknown[] = []
  const value = (given: unknown, type: string): string => `$${values.push(given)}::${type}`
  const ids = value(arrayLiteral(accounts.map((account) => account.id)), 'bigint[]')
  const from = value(instant(startOf(span.firstDay)), 'timestamptz')
  const to = value(instant(endOf(span.lastDay)), 'timestamptz')
  const upTo = value(seq, 'bigint')
  const later = after?.row === 'line' ? laterThan(after, value) : ''
  const side = (own: 'debit' | 'credit', other: 'debit' | 'credit'): string =>
    `(SELECT p.ledger_id, p.seq, p.line, p.value_time, p.booked_at, p.amount, '${own}' AS side, p.${other}_account AS counter
      FROM ledger.postings p
      WHERE p.${own}_account = own.id AND p.value_time >= ${from} AND p.value_time <= ${to} AND p.seq <= ${upTo} ${later}
      ORDER BY p.value_time, p.seq, p.line LIMIT ${linesAtOnce})`
  const rows = await db.query<LineRow>(
    `SELECT own.id AS account, e.seq, e.line, e.value_time, e.booked_at, e.side, e.amount, j.id AS transaction, j.kind,
       j.reference, j.description, c.address AS counter_account,
       j.kind IN ('reversal', 'correction') AND s.value_time < ${from} AS clean_up
     FROM unnest(${ids}) WITH ORDINALITY AS own(id, place)
     CROSS JOIN LATERAL (SELECT * FROM (${side('debit', 'credit')} UNION ALL ${side('credit', 'debit')}) sides
                         ORDER BY value_time, seq, line LIMIT ${linesAtOnce}) e
     JOIN ledger.journal j ON j.ledger_id = e.ledger_id AND j.seq = e.seq
     LEFT JOIN ledger.journal s ON s.id = j.subject
     JOIN ledger.accounts c ON c.id = e.counter
     ORDER BY own.place, e.value_time, e.seq, e.line`,
    values,
  )
  return Map.groupBy(rows.map(lineOf), ({ account }) => account)
}

function laterThan(place: LedgerPlace, value: (given: unknown, type: string) => string): string {
  const key = [
    value(instant(place.valueTime), 'timestamptz'),
    value(place.seq, 'bigint'),
    value(place.line, 'int'),
  ]
  return `AND (p.value_time, p.seq, p.line) > (${key.join(', ')})`
}

function lineOf(row: LineRow): LedgerLine & { readonly account: bigint } {
  return {
    account: row.account,
    seq: row.seq,
    line: row.line,
    valueTime: row.value_time.getTime(),
    bookedAt: row.booked_at.getTime(),
    side: row.side,
    amount: row.amount,
    transaction: row.transaction,
    kind: row.kind,
    reference: row.reference,
    description: row.description,
    counterAccount: row.counter_account,
    cleanUp: row.clean_up,
  }
}
