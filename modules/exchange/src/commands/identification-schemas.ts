import { Refusal, Time } from '@florin/kernel'
import { Type } from 'typebox'
import { isCfi, isIsin, isLei } from '../domain/identifiers.ts'
import { Opaque, strict } from '../schemas.ts'

export const Lei = Type.String({
  pattern: '^[A-Z0-9]{18}[0-9]{2}$',
  description: 'ISO 17442, with right check digits',
})
export const Isin = Type.String({
  pattern: '^[A-Z]{2}[A-Z0-9]{9}[0-9]$',
  description: 'ISO 6166, with the right check digit',
})
export const Cfi = Type.String({ pattern: '^[A-Z]{6}$', description: 'ISO 10962' })

const Mic = Type.String({ pattern: '^[A-Z0-9]{4}$', description: 'ISO 10383, of the segment if it has one' })
const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })
const Person = {
  ...Opaque,
  description: 'An opaque id of a natural person; who it is, is kept elsewhere',
}
const Party = Type.Union([strict({ lei: Lei }), strict({ person: Person })])
const Algorithm = strict({
  algorithm: Type.String({
    pattern: '^[A-Za-z0-9._-]{1,50}$',
    description: 'The member’s own name of the algorithm, never used for another one',
  }),
})
const Decider = Type.Union([
  strict({ person: Person, country: Type.Optional(Country) }),
  Algorithm,
  strict({ client: Type.Literal(true) }),
])

/** How orders come; whatever is left out is not known, or is what the account says. */
export const routeFields = {
  direct_electronic_access: Type.Optional(Type.Boolean({ description: 'RTS 24, field 2' })),
  liquidity_provision: Type.Optional(
    Type.Boolean({
      description: 'RTS 24, field 8: as part of a market-making strategy, or on terms of issuer or venue',
    }),
  ),
  investment_decision: Type.Optional({
    ...Decider,
    description: 'RTS 24, field 4; RTS 22, fields 57 and 58: who within the member decides what to trade',
  }),
  execution: Type.Optional({
    ...Decider,
    description: 'RTS 24, field 5; RTS 22, fields 59 and 60: who within the member decides how',
  }),
  non_executing_broker: Type.Optional({
    ...Lei,
    description: 'RTS 24, field 6: the member that only routed',
  }),
}

export const holderFields = {
  ...routeFields,
  capacity: Type.Optional(
    Type.Enum(['DEAL', 'MTCH', 'AOTC'], {
      description:
        'RTS 24, field 7; RTS 22, field 29. Without it DEAL for the house’s accounts, AOTC for clients’',
    }),
  ),
  client: Type.Optional({
    ...Type.Union([
      strict({ lei: Lei }),
      strict({ person: Person }),
      strict({ several: Type.Enum(['AGGR', 'PNAL']) }),
    ]),
    description: 'RTS 24, field 3; RTS 22, fields 7 and 16. Without it who the account was opened for',
  }),
  decision_maker: Type.Optional({
    ...Party,
    description: 'RTS 22, fields 12 and 21: who decides for the client',
  }),
  client_branch_country: Type.Optional({ ...Country, description: 'RTS 22, fields 8 and 17' }),
  short_selling_exempt: Type.Optional(
    Type.Boolean({ description: 'RTS 22, field 62: short sales are SSEX, not SESH' }),
  ),
}

export const memberFields = {
  lei: Lei,
  investment_firm: Type.Boolean({
    description: 'RTS 22, field 5: whether Directive 2014/65/EU covers it as an investment firm',
  }),
  country: { ...Country, description: 'RTS 22, field 37: of its home, or of the branch that is the member' },
}

export const venueFields = {
  mic: Mic,
  operator_lei: { ...Lei, description: 'RTS 22, field 6: of who operates the market' },
  ccp_lei: Type.Optional({
    ...Lei,
    description: 'RTS 22, fields 7 and 16: of the central counterparty, if trades are made with one',
  }),
}

export const ValidFrom = Type.Optional({
  ...Time,
  description: 'From when on it counts; now if absent. It may be in the past: what was learnt late',
})

/**
 * Checks identifiers by their check digits, wherever they are in what was registered.
 *
 * @throws Refusal `identifier_invalid` for the first that is wrong
 */
export function checkIdentifiers(value: unknown, path = ''): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, part] of Object.entries(value)) {
    const check = checks[name]
    if (typeof part === 'string' && check !== undefined && !check(part))
      throw new Refusal('identifier_invalid', `${path}${name}: ${part} has wrong check digits, or is none`, {
        field: `${path}${name}`,
        value: part,
      })
    checkIdentifiers(part, `${path}${name}.`)
  }
}

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  lei: isLei,
  operator_lei: isLei,
  ccp_lei: isLei,
  non_executing_broker: isLei,
  isin: isIsin,
  cfi: isCfi,
}
