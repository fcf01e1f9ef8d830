import { defineCommand, Refusal, Time } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { AccountCode, Opaque, strict } from '../schemas.ts'
import { type AccountRecord, insertAccount } from '../store/accounts.ts'
import { checkIdentifiers, Lei } from './identification-schemas.ts'

const accountFields = {
  account: AccountCode,
  participant: { ...Opaque, description: 'The member of the exchange that the account belongs to' },
  kind: Type.Enum(['cash', 'margin'], {
    description: 'cash: buys with what it has; margin: also with what it is lent, and may sell short',
  }),
  capacity: Type.Enum(['client', 'house'], { description: 'Whose money it trades' }),
}

const Person = {
  ...Opaque,
  description: 'An opaque id of a natural person; who it is, is kept elsewhere',
}

export const AccountView = strict(
  {
    ...accountFields,
    id: Type.String({ description: 'The account’s number' }),
    lei: Type.Union([Lei, Type.Null()]),
    person: Type.Union([Person, Type.Null()]),
    opened_at: Time,
    opened_by: Type.String(),
  },
  { title: 'TradingAccount' },
)

export const openAccount = defineCommand({
  name: 'exchange.account.open',
  summary: 'Open a trading account',
  description:
    'It can trade on a market once it has limits there. Its accounts in the ledger open at first use.',
  http: { method: 'POST', path: '/v1/exchange/accounts' },
  input: strict({ ...accountFields, lei: Type.Optional(Lei), person: Type.Optional(Person) }),
  output: AccountView,
  permission: 'exchange.account.open',
  refusals: ['identifier_invalid', 'trading_account_exists'],
  example: {
    input: { account: 'alice', participant: 'broker-1', kind: 'cash', capacity: 'client', person: 'p-7f3a' },
  },
  async run(unit, input) {
    checkIdentifiers(input)
    const record = {
      code: input.account,
      participant: input.participant,
      kind: input.kind,
      capacity: input.capacity,
      lei: input.lei ?? null,
      person: input.person ?? null,
      opened_at: new Date(unit.clock.now()),
      opened_by: unit.context.actor.id,
    }
    const id = await insertAccount(unit.db, record)
    if (id === undefined)
      throw new Refusal('trading_account_exists', `The trading account "${input.account}" is open already`, {
        account: input.account,
      })
    const view = accountView({ id, ...record })
    unit.changed({ subject: input.account, before: null, after: view })
    return view
  },
})

export function accountView({ code, id, opened_at, ...rest }: AccountRecord): Static<typeof AccountView> {
  return { account: code, id: String(id), ...rest, opened_at: opened_at.toISOString() }
}
