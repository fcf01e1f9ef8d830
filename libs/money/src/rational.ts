import { MoneyError, nameCharacter } from './errors.ts'

/** Long enough for any rate or share in use, short enough that hostile input costs nothing. */
const MAX_TEXT_LENGTH = 256
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/
const FRACTION = /^(-?\d+)\/(\d+)$/

/**
 * An exact fraction of two integers, always in lowest terms with a positive denominator, so that equal
 * values have equal fields. Immutable.
 */
export class Rational {
  readonly numerator: bigint
  readonly denominator: bigint

  private constructor(numerator: bigint, denominator: bigint) {
    this.numerator = numerator
    this.denominator = denominator
  }

  static readonly ZERO: Rational = new Rational(0n, 1n)
  static readonly ONE: Rational = new Rational(1n, 1n)

  /**
   * @param numerator any integer
   * @param denominator any integer but zero
   * @throws MoneyError `division_by_zero`
   */
  static of(numerator: bigint, denominator: bigint = 1n): Rational {
    if (denominator === 0n)
      throw new MoneyError('division_by_zero', 'A fraction needs a denominator other than zero.')
    if (denominator === 1n) return new Rational(numerator, 1n)
    const divisor = greatestCommonDivisor(numerator, denominator)
    const signed = denominator < 0n ? -divisor : divisor
    return new Rational(numerator / signed, denominator / signed)
  }

  /**
   * Parses `-?digits[.digits]` (`"1.0845"`) or `-?digits/digits` (`"1/3"`), ASCII, at most 256 characters.
   * @throws MoneyError `rational_malformed`, `division_by_zero` for `"1/0"`
   */
  static parse(text: string): Rational {
    if (typeof text !== 'string' || text.length > MAX_TEXT_LENGTH) throw malformed(text)
    const fraction = FRACTION.exec(text)
    if (fraction) return Rational.of(BigInt(fraction[1] ?? ''), BigInt(fraction[2] ?? ''))
    const decimal = DECIMAL.exec(text)
    if (!decimal) throw malformed(text)
    const [, sign = '', whole = '', decimals = ''] = decimal
    const magnitude = BigInt(whole + decimals)
    return Rational.of(sign === '-' ? -magnitude : magnitude, 10n ** BigInt(decimals.length))
  }

  plus(other: Rational): Rational {
    const numerator = this.numerator * other.denominator + other.numerator * this.denominator
    return Rational.of(numerator, this.denominator * other.denominator)
  }

  minus(other: Rational): Rational {
    return this.plus(other.negated())
  }

  times(other: Rational): Rational {
    return Rational.of(this.numerator * other.numerator, this.denominator * other.denominator)
  }

  /** @throws MoneyError `division_by_zero` */
  dividedBy(other: Rational): Rational {
    return Rational.of(this.numerator * other.denominator, this.denominator * other.numerator)
  }

  /** One over this. @throws MoneyError `division_by_zero` */
  reciprocal(): Rational {
    return Rational.of(this.denominator, this.numerator)
  }

  negated(): Rational {
    return new Rational(-this.numerator, this.denominator)
  }

  abs(): Rational {
    return this.numerator < 0n ? this.negated() : this
  }

  isZero(): boolean {
    return this.numerator === 0n
  }

  compare(other: Rational): -1 | 0 | 1 {
    const left = this.numerator * other.denominator
    const right = other.numerator * this.denominator
    if (left === right) return 0
    return left < right ? -1 : 1
  }

  equals(other: Rational): boolean {
    return this.numerator === other.numerator && this.denominator === other.denominator
  }

  /** `"1/3"`, or `"2"` for an integer: what {@link Rational.parse} reads back. */
  toString(): string {
    return this.denominator === 1n ? this.numerator.toString() : `${this.numerator}/${this.denominator}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/** Euclid's algorithm; the result is positive unless both arguments are zero. */
function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let a = left < 0n ? -left : left
  let b = right < 0n ? -right : right
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

function malformed(text: unknown): MoneyError {
  const expected = 'Write a decimal such as "1.0845" or a fraction such as "1/3".'
  return new MoneyError('rational_malformed', `${describeFault(text)} ${expected}`)
}

function describeFault(text: unknown): string {
  if (typeof text !== 'string') return `A ratio must be a string, not a ${typeof text}.`
  if (text.length > MAX_TEXT_LENGTH) return `The ratio is longer than ${MAX_TEXT_LENGTH} characters.`
  const stray = /[^-0-9./]/u.exec(text)
  return stray
    ? `The ratio has ${nameCharacter(stray[0].codePointAt(0) ?? 0)} in it.`
    : 'The ratio is malformed.'
}
