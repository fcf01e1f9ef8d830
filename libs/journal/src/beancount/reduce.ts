import { abs, add, cmp, type Decimal, div28, mul, neg, round28, ZERO } from '../decimal.ts'
import { type Amount, type Cost, type CostSpec, MISSING, type PartialAmount, type RawPosting } from './ast.ts'
import type { GroupPosting } from './categorize.ts'
import { type Inventory, type Position, positionText } from './inventory.ts'
import type { BookingMethod } from './options.ts'

/** After lots are matched: `cost` is a finished lot (a reduction) or still a spec (an augmentation). */
export interface Matched {
  readonly raw: RawPosting
  readonly units: PartialAmount & { readonly currency: string }
  readonly lot: Cost | undefined
  readonly spec: CostSpec | undefined
  readonly price: PartialAmount | undefined
}

type Fail = (at: RawPosting, code: string, message: string) => void

/** The cost of one unit, where the spec says enough. */
export function unitCost(spec: CostSpec, units: Decimal): Decimal | undefined {
  if (spec.per === MISSING || spec.total === MISSING) return undefined
  if (spec.total === undefined) return spec.per
  if (units.n === 0n) return undefined
  const size = abs(units)
  return div28(round28(add(spec.total, round28(mul(spec.per, size)))), size)
}

function matches(
  position: Position,
  posting: GroupPosting,
  spec: CostSpec,
  cost: Decimal | undefined,
): boolean {
  const lot = position.cost
  if (lot === undefined || position.units.currency !== posting.units.currency) return false
  if (cost !== undefined && cmp(lot.number, cost) !== 0) return false
  if (spec.currency !== MISSING && lot.currency !== spec.currency) return false
  if (spec.date !== undefined && lot.date !== spec.date) return false
  return spec.label === undefined || spec.label === '' || lot.label === spec.label
}

/**
 * Matches each reducing posting at cost to the lots its account holds. Returns undefined where one cannot be
 * matched: then the whole group is given up, as in beancount.
 */
export function bookReductions(
  date: string,
  postings: readonly GroupPosting[],
  balances: ReadonlyMap<string, Inventory>,
  methodOf: (account: string) => BookingMethod,
  fail: Fail,
): Matched[] | undefined {
  // Lots used by an earlier posting of this transaction must not be matched again.
  const local = new Map<string, Inventory>()
  const out: Matched[] = []
  for (const posting of postings) {
    const { raw, units, cost: spec, price } = posting
    if (spec === undefined || units.number === MISSING) {
      out.push({ raw, units, lot: undefined, spec, price })
      continue
    }
    const method = methodOf(raw.account)
    const held = local.get(raw.account) ?? balances.get(raw.account)
    if (method === 'NONE' || held === undefined || !held.isReducedBy(units.number, units.currency)) {
      out.push({ raw, units, lot: undefined, spec: { ...spec, date: spec.date ?? date }, price })
      continue
    }
    const cost = unitCost(spec, units.number)
    const found = [...held.positions()].filter((position) => matches(position, posting, spec, cost))
    const wanted = `${positionText({ units: { number: units.number, currency: units.currency }, cost: undefined })} {…}`
    if (found.length === 0) {
      fail(raw, 'no_lot', `no lot matches ${wanted} in ${raw.account}: it holds ${held}`)
      return undefined
    }
    const reductions = choose(method, { number: units.number, currency: units.currency }, found)
    if (typeof reductions === 'string') {
      fail(
        raw,
        reductions,
        `${REASONS[reductions]} ${wanted} in ${raw.account}: ${found.map(positionText).join('; ')}`,
      )
      return undefined
    }
    let after = local.get(raw.account)
    if (after === undefined) {
      after = held.copy()
      local.set(raw.account, after)
    }
    for (const { units: part, cost: lot } of reductions) {
      after.add(part, lot)
      out.push({ raw, units: part, lot, spec: undefined, price })
    }
  }
  return out
}

const REASONS = {
  ambiguous_lot: 'more than one lot matches',
  not_enough_lots: 'the lots are too small for',
  average_booking: 'the AVERAGE method is not supported (nor is it by beancount 2):',
} as const

function choose(method: BookingMethod, units: Amount, found: Position[]): Position[] | keyof typeof REASONS {
  const wanted = units.number
  if (method === 'AVERAGE') return 'average_booking'
  if (method === 'STRICT' && found.length > 1) {
    const sum = found.reduce((total, position) => add(total, position.units.number), ZERO)
    if (cmp(sum, neg(wanted)) !== 0) return 'ambiguous_lot'
    return found.map(({ units: u, cost }) => ({
      units: { number: neg(u.number), currency: u.currency },
      cost,
    }))
  }
  const ordered = [...found]
  if (method === 'FIFO') ordered.sort((a, b) => byDate(a, b))
  if (method === 'LIFO') ordered.sort((a, b) => byDate(b, a))
  const out: Position[] = []
  let remaining = abs(wanted)
  for (const position of ordered) {
    if (remaining.n === 0n) break
    const { number } = position.units
    // Lots of the same sign cannot be reduced by this posting.
    if (number.n < 0n === wanted.n < 0n && method !== 'STRICT') continue
    const size = cmp(abs(number), remaining) < 0 ? abs(number) : remaining
    out.push({
      units: { number: wanted.n < 0n ? neg(size) : size, currency: units.currency },
      cost: position.cost,
    })
    remaining = add(remaining, neg(size))
  }
  return remaining.n > 0n ? 'not_enough_lots' : out
}

function byDate(a: Position, b: Position): number {
  const x = a.cost?.date ?? ''
  const y = b.cost?.date ?? ''
  return x < y ? -1 : x > y ? 1 : 0
}
