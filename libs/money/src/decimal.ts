import { MoneyError, nameCharacter } from './errors.ts'

/** Largest number of decimals an asset may have. */
export const MAX_EXPONENT = 36

/** Amounts in minor units satisfy |amount| < 2^256, the width of the widest ledgers in use. */
export const AMOUNT_LIMIT = 2n ** 256n
const NEGATIVE_LIMIT = -AMOUNT_LIMIT

/** 2^256 has 78 digits; the rest is room for a sign, a point and leading zeros. */
const MAX_TEXT_LENGTH = 128

/** Digits are taken in groups of the most that a JavaScript number counts exactly (10^15 < 2^53). */
const GROUP_DIGITS = 15

const MINUS = 0x2d
const ZERO = 0x30
/** "." relative to "0", as the loop below sees it. */
const POINT_OFFSET = 0x2e - ZERO

const POWERS_OF_TEN: readonly bigint[] = Array.from({ length: MAX_EXPONENT + 1 }, (_, n) => 10n ** BigInt(n))

/**
 * Ten to the power of an exponent.
 * @param exponent integer, 0 to 36; anything else throws `exponent_out_of_range`
 */
export function powerOfTen(exponent: number): bigint {
  const power = POWERS_OF_TEN[exponent]
  if (power === undefined) throw exponentOutOfRange(exponent)
  return power
}

/**
 * Parses a plain decimal string into minor units.
 *
 * Grammar: `-?digits[.digits]` with ASCII digits: no plus sign, exponent notation, grouping or blanks, and
 * digits on both sides of the point. Leading zeros are allowed; `-0` is zero.
 *
 * @param text the amount in major units, for example `"12.34"`; at most 128 characters
 * @param exponent decimals of the asset, integer 0 to 36
 * @returns minor units, for example `1234n`; |result| < 2^256
 * @throws MoneyError `amount_not_text`, `amount_malformed`, `amount_too_many_decimals` (also when the extra
 *   decimals are zeros: they say that the sender has another asset in mind), `amount_out_of_range`,
 *   `exponent_out_of_range`
 */
export function parseDecimal(text: string, exponent: number): bigint {
  if (typeof text !== 'string') throw notText()
  const length = text.length
  if (length > MAX_TEXT_LENGTH) throw tooLong(length)

  const start = text.charCodeAt(0) === MINUS ? 1 : 0
  let point = -1
  let groups = 0n
  // A parser's register, not an amount: it never holds more digits than it can count exactly.
  let register = 0
  let registered = 0
  for (let index = start; index < length; index++) {
    const digit = text.charCodeAt(index) - ZERO
    if (digit >= 0 && digit <= 9) {
      register = register * 10 + digit
      registered++
      if (registered === GROUP_DIGITS) {
        groups = appendDigits(groups, register, GROUP_DIGITS)
        register = 0
        registered = 0
      }
    } else if (digit === POINT_OFFSET && point === -1) point = index
    else throw malformed(text)
  }
  if (point === start || point === length - 1 || length === start) throw malformed(text)

  const decimals = point === -1 ? 0 : length - point - 1
  const missing = exponent - decimals
  if (!(missing >= 0 && exponent <= MAX_EXPONENT)) throw decimalsRefused(decimals, exponent)

  const written = appendDigits(groups, register, registered)
  const magnitude = missing === 0 ? written : written * powerOfTen(missing)
  // A first group of digits cannot be out of range, whatever the exponent: 10^15 x 10^36 < 2^256.
  if (groups !== 0n) checkRange(magnitude)
  return start === 1 ? -magnitude : magnitude
}

/** The number whose digits are those of `high`, then those of `low`, which has `lowDigits` of them. */
function appendDigits(high: bigint, low: number, lowDigits: number): bigint {
  return high === 0n ? toBigint(low) : high * powerOfTen(lowDigits) + toBigint(low)
}

const scratch = new DataView(new ArrayBuffer(8))

/** `BigInt(value)` for whole numbers from 0 to 2^53, in half the time: two stores and a load instead of a call. */
function toBigint(value: number): bigint {
  const upper = Math.floor(value / 0x1_0000_0000)
  scratch.setUint32(0, upper)
  scratch.setUint32(4, value - upper * 0x1_0000_0000)
  return scratch.getBigUint64(0)
}

/**
 * Formats minor units as a plain decimal string: the inverse of {@link parseDecimal}.
 *
 * @param minor minor units
 * @param exponent decimals of the asset, integer 0 to 36
 * @returns always exactly `exponent` decimals and no point when there are none: `"12.34"`, `"-0.05"`, `"7"`
 * @throws MoneyError `exponent_out_of_range`
 */
export function formatDecimal(minor: bigint, exponent: number): string {
  const digits = minor.toString()
  if (exponent === 0) return digits
  if (!(exponent > 0 && exponent <= MAX_EXPONENT && Number.isInteger(exponent)))
    throw exponentOutOfRange(exponent)

  const start = minor < 0n ? 1 : 0
  const point = digits.length - exponent
  if (point > start) return `${digits.slice(0, point)}.${digits.slice(point)}`
  const sign = start === 1 ? '-' : ''
  return `${sign}0.${digits.slice(start).padStart(exponent, '0')}`
}

/**
 * Returns the amount itself when |amount| < 2^256.
 * @throws MoneyError `amount_out_of_range`
 */
export function checkRange(minor: bigint): bigint {
  if (minor >= AMOUNT_LIMIT || minor <= NEGATIVE_LIMIT) throw outOfRange()
  return minor
}

/**
 * Returns the exponent itself when it is an integer from 0 to 36.
 * @throws MoneyError `exponent_out_of_range`
 */
export function checkExponent(exponent: number): number {
  powerOfTen(exponent)
  return exponent
}

function notText(): MoneyError {
  return new MoneyError(
    'amount_not_text',
    'An amount must be a decimal string such as "12.34". A number may already have lost digits: send a string.',
  )
}

function tooLong(length: number): MoneyError {
  return new MoneyError(
    'amount_out_of_range',
    `The amount has ${length} characters; no amount below 2^256 needs more than ${MAX_TEXT_LENGTH}.`,
  )
}

function outOfRange(): MoneyError {
  return new MoneyError(
    'amount_out_of_range',
    'The amount in minor units must be between -2^256 and 2^256, exclusive.',
  )
}

function exponentOutOfRange(exponent: number): MoneyError {
  return new MoneyError(
    'exponent_out_of_range',
    `An asset has an integer number of decimals from 0 to ${MAX_EXPONENT}, not ${exponent}.`,
  )
}

function decimalsRefused(decimals: number, exponent: number): MoneyError {
  if (!(exponent >= 0 && exponent <= MAX_EXPONENT && Number.isInteger(exponent)))
    return exponentOutOfRange(exponent)
  return new MoneyError(
    'amount_too_many_decimals',
    `The amount has ${decimals} decimals and the asset ${exponent}. Round it where the rounding is decided, then send it.`,
  )
}

function malformed(text: string): MoneyError {
  const expected = 'Write digits, optionally a leading minus and a point between digits, such as "-12.34".'
  return new MoneyError('amount_malformed', `${describeFault(text)} ${expected}`)
}

function describeFault(text: string): string {
  if (text === '') return 'The amount is empty.'
  const stray = /[^0-9.]/u.exec(text.startsWith('-') ? text.slice(1).padStart(text.length, '0') : text)
  if (stray)
    return `The amount has ${nameCharacter(stray[0].codePointAt(0) ?? 0)} at position ${stray.index + 1}.`
  if (text.split('.').length > 2) return 'The amount has more than one point.'
  return 'The amount has no digit where one is needed.'
}
