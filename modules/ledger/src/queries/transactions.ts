import {
  Counter,
  defineList,
  defineQuery,
  InvalidInput,
  integerKey,
  NullableTime,
  Refusal,
  Time,
  Uuid,
} from '@florin/kernel'
import { Type } from 'typebox'
import { exampleTransaction } from '../commands/amend-transaction.ts'
import { Address, LedgerName, Reference, strict, TransactionView } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { findTransactions } from '../store/transactions.ts'

const posted = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']

const LinkedTransactionView = strict(
  {
    ...TransactionView.properties,
    reversed_by: Type.Union([Uuid, Type.Null()], { description: 'The transaction that reverses this one' }),
    corrected_by: Type.Array(Uuid, { description: 'The transactions that correct this one' }),
    settled_at: { ...NullableTime, description: 'When its money moved, as last recorded; null: not yet' },
    settlement_reference: Type.Union([Reference, Type.Null()]),
  },
  { title: 'LinkedTransaction' },
)

export const getTransaction = defineQuery({
  name: 'ledger.transaction.get',
  summary: 'Show a transaction with its reversal and corrections',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/transactions/{transaction}' },
  input: strict({ ledger: LedgerName, transaction: Uuid }),
  output: LinkedTransactionView,
  permission: 'ledger.transaction.get',
  refusals: ['ledger_not_found', 'transaction_not_found'],
  example: { after: posted, input: { ledger: 'demo', transaction: exampleTransaction } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const [found] = await findTransactions(
      view.db,
      ledger,
      { id: input.transaction },
      { after: undefined, limit: 1 },
    )
    if (found === undefined) {
      throw new Refusal(
        'transaction_not_found',
        `There is no transaction ${input.transaction} in this ledger`,
        { transaction: input.transaction },
      )
    }
    return found
  },
})

export const listTransactions = defineList({
  name: 'ledger.transaction.list',
  summary: 'List transactions by account, reference, metadata or time',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/transactions' },
  input: strict({
    ledger: LedgerName,
    account: Type.Optional(Address),
    kind: Type.Optional(TransactionView.properties.kind),
    reference: Type.Optional(Reference),
    metadata: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}=', maxLength: 1_100 }), {
        maxItems: 10,
        description: 'Pairs `name=value` that must all be there',
      }),
    ),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    value_from: Type.Optional(Time),
    value_to: Type.Optional(Time),
  }),
  item: LinkedTransactionView,
  permission: 'ledger.transaction.list',
  refusals: ['ledger_not_found'],
  example: {
    after: posted,
    input: { ledger: 'demo', account: 'customers:42:wallet', metadata: ['channel=sepa'] },
  },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const { ledger: _ledger, metadata, ...filter } = input
    const pairs = metadata === undefined ? undefined : pairsOf(metadata)
    const found = await findTransactions(
      view.db,
      ledger,
      { ...filter, metadata: pairs },
      { after: integerKey(page, 0), limit: page.fetch },
    )
    return { rows: found.map((item) => ({ item, key: [item.seq] })) }
  },
})

function pairsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 0) throw new InvalidInput([{ path: '/metadata', message: 'must be pairs name=value' }])
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

const JournalRecordView = strict(
  {
    seq: Counter,
    id: Uuid,
    kind: Type.String(),
    booked_at: Time,
    value_time: Time,
    actor: Type.String(),
    idempotency_key: Type.String(),
    payload_sha256: Type.String(),
    request_id: Type.String(),
    source_ip: Type.Union([Type.String(), Type.Null()]),
    reason: Type.Union([Type.String(), Type.Null()]),
    forced: Type.Boolean(),
    subject: Type.Union([Uuid, Type.Null()]),
    refusal: Type.Union([
      strict({ code: Type.String(), message: Type.String(), details: Type.Unknown() }),
      Type.Null(),
    ]),
    request: Type.Unknown({ description: 'What was asked; kept with refusals' }),
  },
  { title: 'JournalRecord' },
)

interface JournalRow {
  seq: bigint
  id: string
  kind: string
  booked_at: Date
  value_time: Date
  actor: string
  idempotency_key: string
  payload_hash: Buffer
  request_id: string
  source_ip: string | null
  reason: string | null
  forced: boolean
  subject: string | null
  refusal: { code: string; message: string; details: unknown } | null
  request: unknown
}

export const listJournal = defineList({
  name: 'ledger.journal.list',
  summary: 'Read the journal: every request that came to an outcome, refusals included, without gaps',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/journal' },
  input: strict({ ledger: LedgerName, refused: Type.Optional(Type.Boolean()) }),
  item: JournalRecordView,
  permission: 'ledger.journal.list',
  refusals: ['ledger_not_found'],
  example: { after: posted, input: { ledger: 'demo' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const rows = await view.db.query<JournalRow>(
      `SELECT seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash, request_id, source_ip, reason, forced,
              subject, refusal, request
       FROM ledger.journal WHERE ledger_id = $1 AND seq > $2 AND ($3::boolean IS NULL OR (refusal IS NOT NULL) = $3)
       ORDER BY seq LIMIT $4`,
      [ledger.id, integerKey(page, 0) ?? 0, input.refused ?? null, page.fetch],
    )
    return {
      rows: rows.map(({ payload_hash, ...row }) => ({
        key: [String(row.seq)],
        item: {
          ...row,
          seq: String(row.seq),
          booked_at: row.booked_at.toISOString(),
          value_time: row.value_time.toISOString(),
          payload_sha256: payload_hash.toString('hex'),
        },
      })),
    }
  },
})
