import { type TProperties, Type } from 'typebox'

/** An object that refuses members it does not know. */
export function strict<P extends TProperties>(
  properties: P,
  options: { readonly description?: string; readonly title?: string } = {},
) {
  return Type.Object(properties, { ...options, additionalProperties: false })
}

export const MarketCode = Type.String({
  pattern: '^[A-Z0-9][A-Z0-9.-]{0,31}$',
  description: 'The market, such as `ACME-EUR`',
})

/** A name that people give: lower-case letters, digits and `-`. */
function named(what: string) {
  return Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: what })
}

export const AccountCode = named('The trading account: lower-case letters, digits and `-`')
export const SessionCode = named('The session: lower-case letters, digits and `-`')
export const LedgerName = named('The ledger that the market settles in')

export const AssetCode = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._'/:%-]{0,190}$",
  description: 'Code of an asset of the ledger',
})

/** At most 15 digits before the point and 12 after it: whatever it counts fits the engine or is refused by its bounds. */
export const Price = Type.String({
  pattern: '^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,12})?$',
  description: 'A price: quote for one unit of the instrument, as a decimal string',
})

export const Quantity = Type.String({
  pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,18})?$',
  description: 'Units of the instrument, as a decimal string',
})

export const Money = Type.String({
  pattern: '^(0|[1-9][0-9]{0,23})(\\.[0-9]{1,36})?$',
  description: 'An amount of the quote, as a decimal string',
})

/** An id that says nothing about who it stands for. */
export const Opaque = Type.String({ pattern: '^[A-Za-z0-9._:-]{1,64}$' })
