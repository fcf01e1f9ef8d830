import { type Static, Type } from 'typebox'
import { strict } from '../schemas.ts'

/** A time to the microsecond. */
export const MicroTime = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$',
  description: 'ISO 8601 in UTC to the microsecond',
})

export const Sequence = Type.Integer({
  minimum: 0,
  description: 'Number of a command in the market’s journal',
})

/** Events differ by their kind: see the page on order entry. */
export const EventView = Type.Object(
  { event: Type.String(), account: Type.Optional(Type.String()) },
  { title: 'TradingEvent', additionalProperties: true },
)

export const CommandResult = strict(
  {
    market: Type.String(),
    state: Type.Enum(['waiting', 'done', 'refused'], {
      description: 'waiting: the market’s engine has not come to it yet',
    }),
    seq: Type.Union([Sequence, Type.Null()]),
    at: Type.Union([MicroTime, Type.Null()]),
    code: Type.Union([Type.String(), Type.Null()], { description: 'Why it was refused' }),
    events: Type.Array(EventView, { description: 'What it came to, of the account it was for' }),
  },
  { title: 'CommandResult' },
)
export type CommandResultView = Static<typeof CommandResult>
