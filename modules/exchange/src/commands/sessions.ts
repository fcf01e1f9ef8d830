import { defineCommand, NullableTime, Refusal, Time } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { AccountCode, SessionCode, strict } from '../schemas.ts'
import { findAccounts } from '../store/accounts.ts'
import { listMarkets } from '../store/markets.ts'
import { closeSession as close, findSession, insertSession, type SessionRecord } from '../store/sessions.ts'
import { ask } from './requests.ts'

const sessionFields = {
  session: SessionCode,
  accounts: Type.Array(AccountCode, {
    minItems: 1,
    maxItems: 1_000,
    uniqueItems: true,
    description: 'The trading accounts it may enter orders for',
  }),
  cancel_on_disconnect: Type.Boolean({
    description: 'Whether its orders are cancelled when its connection is lost',
  }),
}

export const SessionView = strict(
  {
    ...sessionFields,
    id: Type.String({ description: 'The session’s number' }),
    opened_at: Time,
    opened_by: Type.String(),
    closed_at: NullableTime,
  },
  { title: 'TradingSession' },
)

export const openSession = defineCommand({
  name: 'exchange.session.open',
  summary: 'Open a session for order entry',
  description:
    'Connections log in to it again and again; its orders are told apart from others of the account.',
  http: { method: 'POST', path: '/v1/exchange/sessions' },
  input: strict({
    ...sessionFields,
    cancel_on_disconnect: Type.Optional(sessionFields.cancel_on_disconnect),
  }),
  output: SessionView,
  permission: 'exchange.session.open',
  refusals: ['trading_account_not_found', 'session_exists'],
  example: { after: ['exchange.account.open'], input: { session: 'desk-1', accounts: ['alice'] } },
  async run(unit, input) {
    const accounts = await findAccounts(unit.db, input.accounts)
    const record = {
      code: input.session,
      accounts: accounts.map(({ id }) => id),
      cancel_on_disconnect: input.cancel_on_disconnect ?? true,
      opened_at: new Date(unit.clock.now()),
      opened_by: unit.context.actor.id,
    }
    const id = await insertSession(unit.db, record)
    if (id === undefined)
      throw new Refusal('session_exists', `The session "${input.session}" is open already`, {
        session: input.session,
      })
    const view = sessionView({ ...record, id, closed_at: null }, input.accounts)
    unit.changed({ subject: input.session, before: null, after: view })
    return view
  },
})

export const closeSession = defineCommand({
  name: 'exchange.session.close',
  summary: 'Close a session for good: its orders are cancelled on every market',
  http: { method: 'POST', path: '/v1/exchange/sessions/{session}/close' },
  approval: 'named',
  input: strict({ session: SessionCode }),
  output: strict({ session: SessionCode, closed_at: Time }, { title: 'ClosedSession' }),
  permission: 'exchange.session.close',
  refusals: ['session_not_found', 'session_closed'],
  example: { after: ['exchange.session.open'], input: { session: 'desk-1' } },
  async run(unit, input) {
    const { id, closed_at } = await findSession(unit.db, input.session)
    const at = new Date(unit.clock.now())
    if (closed_at !== null || !(await close(unit.db, id, at)))
      throw new Refusal('session_closed', `The session "${input.session}" is closed already`, {
        session: input.session,
      })
    for (const market of await listMarkets(unit.db)) {
      if (id > market.config.sessions) continue
      const session = Number(id)
      // Kept from entering anything more, too: a connection may still be there.
      await ask(unit, market, [{ command: 'kill', session, on: true, cancel: true }])
    }
    unit.changed({
      subject: input.session,
      before: { closed_at: null },
      after: { closed_at: at.toISOString() },
    })
    return { session: input.session, closed_at: at.toISOString() }
  },
})

export function sessionView(record: SessionRecord, accounts: readonly string[]): Static<typeof SessionView> {
  return {
    session: record.code,
    id: String(record.id),
    accounts: [...accounts],
    cancel_on_disconnect: record.cancel_on_disconnect,
    opened_at: record.opened_at.toISOString(),
    opened_by: record.opened_by,
    closed_at: record.closed_at?.toISOString() ?? null,
  }
}
