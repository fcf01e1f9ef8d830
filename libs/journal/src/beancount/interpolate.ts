import { abs, add, type Decimal, div28, mul, neg, round28, sub, ZERO } from '../decimal.ts'
import { type Amount, type BookedPosting, type Cost, type CostSpec, MISSING, type RawPosting } from './ast.ts'
import { type Matched, unitCost } from './reduce.ts'
import { quantizeWithTolerance, type Tolerances } from './tolerance.ts'

type Fail = (at: RawPosting, code: string, message: string) => void

/** What a posting counts for in the balance: at cost, else at price, else its units. */
export function weight(posting: Pick<BookedPosting, 'units' | 'cost' | 'price'>): Amount {
  const { units, cost, price } = posting
  const rate = cost ?? price
  if (rate === undefined) return units
  return { number: round28(mul(rate.number, units.number)), currency: rate.currency }
}

type Gap = 'units' | 'cost' | 'total' | 'price'

function gapsOf(posting: Matched): Gap[] {
  const gaps: Gap[] = []
  if (posting.units.number === MISSING) gaps.push('units')
  if (posting.spec?.per === MISSING) gaps.push('cost')
  if (posting.spec?.total === MISSING) gaps.push('total')
  if (posting.price?.number === MISSING) gaps.push('price')
  return gaps
}

function lotOf(spec: CostSpec, units: Decimal, date: string): Cost | undefined {
  const number = unitCost(spec, units)
  if (number === undefined || spec.currency === MISSING) return undefined
  return { number, currency: spec.currency, date: spec.date ?? date, label: spec.label }
}

/** The posting with nothing missing, or undefined where something still is. */
function finish(posting: Matched, date: string, interpolated: boolean): BookedPosting | undefined {
  const { raw, units, price } = posting
  if (units.number === MISSING || units.currency === MISSING) return undefined
  const cost = posting.spec === undefined ? posting.lot : lotOf(posting.spec, units.number, date)
  if (posting.spec !== undefined && cost === undefined) return undefined
  let at: Amount | undefined
  if (price !== undefined) {
    if (price.number === MISSING || price.currency === MISSING) return undefined
    at = { number: price.number, currency: price.currency }
  }
  return {
    file: raw.file,
    line: raw.line,
    flag: raw.flag,
    account: raw.account,
    units: { number: units.number, currency: units.currency },
    cost,
    price: at,
    priceText: raw.priceText,
    meta: raw.meta,
    interpolated,
  }
}

export interface Interpolated {
  readonly postings: BookedPosting[]
  /** The posting that turned out to have nothing to take up. */
  readonly empty: RawPosting | undefined
}

/** Finds the one number a currency group may leave out, from the balance of the others. */
export function interpolateGroup(
  date: string,
  currency: string,
  postings: readonly Matched[],
  tolerances: Tolerances,
  fail: Fail,
): Interpolated {
  const gaps = postings.flatMap((posting) => gapsOf(posting).map((gap) => ({ posting, gap })))
  const [hole, second] = gaps
  if (hole !== undefined && second !== undefined) {
    fail(second.posting.raw, 'too_many_missing', `more than one number is left out for ${currency}`)
    return { postings: [], empty: undefined }
  }
  const out: BookedPosting[] = []
  let residual: Decimal = ZERO
  let at = 0
  for (const posting of postings) {
    if (posting === hole?.posting) {
      at = out.length
      continue
    }
    const booked = finish(posting, date, false)
    if (booked === undefined) {
      fail(posting.raw, 'incomplete', 'the posting is incomplete')
      continue
    }
    out.push(booked)
    if (hole !== undefined) residual = add(residual, weight(booked).number)
  }
  let empty: RawPosting | undefined
  if (hole !== undefined) {
    const filled = fill(hole.posting, hole.gap, neg(residual), tolerances)
    if (typeof filled === 'string') fail(hole.posting.raw, 'interpolation', filled)
    else if (filled === undefined) empty = hole.posting.raw
    else {
      const booked = finish(filled, date, true)
      if (booked === undefined) fail(hole.posting.raw, 'incomplete', 'the posting is incomplete')
      else out.splice(at, 0, booked)
    }
  }
  for (const posting of out) {
    if (posting.cost === undefined) continue
    if (posting.units.number.n === 0n) fail(rawOf(posting, postings), 'zero_at_cost', 'zero units at cost')
    if (posting.cost.number.n < 0n) fail(rawOf(posting, postings), 'negative_cost', 'a cost is negative')
  }
  return { postings: out, empty }
}

function rawOf(booked: BookedPosting, postings: readonly Matched[]): RawPosting {
  const found = postings.find(({ raw }) => raw.line === booked.line && raw.file === booked.file)
  if (found === undefined) throw new Error('a booked posting has no origin')
  return found.raw
}

/** The posting with its gap filled; undefined where nothing is left for it; a text where it cannot be. */
function fill(
  posting: Matched,
  gap: Gap,
  target: Decimal,
  tolerances: Tolerances,
): Matched | undefined | string {
  const { units, spec, price } = posting
  if (gap === 'units') {
    let number = target
    if (spec !== undefined) {
      if (spec.per === MISSING || spec.total === MISSING) return 'cost and units are both left out'
      if (spec.per.n === 0n) return 'the units cannot be told from a total cost alone'
      number = div28(sub(target, spec.total ?? ZERO), spec.per)
    } else if (price !== undefined) {
      if (price.number === MISSING) return 'price and units are both left out'
      if (price.number.n === 0n) return 'the units cannot be told from a price of zero'
      number = div28(target, price.number)
    }
    if (target.n === 0n) return undefined
    return {
      ...posting,
      units: { number: quantizeWithTolerance(tolerances, units.currency, number), currency: units.currency },
    }
  }
  if (units.number === MISSING) return 'the units are left out'
  if (gap === 'price') {
    if (spec !== undefined || posting.lot !== undefined || price === undefined)
      return 'the price of units held at cost cannot be told'
    if (units.number.n === 0n) return 'the price of zero units cannot be told'
    return { ...posting, price: { number: abs(div28(target, units.number)), currency: price.currency } }
  }
  if (spec === undefined) return 'there is no cost to fill'
  if (gap === 'cost') {
    if (units.number.n === 0n) return undefined
    const total = spec.total === MISSING || spec.total === undefined ? ZERO : spec.total
    return { ...posting, spec: { ...spec, per: div28(sub(target, total), units.number) } }
  }
  if (spec.per === MISSING) return 'cost per unit and in total are both left out'
  return { ...posting, spec: { ...spec, total: sub(target, round28(mul(spec.per, units.number))) } }
}
