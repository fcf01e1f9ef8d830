import * as florin from '@florin/money'
import { Big } from 'big.js'
import { Decimal } from 'decimal.js'
import * as plainDinero from 'dinero.js'
import * as bigDinero from 'dinero.js/bigint'

/** One asset's worth of inputs. Amounts are in range of every library that takes part. */
export interface Inputs {
  readonly exponent: number
  /** Amounts as plain decimal strings; a power of two of them. */
  readonly texts: readonly string[]
  /** Whether amounts in minor units stay below 2^53, so that libraries on plain numbers can take part. */
  readonly safe: boolean
}

/** The same operations in each library; `T` is the library's own object for an amount. */
export interface Contender<T> {
  readonly library: string
  parse(text: string): T
  /** A plain decimal string with all decimals of the asset. */
  format(value: T): string
  add(left: T, right: T): T
  /** Times 1.0845, rounded half-even to the asset's decimals. */
  multiply(value: T): T
  /** By the weights 50, 30 and 20, without losing a unit. */
  allocate(value: T): readonly T[]
}

const WEIGHTS = [50, 30, 20] as const
const TOTAL_WEIGHT = 100

export function florinContender({ exponent }: Inputs): Contender<florin.Money> {
  const asset = exponent === 2 ? florin.isoAsset('USD') : florin.instrumentAsset('TOKEN', exponent)
  const rate = florin.Rational.parse('1.0845')
  const weights = WEIGHTS.map(BigInt)
  return {
    library: 'florin',
    parse: (text) => florin.parseMoney(text, asset),
    format: (value) => florin.formatMoney(value),
    add: (left, right) => florin.add(left, right),
    multiply: (value) => florin.multiply(value, rate, 'half-even').value,
    allocate: (value) => florin.allocate(value, weights),
  }
}

const DECIMAL = /^(-?\d+)(?:\.(\d+))?$/

/**
 * dinero.js has no parser, so it gets one in front: it refuses what the others refuse and does not take "1.5"
 * for fifteen cents.
 */
function minorDigits(text: string, exponent: number): string {
  const match = DECIMAL.exec(text)
  const [, whole = '', decimals = ''] = match ?? []
  if (!match || decimals.length > exponent) throw new Error('malformed amount')
  return whole + decimals.padEnd(exponent, '0')
}

export function dineroContender({ exponent }: Inputs): Contender<plainDinero.Dinero<number>> {
  const currency = { code: 'ANY', base: 10, exponent }
  return {
    library: 'dinero.js',
    parse: (text) => plainDinero.dinero({ amount: Number(minorDigits(text, exponent)), currency }),
    format: (value) => plainDinero.toDecimal(value),
    add: (left, right) => plainDinero.add(left, right),
    multiply: (value) => {
      const product = plainDinero.multiply(value, { amount: 10845, scale: 4 })
      return plainDinero.transformScale(product, exponent, plainDinero.halfEven)
    },
    allocate: (value) => plainDinero.allocate(value, WEIGHTS),
  }
}

export function bigintDineroContender({ exponent }: Inputs): Contender<bigDinero.Dinero<bigint>> {
  const currency = { code: 'ANY', base: 10n, exponent: BigInt(exponent) }
  const weights = WEIGHTS.map(BigInt)
  return {
    library: 'dinero.js/bigint',
    parse: (text) => bigDinero.dinero({ amount: BigInt(minorDigits(text, exponent)), currency }),
    format: (value) => bigDinero.toDecimal(value),
    add: (left, right) => bigDinero.add(left, right),
    multiply: (value) => {
      const product = bigDinero.multiply(value, { amount: 10845n, scale: 4n })
      return bigDinero.transformScale(product, BigInt(exponent), bigDinero.halfEven)
    },
    allocate: (value) => bigDinero.allocate(value, weights),
  }
}

/** Amounts of decimal.js and big.js have no currency; adding them needs no rounding, being exact already. */
export function decimalContender({ exponent, safe }: Inputs): Contender<Decimal> {
  const Exact = Decimal.clone({ precision: safe ? 20 : 80 })
  const rate = new Exact('1.0845')
  const unit = new Exact(10).pow(-exponent)
  const shares = WEIGHTS.map((weight) => new Exact(weight).div(TOTAL_WEIGHT))
  return {
    library: 'decimal.js',
    parse: (text) => new Exact(text),
    format: (value) => value.toFixed(exponent),
    add: (left, right) => left.plus(right),
    multiply: (value) => value.times(rate).toDecimalPlaces(exponent, Decimal.ROUND_HALF_EVEN),
    allocate: (value) => {
      const exact = shares.map((share) => value.times(share))
      const parts = exact.map((share) => share.toDecimalPlaces(exponent, Decimal.ROUND_DOWN))
      let left = parts.reduce((rest, part) => rest.minus(part), value)
      const order = [0, 1, 2].sort((a, b) => compareRest(exact, parts, a, b))
      for (const index of order) {
        const part = parts[index]
        if (!part || left.isZero()) break
        parts[index] = part.plus(unit)
        left = left.minus(unit)
      }
      return parts
    },
  }
}

export function bigContender({ exponent }: Inputs): Contender<Big> {
  const rate = new Big('1.0845')
  const unit = new Big(exponent === 0 ? '1' : `0.${'0'.repeat(exponent - 1)}1`)
  const shares = WEIGHTS.map((weight) => new Big(weight).div(TOTAL_WEIGHT))
  return {
    library: 'big.js',
    parse: (text) => new Big(text),
    format: (value) => value.toFixed(exponent),
    add: (left, right) => left.plus(right),
    multiply: (value) => value.times(rate).round(exponent, 2),
    allocate: (value) => {
      const exact = shares.map((share) => value.times(share))
      const parts = exact.map((share) => share.round(exponent, 0))
      let left = parts.reduce((rest, part) => rest.minus(part), value)
      const order = [0, 1, 2].sort((a, b) => compareRest(exact, parts, a, b))
      for (const index of order) {
        const part = parts[index]
        if (!part || !left.gt(0)) break
        parts[index] = part.plus(unit)
        left = left.minus(unit)
      }
      return parts
    },
  }
}

/**
 * The limit: the bare bigint arithmetic that any exact library on bigint has to do, with no object around it,
 * no check and no rounding.
 */
export function bareContender(_: Inputs): Contender<bigint> {
  return {
    library: '(bare bigint)',
    parse: (text) => BigInt(text.replace('.', '')),
    format: (value) => value.toString(),
    add: (left, right) => left + right,
    multiply: (value) => (value * 10845n) / 10000n,
    allocate: (value) => [(value * 50n) / 100n, (value * 30n) / 100n, (value * 20n) / 100n],
  }
}

interface Subtractable<T> {
  minus(other: T): T
  cmp(other: T): number
}

/** Larger remainder first, then the earlier part. */
function compareRest<T extends Subtractable<T>>(
  exact: readonly T[],
  parts: readonly T[],
  a: number,
  b: number,
): number {
  const [exactA, exactB, partA, partB] = [exact[a], exact[b], parts[a], parts[b]]
  if (!exactA || !exactB || !partA || !partB) return 0
  return exactB.minus(partB).cmp(exactA.minus(partA)) || a - b
}
