import { Counter, NullableTime, Time, Uuid } from '@florin/kernel'
import { type Static, type TProperties, Type } from 'typebox'
import { accountTypes, freezeStates } from './domain/account.ts'
import { addressPattern, longestAddress } from './domain/address.ts'

/** An object that refuses members it does not know. */
export function strict<P extends TProperties>(
  properties: P,
  options: { readonly description?: string; readonly title?: string } = {},
) {
  return Type.Object(properties, { ...options, additionalProperties: false })
}

export const Day = Type.String({
  format: 'date',
  pattern: '^(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
  description: 'A UTC day, such as 2026-03-31',
})

export const PeriodName = Type.String({
  pattern: '^[\\p{L}\\p{N}](?:[ ._/-]?[\\p{L}\\p{N}]){0,62}$',
  description:
    'The period: letters and digits of any script, with single blanks and `._/-` between them, such as `2026-03`',
})

export const LedgerName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'The ledger: lower-case letters, digits and `-`',
})

export const Address = Type.String({
  pattern: addressPattern,
  maxLength: longestAddress,
  description: 'The address of an account: segments separated by `:`, such as `customers:42:wallet`',
})

export const Prefix = Type.String({
  pattern: addressPattern,
  maxLength: longestAddress,
  description: 'Whole segments that addresses begin with, such as `customers:42`',
})

export const AssetCode = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._'/:%-]{0,190}$",
  description: 'ISO 4217 code, CAIP-19 id of a token, or code of an instrument',
})

export const Amount = Type.String({
  pattern: '^(0|[1-9][0-9]{0,77})(\\.[0-9]{1,36})?$',
  description:
    'A decimal string, never a JSON number; at most as many decimals as the asset has, and less than 2^256 minor units',
})

export const SignedAmount = Type.String({
  pattern: '^-?(0|[1-9][0-9]{0,95})(\\.[0-9]{1,36})?$',
  description: 'A decimal string with all decimals of the asset',
})

export const AccountTypeSchema = Type.Enum([...accountTypes], {
  description: 'Gives the side on which the balance grows',
})
export const FreezeStateSchema = Type.Enum([...freezeStates], { description: 'Which side refuses postings' })

export const Metadata = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}$' }),
  Type.String({ maxLength: 1_024 }),
  { maxProperties: 50, description: 'Up to 50 pairs of strings, kept as they are' },
)

export const Reference = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'The caller’s own name for it, such as an order number; need not be unique',
})
export const Description = Type.String({ maxLength: 1_024 })

export const PostingInput = strict(
  {
    debit: Address,
    credit: Address,
    amount: Amount,
    asset: AssetCode,
  },
  {
    title: 'Posting',
    description: 'Moves an amount of one asset from the credit account to the debit account',
  },
)

export const LineInput = Type.Union(
  [
    strict({ account: Address, debit: Amount, asset: AssetCode }, { title: 'DebitLine' }),
    strict({ account: Address, credit: Amount, asset: AssetCode }, { title: 'CreditLine' }),
  ],
  { title: 'EntryLine', description: 'A line of a classic entry: an amount on one side of one account' },
)

/** Postings of one transaction, at most. */
export const mostPostings = 10_000

export const PostingsInput = Type.Array(PostingInput, { minItems: 1, maxItems: mostPostings })
export const LinesInput = Type.Array(LineInput, { minItems: 2, maxItems: mostPostings })

export const ConditionInput = strict(
  {
    account: Address,
    asset: AssetCode,
    available_min: Type.Optional(Amount),
    version: Type.Optional(Counter),
  },
  { title: 'Condition', description: 'Must hold under the lock before the transaction is booked' },
)

/** What every record that books something may carry. */
export const details = {
  reference: Type.Optional(Reference),
  description: Type.Optional(Description),
  metadata: Type.Optional(Metadata),
  value_time: Type.Optional(Time),
}

export const force = Type.Optional(
  Type.Boolean({
    description:
      'Book it even if an account goes below what its policy allows; needs a reason and the permission ledger.transaction.force',
  }),
)

/** Metadata as it is shown; imported journals may carry more than a caller may send. */
const ShownMetadata = Type.Record(Type.String(), Type.String())

