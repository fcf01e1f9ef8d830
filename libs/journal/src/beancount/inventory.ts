import { add, canonical, type Decimal } from '../decimal.ts'
import type { Amount, Cost } from './ast.ts'

/** Some units of one lot (or of a commodity held without cost). */
export interface Position {
  readonly units: Amount
  readonly cost: Cost | undefined
}

function lotKey(currency: string, cost: Cost | undefined): string {
  if (cost === undefined) return currency
  return `${currency} ${canonical(cost.number)} ${cost.currency} ${cost.date} ${cost.label ?? ''}`
}

/** Everything an account holds, lot by lot, in the order the lots came in. */
export class Inventory {
  private readonly lots: Map<string, Position>

  constructor(lots: Iterable<[string, Position]> = []) {
    this.lots = new Map(lots)
  }

  copy(): Inventory {
    return new Inventory(this.lots)
  }

  positions(): Iterable<Position> {
    return this.lots.values()
  }

  add(units: Amount, cost: Cost | undefined): void {
    const key = lotKey(units.currency, cost)
    const held = this.lots.get(key)
    const number = held === undefined ? units.number : add(held.units.number, units.number)
    if (number.n === 0n) this.lots.delete(key)
    else this.lots.set(key, { units: { number, currency: units.currency }, cost })
  }

  /** Whether some lot of the currency has the other sign. */
  isReducedBy(number: Decimal, currency: string): boolean {
    if (number.n === 0n) return false
    for (const { units } of this.lots.values())
      if (units.currency === currency && units.number.n < 0n !== number.n < 0n) return true
    return false
  }

  /** The one currency held, where there is exactly one. */
  onlyCurrency(): string | undefined {
    return only(this.lots.values(), (position) => position.units.currency)
  }

  onlyCostCurrency(): string | undefined {
    return only(this.lots.values(), (position) => position.cost?.currency)
  }

  toString(): string {
    return [...this.lots.values()].map(positionText).join(', ') || 'nothing'
  }
}

function only(
  positions: Iterable<Position>,
  pick: (position: Position) => string | undefined,
): string | undefined {
  let found: string | undefined
  for (const position of positions) {
    const value = pick(position)
    if (value === undefined || value === found) continue
    if (found !== undefined) return undefined
    found = value
  }
  return found
}

export function costText(cost: Cost): string {
  const label = cost.label === undefined ? '' : `, "${cost.label}"`
  return `${canonical(cost.number)} ${cost.currency}, ${cost.date}${label}`
}

export function positionText(position: Position): string {
  const { units, cost } = position
  return `${canonical(units.number)} ${units.currency}${cost === undefined ? '' : ` {${costText(cost)}}`}`
}
