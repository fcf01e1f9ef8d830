/** Whether a text is a legal entity identifier of ISO 17442: 18 letters and digits, and two check digits (ISO 7064, MOD 97-10). */
export function isLei(text: string): boolean {
  return /^[A-Z0-9]{18}[0-9]{2}$/.test(text) && BigInt(digitsOf(text)) % 97n === 1n
}

/**
 * Whether a text is an ISIN of ISO 6166: a country or a substitute for one, nine letters and digits, and a check digit
 * (modulus 10 double-add-double).
 */
export function isIsin(text: string): boolean {
  if (!/^[A-Z]{2}[A-Z0-9]{9}[0-9]$/.test(text)) return false
  const digits = [...digitsOf(text)].reverse().map(Number)
  const sum = digits.reduce((total, digit, place) => {
    const weighed = place % 2 === 1 ? 2 * digit : digit
    return total + (weighed > 9 ? weighed - 9 : weighed)
  }, 0)
  return sum % 10 === 0
}

/** Categories of ISO 10962: equities, collective investments, debt, entitlements, options, futures, swaps, … */
const categories = 'ECDROFSHIJKLTM'

/** Whether a text has the form of a CFI code of ISO 10962: a category of the standard, a group, and four attributes. */
export function isCfi(text: string): boolean {
  return /^[A-Z]{6}$/.test(text) && categories.includes(text.slice(0, 1))
}

/** Letters as two digits, A as 10 to Z as 35. */
function digitsOf(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
}
