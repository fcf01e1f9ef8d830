import { type Context, Counter, defineCommand, payloadHash, Refusal, type Unit, Uuid } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { applyOrders } from '../posting/apply.ts'
import { forcePermission } from '../posting/journal-command.ts'
import { type Order, partId } from '../posting/order.ts'
import { LedgerName, strict } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { transactionFields } from './post-transaction.ts'

const BatchItem = strict(transactionFields, { title: 'BatchItem' })
type Item = Static<typeof BatchItem>

const ItemOutcome = Type.Union(
  [
    strict({ status: Type.Literal('booked'), id: Uuid, seq: Counter }, { title: 'BookedItem' }),
    strict(
      {
        status: Type.Literal('refused'),
        code: Type.String(),
        detail: Type.String(),
        details: Type.Record(Type.String(), Type.Unknown()),
      },
      { title: 'RefusedItem' },
    ),
  ],
  { title: 'ItemOutcome' },
)

export const postBatch = defineCommand({
  name: 'ledger.transaction.batch',
  summary: 'Post up to 10,000 transactions with one call',
  description:
    '`independent`: each is booked or refused on its own, in order. `atomic`: all are booked, or the first refusal undoes the whole batch. The outcomes stand in the order of the transactions.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/transactions/batch' },
  input: strict({
    ledger: LedgerName,
    mode: Type.Enum(['independent', 'atomic']),
    transactions: Type.Array(BatchItem, { minItems: 1, maxItems: 10_000 }),
  }),
  output: strict({ booked: Type.Integer(), refused: Type.Integer(), outcomes: Type.Array(ItemOutcome) }),
  permission: 'ledger.transaction.batch',
  refusals: ['ledger_not_found', 'batch_aborted'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post'],
    input: {
      ledger: 'demo',
      mode: 'independent',
      transactions: [
        {
          postings: [
            { debit: 'customers:42:wallet', credit: 'customers:43:wallet', amount: '5.00', asset: 'EUR' },
            { debit: 'customers:42:wallet', credit: 'revenue:fees', amount: '0.10', asset: 'EUR' },
          ],
          reference: 'order-18',
        },
        {
          postings: [
            { debit: 'customers:43:wallet', credit: 'customers:42:wallet', amount: '9999.00', asset: 'EUR' },
          ],
        },
        {
          postings: [
            { debit: 'bank:main', credit: 'fx:USD', amount: '119.00', asset: 'USD' },
            { debit: 'fx:USD', credit: 'bank:main', amount: '98.00', asset: 'EUR' },
          ],
          reference: 'fx-1',
          value_time: '2025-12-30T16:00:00.000Z',
        },
      ],
    },
  },
  bodyLimit: 32 * 1024 * 1024,
  // Each transaction is a record of the ledger's journal, with what was asked where it was refused.
  recorded: ({ ledger, mode, transactions }) => ({ ledger, mode, transactions: transactions.length }),
  alsoNeeds: (input) =>
    input.transactions.some((item) => item.force === true) ? forcePermission({ force: true }) : [],
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const orders = input.transactions.map((item, i) => new ItemOrder(unit, item, i))
    const outcomes = await applyOrders(unit, ledger, orders)
    const shown = outcomes.map((outcome): Static<typeof ItemOutcome> => {
      if ('done' in outcome)
        return { status: 'booked', id: outcome.done.stamp.id, seq: outcome.done.stamp.seq }
      const { code, message, details } = outcome.refused
      return { status: 'refused', code, detail: message, details: { ...details } }
    })
    const refused = shown.findIndex((item) => item.status === 'refused')
    if (input.mode === 'atomic' && refused >= 0) {
      throw new Refusal('batch_aborted', `Transaction ${refused} of the batch was refused`, {
        index: refused,
        ...shown[refused],
      })
    }
    const booked = shown.filter((item) => item.status === 'booked').length
    unit.changed({ subject: input.ledger, before: null, after: { booked, refused: shown.length - booked } })
    return { booked, refused: shown.length - booked, outcomes: shown }
  },
})

/**
 * One item of the batch. What has to be hashed is hashed when the item's turn comes, while the server stores the items
 * before it.
 */
class ItemOrder implements Order {
  readonly instruction: Order['instruction']
  readonly request: Item
  readonly idempotencyKey: string
  readonly reference: string | undefined
  readonly description: string | undefined
  readonly metadata: Order['metadata']
  readonly valueTime: number | undefined
  readonly force: boolean | undefined
  readonly #unit: Unit
  #id: string | undefined
  #context: Context | undefined

  constructor(unit: Unit, item: Item, index: number) {
    const { postings, lines, conditions = [] } = item
    this.#unit = unit
    this.instruction = { kind: 'transaction', postings, lines, conditions }
    this.request = item
    this.idempotencyKey = `${unit.callId}/${index}`
    this.reference = item.reference
    this.description = item.description
    this.metadata = item.metadata
    this.valueTime = item.value_time === undefined ? undefined : Date.parse(item.value_time)
    this.force = item.force
  }

  get id(): string {
    this.#id ??= partId(this.#unit.context.actor.id, this.idempotencyKey)
    return this.#id
  }

  get context(): Context {
    this.#context ??= { ...this.#unit.context, idempotencyKey: this.idempotencyKey }
    return this.#context
  }

  get payloadHash(): Buffer {
    return payloadHash(this.request)
  }
}
