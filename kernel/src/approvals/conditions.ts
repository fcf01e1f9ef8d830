import type { Condition } from './schemas.ts'

/** Whether every condition holds of the input. Total: it answers for any input and any condition. */
export function meets(conditions: readonly Condition[], input: unknown): boolean {
  return conditions.every((condition) => holds(condition, input))
}

function holds(condition: Condition, input: unknown): boolean {
  const places = placesAt(input, stepsOf(condition.path))
  if ('present' in condition) return places.length > 0 === condition.present
  if ('equals' in condition) return places.some(({ value }) => value === condition.equals)
  return isAbove(places, condition.above, condition.asset)
}

/** Adds up all places, so that an amount does not pass by being cut into parts. What is no decimal counts as above. */
function isAbove(places: readonly Place[], above: string, asset: string | undefined): boolean {
  const limit = decimalOf(above)
  let sum = { units: 0n, decimals: 0 }
  for (const { value, beside } of places) {
    if (asset !== undefined && beside.asset !== asset) continue
    const decimal = decimalOf(value)
    if (decimal === undefined) return true
    sum = added(sum, decimal)
  }
  return limit === undefined || compared(sum, limit) > 0n
}

interface Place {
  readonly value: unknown
  /** The members of the object that the value is a member of. */
  readonly beside: Readonly<Record<string, unknown>>
}

/** The members and asterisks that a path names, one below the other. */
export function stepsOf(path: string): string[] {
  return path.split('/').slice(1)
}

/** Every value at the path; `*` stands for each element of an array and each member of an object. */
function placesAt(input: unknown, steps: readonly string[]): Place[] {
  let places: Place[] = [{ value: input, beside: {} }]
  for (const step of steps) places = places.flatMap(({ value }) => below(value, step))
  return places
}

function below(value: unknown, step: string): Place[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return step === '*' ? value.map((each) => ({ value: each, beside: {} })) : []
  const beside: Readonly<Record<string, unknown>> = { ...value }
  if (step === '*') return Object.values(beside).map((each) => ({ value: each, beside }))
  return Object.hasOwn(beside, step) && beside[step] !== undefined ? [{ value: beside[step], beside }] : []
}

interface Decimal {
  readonly units: bigint
  readonly decimals: number
}

/** Longer ones are no amounts. */
const form = /^-?(\d{1,100})(?:\.(\d{1,100}))?$/

/** The size of a decimal string or of a whole number, without its sign. */
function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value !== 'string' && !Number.isSafeInteger(value)) return undefined
  const parts = form.exec(String(value))
  if (parts === null) return undefined
  const [, whole = '', fraction = ''] = parts
  return { units: BigInt(whole + fraction), decimals: fraction.length }
}

function added(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals)
  return { units: scaled(a, decimals) + scaled(b, decimals), decimals }
}

function compared(a: Decimal, b: Decimal): bigint {
  const decimals = Math.max(a.decimals, b.decimals)
  return scaled(a, decimals) - scaled(b, decimals)
}

function scaled({ units, decimals }: Decimal, to: number): bigint {
  return units * 10n ** BigInt(to - decimals)
}
