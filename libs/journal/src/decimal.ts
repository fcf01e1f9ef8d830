/**
 * Exact decimals: an integer `n` and a count `s` of digits after the point, so the value is n / 10^s.
 * The scale is kept as written (`1.50` is not `1.5`), because both formats infer tolerances from it.
 */
export interface Decimal {
  readonly n: bigint
  readonly s: number
}

/** Readers refuse longer numbers: no book holds them, and converting them would take ever longer. */
export const MAX_DIGITS = 1000

export const ZERO: Decimal = { n: 0n, s: 0 }

const POWERS: bigint[] = [1n]

/** 10^k for k ≥ 0. */
export function pow10(k: number): bigint {
  const known = POWERS[k]
  if (known !== undefined) return known
  if (k > 4000) return 10n ** BigInt(k)
  let last = POWERS.length - 1
  let value = POWERS[last] ?? 1n
  while (last < k) {
    value *= 10n
    POWERS.push(value)
    last++
  }
  return value
}

const PLAIN = /^[-+]?\d+(?:\.\d*)?$/

/** Reads `-12.50`; digits, one optional point, an optional sign and nothing else. */
export function parseDecimal(text: string): Decimal | undefined {
  if (!PLAIN.test(text)) return undefined
  const dot = text.indexOf('.')
  if (dot < 0) return { n: BigInt(text.charCodeAt(0) === 43 ? text.slice(1) : text), s: 0 }
  const digits = text.slice(0, dot) + text.slice(dot + 1)
  return { n: BigInt(digits.charCodeAt(0) === 43 ? digits.slice(1) : digits), s: text.length - dot - 1 }
}

/** All digits, never an exponent: `{ n: -5n, s: 3 }` is `-0.005`. */
export function formatDecimal(d: Decimal): string {
  if (d.s === 0) return d.n.toString()
  const negative = d.n < 0n
  const digits = (negative ? -d.n : d.n).toString().padStart(d.s + 1, '0')
  const at = digits.length - d.s
  return `${negative ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}`
}

/** The same value without trailing zeros after the point: equal values give equal text. */
export function canonical(d: Decimal): string {
  return formatDecimal(strip(d))
}

/** Drops trailing zeros after the point. */
export function strip(d: Decimal): Decimal {
  let { n, s } = d
  if (n === 0n) return ZERO
  while (s > 0 && n % 10n === 0n) {
    n /= 10n
    s--
  }
  return { n, s }
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.s === b.s) return { n: a.n + b.n, s: a.s }
  return a.s > b.s ? { n: a.n + b.n * pow10(a.s - b.s), s: a.s } : { n: a.n * pow10(b.s - a.s) + b.n, s: b.s }
}

export function neg(a: Decimal): Decimal {
  return { n: -a.n, s: a.s }
}

export function sub(a: Decimal, b: Decimal): Decimal {
  return add(a, neg(b))
}

export function abs(a: Decimal): Decimal {
  return a.n < 0n ? neg(a) : a
}

export function mul(a: Decimal, b: Decimal): Decimal {
  return { n: a.n * b.n, s: a.s + b.s }
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function cmp(a: Decimal, b: Decimal): number {
  const d = sub(a, b).n
  return d < 0n ? -1 : d > 0n ? 1 : 0
}

/** n / d to an integer, ties to the even one: the rounding both beancount and hledger use. */
function divideHalfEven(n: bigint, d: bigint): bigint {
  const negative = n < 0n !== d < 0n
  const top = n < 0n ? -n : n
  const bottom = d < 0n ? -d : d
  let q = top / bottom
  const twice = (top % bottom) * 2n
  if (twice > bottom || (twice === bottom && q % 2n === 1n)) q += 1n
  return negative ? -q : q
}

/** Rounds half-even to `scale` digits after the point; a negative scale rounds to tens, hundreds, … */
export function quantize(a: Decimal, scale: number): Decimal {
  if (a.s <= scale) return { n: a.n * pow10(scale - a.s), s: scale }
  const n = divideHalfEven(a.n, pow10(a.s - scale))
  return scale >= 0 ? { n, s: scale } : { n: n * pow10(-scale), s: 0 }
}

/** Python's default decimal context, which beancount computes in, keeps this many digits. */
const PRECISION = 28
const LIMIT = 10n ** BigInt(PRECISION)

function digitsOf(n: bigint): number {
  return (n < 0n ? -n : n).toString().length
}

/** Rounds half-even to 28 significant digits, as beancount does after each multiplication. */
export function round28(a: Decimal): Decimal {
  if (a.n < LIMIT && a.n > -LIMIT) return a
  const excess = digitsOf(a.n) - PRECISION
  const rounded = quantize(a, a.s - excess)
  // 9.99…95 may round up to one digit more; once again is enough.
  return digitsOf(rounded.n) - Math.max(0, excess - a.s) > PRECISION
    ? quantize(rounded, a.s - excess - 1)
    : rounded
}

/** a / b to 28 significant digits, half-even; exact quotients keep the scale a.s − b.s where they can. */
export function div28(a: Decimal, b: Decimal): Decimal {
  if (b.n === 0n) throw new RangeError('division by zero')
  const ideal = Math.max(0, a.s - b.s)
  // First decide how many fraction digits make 28 significant ones.
  const magnitude = digitsOf(a.n) - a.s - (digitsOf(b.n) - b.s)
  const scale = Math.max(ideal, PRECISION - magnitude + 1)
  const shift = scale + b.s - a.s
  const top = shift >= 0 ? a.n * pow10(shift) : a.n
  const bottom = shift >= 0 ? b.n : b.n * pow10(-shift)
  if (top % bottom === 0n) {
    let n = top / bottom
    let s = scale
    while (s > ideal && n % 10n === 0n) {
      n /= 10n
      s--
    }
    return round28({ n, s })
  }
  // One sticky digit keeps the second rounding from seeing a false tie.
  const sticky = (top * 10n) / bottom
  const marked = sticky % 5n === 0n ? sticky + (top < 0n !== bottom < 0n ? -1n : 1n) : sticky
  return round28Down({ n: marked, s: scale + 1 })
}

function round28Down(a: Decimal): Decimal {
  const excess = digitsOf(a.n) - PRECISION
  return excess <= 0 ? a : quantize(a, a.s - excess)
}
