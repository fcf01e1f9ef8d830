import { defineQuery } from '@florin/kernel'
import { Type } from 'typebox'
import { detailedOrder } from '../commands/details.ts'
import { postTransaction, transactionFields, transactionRefusals } from '../commands/post-transaction.ts'
import { rehearse } from '../posting/apply.ts'
import { AccountTypeSchema, Address, BalanceView, LedgerName, PostingInput, strict } from '../schemas.ts'
import { balanceView } from '../store/balances.ts'
import { findLedger } from '../store/head.ts'

export const previewTransaction = defineQuery({
  name: 'ledger.transaction.preview',
  summary: 'Dry run: what posting a transaction would do now',
  description:
    'Judges the transaction exactly as ledger.transaction.post would, with the same refusals, and books nothing. The answer holds for the moment of the question.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/transactions/preview' },
  input: strict({ ledger: LedgerName, ...transactionFields }),
  output: strict({
    postings: Type.Array(PostingInput),
    balances: Type.Array(
      strict({
        address: Address,
        type: AccountTypeSchema,
        opens: Type.Boolean({ description: 'Whether the transaction would open the account' }),
        balance: BalanceView,
      }),
      { description: 'The accounts it touches, as they would stand afterwards' },
    ),
  }),
  permission: 'ledger.transaction.preview',
  refusals: transactionRefusals,
  example: postTransaction.example,
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const order = detailedOrder(
      { id: '', input, context: view.context, payloadHash: Buffer.alloc(0) },
      {
        kind: 'transaction',
        postings: input.postings,
        lines: input.lines,
        conditions: input.conditions ?? [],
      },
    )
    const { booked, touched } = await rehearse(view, ledger, order)
    return {
      postings: booked.transaction?.postings ?? [],
      balances: touched.map(({ account, opens }) => ({
        address: account.address,
        type: account.type,
        opens,
        balance: balanceView(account),
      })),
    }
  },
})
