export const asset = 'EUR'

export function wallet(number: number): string {
  return `customers:${number}:wallet`
}

/** Amounts vary in their digits as they do in life. */
export function amountMinor(n: number): number {
  return 1 + ((n * 31) % 99_999)
}

export function amountOf(n: number): string {
  const minor = amountMinor(n)
  return `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, '0')}`
}
