import { Type } from 'typebox'

/** An instant: ISO 8601 in UTC, milliseconds. */
export const Time = Type.String({
  // The format knows how many days a month has, the pattern what PostgreSQL and Florin understand.
  format: 'date-time',
  pattern:
    '^(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?Z$',
  description: 'ISO 8601 in UTC with at most milliseconds, such as 2026-01-31T12:00:00.000Z',
})

export const NullableTime = Type.Union([Time, Type.Null()])

export const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

export const Uuid = Type.String({
  pattern: uuidPattern,
  description: 'UUID in lower case',
})

export const Permission = Type.String({
  pattern: '^(\\*|[a-z0-9-]+(\\.[a-z0-9-]+)*(\\.\\*)?)$',
  maxLength: 128,
  description: 'An operation such as `ledger.account.open`, a branch such as `ledger.*`, or `*`',
})

/** Integers that may outgrow a JSON number, such as sequence numbers: decimal strings. */
export const Counter = Type.String({
  pattern: '^(0|[1-9]\\d{0,18})$',
  description: 'A whole number as a decimal string',
})
