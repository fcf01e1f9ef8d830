import { InvalidInput, type View } from '@florin/kernel'
import { Type } from 'typebox'

export const Day = Type.String({
  format: 'date',
  pattern: '^(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
  description: 'A UTC day, such as 2026-03-31',
})

export const dayInput = Type.Optional({ ...Day, description: 'A UTC day; the previous one if absent' })

const day_ms = 86_400_000

export interface DaySpan {
  readonly day: string
  /** Microseconds since 1970. */
  readonly from_us: number
  /** Of the end, not included. */
  readonly until_us: number
}

/**
 * The day that was asked for, or the one before today.
 *
 * @throws InvalidInput for a day that no calendar has
 */
export function dayOf(view: View, day: string | undefined): DaySpan {
  const text = day ?? new Date(view.clock.now() - day_ms).toISOString().slice(0, 10)
  const from_ms = Date.parse(`${text}T00:00:00.000Z`)
  if (Number.isNaN(from_ms) || new Date(from_ms).toISOString().slice(0, 10) !== text)
    throw new InvalidInput([{ path: '/day', message: 'is no day of the calendar' }])
  return { day: text, from_us: from_ms * 1_000, until_us: (from_ms + day_ms) * 1_000 }
}
