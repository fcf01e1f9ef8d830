/** Names of write-ahead log files: 8 hex digits each of timeline, log and segment. */
const SEGMENT = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/
const HISTORY = /^[0-9A-F]{8}\.history$/

/** 4 GiB of log in segments of 16 MiB, which is what initdb makes unless told otherwise. */
const SEGMENTS_A_LOG = 256

export type Segment = { timeline: number; number: number }

/** The segment of that file name; undefined for anything else (history, partial and backup files, drafts). */
export function segmentOf(name: string): Segment | undefined {
  const match = SEGMENT.exec(name)
  if (match === null) return undefined
  const [, timeline = '', log = '', segment = ''] = match
  return {
    timeline: Number.parseInt(timeline, 16),
    number: Number.parseInt(log, 16) * SEGMENTS_A_LOG + Number.parseInt(segment, 16),
  }
}

export function segmentName({ timeline, number }: Segment): string {
  return [timeline, Math.floor(number / SEGMENTS_A_LOG), number % SEGMENTS_A_LOG]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('')
}

export function isHistory(name: string): boolean {
  return HISTORY.test(name)
}

/** The file names from the first segment to the last, both on the timeline of the last. */
export function segmentNames(first: string, last: string): string[] {
  const from = segmentOf(first)
  const to = segmentOf(last)
  if (from === undefined || to === undefined) throw new Error(`No segments: ${first}, ${last}`)
  return Array.from({ length: to.number - from.number + 1 }, (_, i) =>
    segmentName({ timeline: to.timeline, number: from.number + i }),
  )
}

/** What an archive holds after a backup. */
export type Coverage = {
  /** The last segment up to which none is missing; undefined where the archive holds nothing after the backup. */
  reaches: string | undefined
  /** Segments that are missing before a later one that is there. */
  missing: readonly string[]
}

/**
 * Looks at the archived segments from `start` (where a backup needs them) on. A segment counts when it is there on the
 * timeline of `start` or a later one: recovery goes over to the newer timeline where that branches off.
 */
export function coverage(names: readonly string[], start: string): Coverage {
  const first = segmentOf(start)
  if (first === undefined) throw new Error(`${start} is no segment`)
  const found = new Map<number, string>()
  for (const name of [...names].sort()) {
    const segment = segmentOf(name)
    if (segment === undefined || segment.timeline < first.timeline || segment.number < first.number) continue
    found.set(segment.number, name)
  }
  const missing: string[] = []
  let reaches: string | undefined
  const last = Math.max(first.number - 1, ...found.keys())
  for (let number = first.number; number <= last; number++) {
    const name = found.get(number)
    if (name === undefined) missing.push(segmentName({ timeline: first.timeline, number }))
    else if (missing.length === 0) reaches = name
  }
  return { reaches, missing }
}

/** Segments that no backup beginning at `oldest` needs. Timelines don't matter: all go forward together. */
export function segmentsBefore(names: readonly string[], oldest: string): string[] {
  const first = segmentOf(oldest)
  if (first === undefined) throw new Error(`${oldest} is no segment`)
  return names.filter((name) => {
    const segment = segmentOf(name)
    return segment !== undefined && segment.number < first.number
  })
}

/** A place in the log, `16/B374D848`, as a number of bytes. */
export function lsnOf(text: string): bigint | undefined {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  if (match === null) return undefined
  return (BigInt(`0x${match[1]}`) << 32n) + BigInt(`0x${match[2]}`)
}
