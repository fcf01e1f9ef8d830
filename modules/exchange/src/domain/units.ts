import { formatDecimal, MoneyError, parseDecimal } from '@florin/money'

/** How a market counts: the engine's ticks and lots against prices, quantities and money. */
export interface Units {
  /** Quote for one unit of the instrument, decimal. */
  readonly tick: string
  /** Units of the instrument, decimal. */
  readonly lot: string
  /** Minor units of the quote that one tick of one lot is worth. */
  readonly tickValue: bigint
  /** Minor units of the instrument in a lot. */
  readonly lotUnits: bigint
  readonly quoteExponent: number
}

/**
 * The units of a market, or what is wrong with its tick and lot in one sentence. A tick of a lot must be worth whole
 * minor units of the quote, so that what a trade costs is exact.
 */
export function unitsOf(
  tick: string,
  lot: string,
  exponents: { readonly instrument: number; readonly quote: number },
): Units | string {
  const tickDecimals = decimalsOf(tick)
  const lotUnits = exact(lot, exponents.instrument)
  const tickUnits = exact(tick, tickDecimals)
  if (lotUnits === undefined || lotUnits === 0n)
    return `The lot ${lot} is not a whole number of minor units above zero`
  if (tickUnits === undefined || tickUnits <= 0n) return `The tick ${tick} is not above zero`
  // tick x lot in minor units of the quote: 10^(quote - tick's decimals - instrument) times the product of both
  const product = tickUnits * lotUnits
  const scale = exponents.quote - tickDecimals - exponents.instrument
  const divisor = scale < 0 ? 10n ** BigInt(-scale) : 1n
  if (product % divisor !== 0n)
    return `A tick of a lot (${tick} x ${lot}) is not a whole number of the quote's minor units`
  const tickValue = scale < 0 ? product / divisor : product * 10n ** BigInt(scale)
  return { tick, lot, tickValue, lotUnits, quoteExponent: exponents.quote }
}

/** Ticks of a price; undefined where it is no whole number of them, or more than the engine can count. */
export function ticksOf(units: Units, price: string): number | undefined {
  return countOf(price, units.tick)
}

/** Lots of a quantity; undefined where it is no whole number of them, or more than the engine can count. */
export function lotsOf(units: Units, quantity: string): number | undefined {
  return countOf(quantity, units.lot)
}

/** Whether a decimal is a whole number of steps, however many. */
export function fitsStep(text: string, step: string): boolean {
  const decimals = Math.max(decimalsOf(text), decimalsOf(step))
  const unit = exact(step, decimals)
  const value = exact(text, decimals)
  return value !== undefined && unit !== undefined && value % unit === 0n
}

/** The price of so many ticks, with the tick's decimals. */
export function priceOf(units: Units, ticks: number): string {
  return multipleOf(units.tick, ticks)
}

/** The quantity of so many lots, with the lot's decimals. */
export function quantityOf(units: Units, lots: number): string {
  return multipleOf(units.lot, lots)
}

/** Minor units of the quote that ticks x lots are worth; exact. */
export function minorOf(units: Units, ticksTimesLots: number | bigint): bigint {
  return BigInt(ticksTimesLots) * units.tickValue
}

/** The same as a decimal. */
export function moneyOf(units: Units, ticksTimesLots: number | bigint): string {
  return formatDecimal(minorOf(units, ticksTimesLots), units.quoteExponent)
}

/**
 * Ticks x lots within an amount of the quote, rounded towards zero: as a limit it allows no more than was said. Undefined
 * for more decimals than the quote has, and from 2^53 on.
 */
export function wholeValueOf(units: Units, amount: string): number | undefined {
  const minor = exact(amount, units.quoteExponent)
  return minor === undefined ? undefined : safe(minor / units.tickValue)
}

function countOf(text: string, step: string): number | undefined {
  const decimals = Math.max(decimalsOf(text), decimalsOf(step))
  const value = exact(text, decimals)
  const unit = exact(step, decimals)
  if (value === undefined || unit === undefined || value % unit !== 0n) return undefined
  return safe(value / unit)
}

function multipleOf(step: string, count: number): string {
  const decimals = decimalsOf(step)
  return formatDecimal(parseDecimal(step, decimals) * BigInt(count), decimals)
}

/** Digits after the point. */
export function decimalsOf(text: string): number {
  const point = text.indexOf('.')
  return point === -1 ? 0 : text.length - point - 1
}

/** Minor units of a text; undefined where it has more decimals than fit. */
function exact(text: string, exponent: number): bigint | undefined {
  try {
    return parseDecimal(text, exponent)
  } catch (error) {
    if (error instanceof MoneyError) return undefined
    throw error
  }
}

function safe(value: bigint): number | undefined {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}
