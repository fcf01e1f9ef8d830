import {
  BeancountWriter,
  type ExportAccount,
  ExportError,
  type ExportTransaction,
  HledgerWriter,
} from '@florin/journal'
import { defineQuery, Refusal, type View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import type { AccountType } from '../domain/account.ts'
import { LedgerName, strict } from '../schemas.ts'
import { findLedger, type LedgerHead } from '../store/head.ts'

type Format = 'beancount' | 'hledger'

interface ExportInput {
  readonly ledger: string
  readonly format: Format
}

export const exportJournal = defineQuery({
  name: 'ledger.journal.export',
  summary: 'Export a ledger as a plain-text journal',
  description:
    'All booked transactions by value date, ending with an assertion of every balance, so that beancount or hledger themselves check them. As `text/plain` it is streamed, however long.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/journal/export' },
  input: strict({ ledger: LedgerName, format: Type.Enum(['beancount', 'hledger']) }),
  output: strict({ ledger: LedgerName, format: Type.Enum(['beancount', 'hledger']), journal: Type.String() }),
  permission: 'ledger.journal.export',
  refusals: ['ledger_not_found', 'export_impossible'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post'],
    input: { ledger: 'demo', format: 'hledger' },
  },
  async run(view, input) {
    const parts: string[] = []
    for await (const part of write(view, input)) parts.push(part)
    return { ...input, journal: parts.join('') }
  },
  formats: [{ mediaType: 'text/plain; charset=utf-8', write }],
})

async function* write(view: View, input: ExportInput): AsyncGenerator<string> {
  const ledger = await findLedger(view, input.ledger)
  try {
    const { accounts, assets } = await loadFrame(view, ledger)
    const frame = { title: `Florin ledger ${input.ledger}`, accounts, assets }
    const writer = input.format === 'beancount' ? new BeancountWriter(frame) : new HledgerWriter(frame)
    yield writer.header()
    for await (const transaction of transactionsOf(view, ledger)) yield writer.transaction(transaction)
    yield writer.footer()
  } catch (error) {
    if (error instanceof ExportError)
      throw new Refusal('export_impossible', error.message, { format: input.format })
    throw error
  }
}

/** The accounts and assets that anything was ever posted to. */
async function loadFrame(view: View, ledger: LedgerHead) {
  const rows = await view.db.query<{ address: string; type: AccountType; asset: string; exponent: number }>(
    `SELECT a.address, a.type, a.asset, a.exponent FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id
     WHERE a.ledger_id = $1 AND (b.posted_debits <> 0 OR b.posted_credits <> 0) ORDER BY a.address, a.asset`,
    [ledger.id],
  )
  const accounts = new Map<string, ExportAccount>()
  for (const { address, type } of rows) {
    const known = accounts.get(address)
    if (known !== undefined && known.type !== type) {
      throw new ExportError(`${address} is of type ${known.type} for one asset and ${type} for another`)
    }
    accounts.set(address, { address, type })
  }
  const assets = new Map(rows.map(({ asset, exponent }) => [asset, { code: asset, exponent }]))
  return { accounts: [...accounts.values()], assets: [...assets.values()] }
}

interface LineRow {
  seq: bigint
  date: string
  reference: string | null
  description: string | null
  metadata: Record<string, string> | null
  debit: string
  credit: string
  asset: string
  exponent: number
  amount: bigint
}

const fetchSize = 5_000

/** Booked transactions by value date, in constant memory: a cursor on the view's snapshot. */
async function* transactionsOf(view: View, ledger: LedgerHead): AsyncGenerator<ExportTransaction> {
  await view.db.query(
    `DECLARE journal_export NO SCROLL CURSOR FOR
     SELECT j.seq, to_char(j.value_time AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date, j.reference, j.description, j.metadata,
            d.address AS debit, c.address AS credit, d.asset, d.exponent, p.amount
     FROM ledger.journal j JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
     JOIN ledger.accounts d ON d.id = p.debit_account JOIN ledger.accounts c ON c.id = p.credit_account
     WHERE j.ledger_id = ${ledger.id} ORDER BY j.value_time, j.seq, p.line`,
  )
  let open: LineRow[] = []
  for (;;) {
    const rows = await view.db.query<LineRow>(`FETCH ${fetchSize} FROM journal_export`)
    for (const row of rows) {
      const [first] = open
      if (first !== undefined && first.seq !== row.seq) {
        yield transactionOf(open)
        open = []
      }
      open.push(row)
    }
    if (rows.length < fetchSize) break
  }
  if (open.length > 0) yield transactionOf(open)
  await view.db.query('CLOSE journal_export')
}

/** Postings as the lines of a classic entry: what one account is debited or credited with of one asset is one line. */
function transactionOf(rows: readonly LineRow[]): ExportTransaction {
  const [head] = rows
  if (head === undefined) throw new Error('A transaction without postings')
  const lines = new Map<string, { address: string; asset: string; exponent: number; amount: bigint }>()
  const add = (address: string, sign: bigint, row: LineRow): void => {
    const key = `${address}\u0000${row.asset}\u0000${sign}`
    const amount = (lines.get(key)?.amount ?? 0n) + sign * row.amount
    lines.set(key, { address, asset: row.asset, exponent: row.exponent, amount })
  }
  for (const row of rows) {
    add(row.debit, 1n, row)
    add(row.credit, -1n, row)
  }
  return {
    date: head.date,
    description: head.description ?? '',
    ...(head.reference === null ? {} : { reference: head.reference }),
    ...(head.metadata === null ? {} : { metadata: head.metadata }),
    lines: [...lines.values()].map(({ address, asset, exponent, amount }) => ({
      address,
      asset,
      amount: formatDecimal(amount, exponent),
    })),
  }
}
