/** Days and times of a place in the world. Days are `2026-01-31`, times `09:00` or `09:00:30`. */

const dayMs = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether there is such a zone, of the IANA's list, such as `Europe/Berlin`. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The local day of an instant, epoch milliseconds. */
export function localDay(zone: string, instant: number): string {
  return new Date(localMs(zone, instant)).toISOString().slice(0, 10)
}

/**
 * The instant, epoch milliseconds, at which clocks of the zone show this time on this day. A time that a change of
 * clocks leaves out is as much later as the clocks jump; of one that comes twice it is the first.
 */
export function instantOf(zone: string, day: string, time: string): number {
  const shown = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}.000Z`)
  // offsets of the day before and the day after: where they differ, clocks change in between
  const [earlier = shown, later = shown] = [shown - dayMs, shown + dayMs].map(
    (near) => shown - (localMs(zone, near) - near),
  )
  const fitting = [Math.min(earlier, later), Math.max(earlier, later)].filter(
    (t) => localMs(zone, t) === shown,
  )
  return fitting[0] ?? earlier
}

/** What clocks of the zone show at an instant, as if it were UTC. */
function localMs(zone: string, instant: number): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  )
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
  const second = Date.UTC(
    number('year'),
    number('month') - 1,
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  )
  return second + (((instant % 1_000) + 1_000) % 1_000)
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}
