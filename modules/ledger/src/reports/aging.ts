/** A bucket of ages in whole days, both ends included; without an end: older ones. */
export interface Bucket {
  readonly from: number
  readonly to: number | undefined
}

/** 30, 60 make the buckets 0–30, 31–60 and older. The ends must rise. */
export function bucketsOf(ends: readonly number[]): Bucket[] {
  const buckets: Bucket[] = []
  let from = 0
  for (const to of ends) {
    buckets.push({ from, to })
    from = to + 1
  }
  return [...buckets, { from, to: undefined }]
}

/** What was posted to both sides of an account up to the end of some day. */
export interface Sides {
  readonly debits: bigint
  readonly credits: bigint
}

/**
 * Of which ages the balance of an account is, debits − credits, if what came first was matched first: the newest
 * postings on the side of the balance that come to it. `totals` are those of the day itself and of the day before the
 * first day of each bucket, the youngest first; before the oldest bucket, which has no end, there is nothing.
 */
export function agedBalance(totals: readonly Sides[]): bigint[] {
  const [now, ...befores] = totals
  if (now === undefined) return []
  const net = now.debits - now.credits
  const onDebitSide = net > 0n
  const side = (sides: Sides): bigint => (onDebitSide ? sides.debits : sides.credits)
  let unmatched = onDebitSide ? net : -net
  let after = side(now)
  return befores.map((before) => {
    const grown = after - side(before)
    after = side(before)
    const own = unmatched < grown ? unmatched : grown
    unmatched -= own
    return onDebitSide ? own : -own
  })
}