const recordFields = {
  id: Uuid,
  ledger: LedgerName,
  seq: Counter,
  booked_at: Time,
  value_time: Time,
  reference: Type.Union([Type.String(), Type.Null()]),
  description: Type.Union([Type.String(), Type.Null()]),
  metadata: ShownMetadata,
}

export const TransactionView = strict(
  {
    ...recordFields,
    kind: Type.Enum(['transaction', 'settlement', 'reversal', 'correction', 'closing']),
    forced: Type.Boolean(),
    reason: Type.Union([Type.String(), Type.Null()]),
    actor: Type.String(),
    subject: Type.Union([Uuid, Type.Null()], {
      description:
        'The transaction that this one reverses or corrects, the hold that it settles, the closing that it undoes, or the forward that it books',
    }),
    postings: Type.Array(PostingInput),
  },
  { title: 'Transaction' },
)

/** A transaction that is booked when its value time has come. */
export const ForwardView = strict(
  {
    ...recordFields,
    forced: Type.Boolean(),
    reason: Type.Union([Type.String(), Type.Null()]),
    actor: Type.String(),
    postings: Type.Array(PostingInput),
    status: Type.Enum(['pending', 'booked', 'refused', 'cancelled']),
    ended_by: Type.Union([Uuid, Type.Null()], {
      description: 'The transaction that booked it, or the record that refused or cancelled it',
    }),
    ended_at: NullableTime,
    refusal: Type.Union([strict({ code: Type.String(), message: Type.String() }), Type.Null()]),
  },
  { title: 'Forward', description: '`booked_at` is when it was recorded, `value_time` when it is due' },
)

const holdFields = {
  debit: Address,
  credit: Address,
  asset: AssetCode,
  amount: Amount,
  remaining: Amount,
  settled: Amount,
  status: Type.Enum(['open', 'settled', 'released', 'expired']),
  expires_at: NullableTime,
}

/** A hold with the record that made it. */
export const HoldView = strict({ ...recordFields, ...holdFields }, { title: 'Hold' })

/** What became of a hold. */
export const HoldState = strict({ id: Uuid, ...holdFields }, { title: 'HoldState' })

/** Which record of the journal says so. */
export const RecordStamp = strict(
  { id: Uuid, ledger: LedgerName, seq: Counter, booked_at: Time },
  { title: 'RecordStamp' },
)

export const BalanceView = strict(
  {
    asset: AssetCode,
    debits: Amount,
    credits: Amount,
    pending_debits: Amount,
    pending_credits: Amount,
    total: SignedAmount,
    reserved: Amount,
    available: SignedAmount,
    version: Counter,
  },
  {
    title: 'Balance',
    description:
      'total: posted, on the account’s normal side; reserved: held outflow; available = total − reserved',
  },
)

export const AccountView = strict(
  {
    ledger: LedgerName,
    address: Address,
    asset: AssetCode,
    type: AccountTypeSchema,
    overdraft_limit: Type.Union([Amount, Type.Null()], {
      description: 'How far available may go below zero; null: without limit',
    }),
    frozen: FreezeStateSchema,
    opened_at: Time,
    closed_at: NullableTime,
    metadata: ShownMetadata,
    chart_version: Type.Integer(),
  },
  { title: 'Account' },
)

export const TemplateSchema = strict(
  {
    address: Type.String({
      minLength: 1,
      maxLength: longestAddress,
      description: 'Segments separated by `:`; `{name}` stands for one, a last `{name*}` for one or more',
    }),
    type: AccountTypeSchema,
    assets: Type.Optional(
      Type.Array(AssetCode, { minItems: 1, maxItems: 1_000, description: 'Absent: any known asset' }),
    ),
    overdraft: Type.Union(
      [
        Type.Literal('forbidden'),
        Type.Literal('allowed'),
        strict({
          limits: Type.Record(AssetCode, Amount, {
            description: 'By asset; assets that are not named: forbidden',
          }),
        }),
      ],
      { description: 'Whether available may go below zero' },
    ),
    open_on_first_use: Type.Boolean(),
    description: Type.Optional(Description),
  },
  { title: 'Template' },
)

export type Transaction = Static<typeof TransactionView>
export type Hold = Static<typeof HoldView>
export type Forward = Static<typeof ForwardView>
export type HoldStateView = Static<typeof HoldState>
export type Stamp = Static<typeof RecordStamp>
export type Account = Static<typeof AccountView>
