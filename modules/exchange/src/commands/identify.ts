import { defineCommand, defineList, integerKey, Time, type Unit } from '@florin/kernel'
import { type TProperties, Type } from 'typebox'
import type { Details, IdentifiedKind } from '../domain/identification.ts'
import { AccountCode, MarketCode, Opaque, SessionCode, strict } from '../schemas.ts'
import { findAccount } from '../store/accounts.ts'
import {
  type Identification,
  identificationAt,
  insertIdentification,
  listIdentifications,
} from '../store/identifications.ts'
import { findMarket } from '../store/markets.ts'
import { findSession } from '../store/sessions.ts'
import {
  checkIdentifiers,
  holderFields,
  memberFields,
  routeFields,
  ValidFrom,
  venueFields,
} from './identification-schemas.ts'

const Kind = Type.Enum(['market', 'participant', 'account', 'session'])

const identified = {
  kind: Kind,
  subject: Type.String({ description: 'Its code' }),
  version: Type.Integer({ minimum: 1 }),
  valid_from: Time,
  set_at: Time,
  set_by: Type.String(),
}

const viewOf = <P extends TProperties>(details: P) => strict({ ...identified, details: strict(details) })

export const identifyMarket = defineCommand({
  name: 'exchange.market.identify',
  summary: 'Register what a market is called in records for regulators',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/identification' },
  input: strict({ market: MarketCode, ...venueFields, valid_from: ValidFrom }),
  output: viewOf(venueFields),
  permission: 'exchange.market.identify',
  refusals: ['market_not_found', 'identifier_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', mic: 'XFLO', operator_lei: '529900T8BM49AURSDO55' },
    refused: {
      identifier_invalid: { market: 'USDC-EUR', mic: 'XFLO', operator_lei: '529900T8BM49AURSDO56' },
    },
  },
  async run(unit, { market, valid_from, ...details }) {
    await findMarket(unit.db, market)
    return identify(unit, 'market', market, details, valid_from)
  },
})

export const identifyParticipant = defineCommand({
  name: 'exchange.participant.identify',
  summary: 'Register who a member is, for records for regulators',
  http: { method: 'POST', path: '/v1/exchange/participants/{participant}/identification' },
  input: strict({
    participant: { ...Opaque, description: 'As accounts name it' },
    ...memberFields,
    valid_from: ValidFrom,
  }),
  output: viewOf(memberFields),
  permission: 'exchange.participant.identify',
  refusals: ['identifier_invalid'],
  example: {
    input: {
      participant: 'broker-1',
      lei: '5493001KJTIIGC8Y1R12',
      investment_firm: true,
      country: 'DE',
    },
  },
  async run(unit, { participant, valid_from, ...details }) {
    return identify(unit, 'participant', participant, details, valid_from)
  },
})

export const identifyAccount = defineCommand({
  name: 'exchange.account.identify',
  summary: 'Register who trades on an account, and how, for records for regulators',
  description:
    'All of it each time: what is left out is not known from then on. What a session says goes before it. Orders keep what counted when they came.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/identification' },
  input: strict({ account: AccountCode, ...holderFields, valid_from: ValidFrom }),
  output: viewOf(holderFields),
  permission: 'exchange.account.identify',
  refusals: ['trading_account_not_found', 'identifier_invalid'],
  example: {
    after: ['exchange.account.open'],
    input: {
      account: 'alice',
      capacity: 'AOTC',
      client: { person: 'p-7f3a' },
      investment_decision: { client: true },
      execution: { algorithm: 'router-7' },
    },
  },
  async run(unit, { account, valid_from, ...details }) {
    await findAccount(unit.db, account)
    return identify(unit, 'account', account, details, valid_from)
  },
})

export const identifySession = defineCommand({
  name: 'exchange.session.identify',
  summary: 'Register who enters orders through a session, and how, for records for regulators',
  description: 'It goes before what is registered of the account. All of it each time.',
  http: { method: 'POST', path: '/v1/exchange/sessions/{session}/identification' },
  input: strict({ session: SessionCode, ...routeFields, valid_from: ValidFrom }),
  output: viewOf(routeFields),
  permission: 'exchange.session.identify',
  refusals: ['session_not_found', 'identifier_invalid'],
  example: {
    after: ['exchange.session.open'],
    input: { session: 'desk-1', investment_decision: { algorithm: 'maker-3' }, liquidity_provision: true },
  },
  async run(unit, { session, valid_from, ...details }) {
    await findSession(unit.db, session)
    return identify(unit, 'session', session, details, valid_from)
  },
})

const anyDetails = Type.Union([
  strict(venueFields),
  strict(memberFields),
  strict(holderFields),
  strict(routeFields),
])

export const listIdentified = defineList({
  name: 'exchange.identification.list',
  summary: 'List what was registered of markets, members, accounts and sessions: every version of it',
  description:
    'At a moment counts the version with the latest valid_from up to it; of several with the same the highest.',
  http: { method: 'GET', path: '/v1/exchange/identifications' },
  input: strict({ kind: Type.Optional(Kind), subject: Type.Optional(Type.String({ maxLength: 64 })) }),
  item: strict({ ...identified, details: anyDetails }, { title: 'Identification' }),
  permission: 'exchange.identification.list',
  refusals: [],
  example: { after: ['exchange.participant.identify'], input: { kind: 'participant' } },
  async page(view, input, page) {
    const after = {
      kind: page.after?.[0] ?? '',
      subject: page.after?.[1] ?? '',
      version: Number(integerKey(page, 2) ?? 0n),
    }
    const rows = await listIdentifications(view.db, input, after, page.fetch)
    return {
      rows: rows.map((row) => ({
        item: identificationView(row),
        key: [row.kind, row.subject, String(row.version)],
      })),
    }
  },
})

/** Writes a new version down. @throws Refusal `identifier_invalid` */
async function identify<K extends IdentifiedKind>(
  unit: Unit,
  kind: K,
  subject: string,
  details: Details[K],
  validFrom: string | undefined,
) {
  checkIdentifiers(details)
  const now = new Date(unit.clock.now())
  const identification = {
    kind,
    subject,
    valid_from: validFrom === undefined ? now : new Date(validFrom),
    details,
    set_at: now,
    set_by: unit.context.actor.id,
  }
  const before = await identificationAt(unit.db, kind, subject, identification.valid_from)
  const version = await insertIdentification(unit, identification)
  const view = identificationView({ ...identification, version })
  unit.changed({
    subject: `${kind} ${subject}`,
    before: before === undefined ? null : identificationView(before),
    after: view,
  })
  return view
}

function identificationView<K extends IdentifiedKind>({ valid_from, set_at, ...rest }: Identification<K>) {
  return { ...rest, valid_from: valid_from.toISOString(), set_at: set_at.toISOString() }
}
