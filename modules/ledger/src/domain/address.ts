/** Longest address, characters. */
export const longestAddress = 512

/**
 * One segment of an address: letters, digits and the marks that real charts use, in any script; single blanks
 * inside. No `:` (it separates), no `{}` (templates), no quotes and no control characters.
 */
const segment = "[\\p{L}\\p{N}](?: ?[\\p{L}\\p{M}\\p{N}_.,’'&()/+#@%!?*-])*"

/**
 * The form of an account's address, such as `customers:42:wallet` or `Assets:US:BofA:Checking`. It looks at the length
 * first: on a text of millions of characters the rest would exhaust the stack.
 */
export const addressPattern = `^(?![\\s\\S]{${longestAddress + 1}})${segment}(?::${segment})*$`

/** The exclusive upper end of all addresses below a prefix, in byte order: `;` follows `:`. */
export function prefixRange(prefix: string): {
  readonly self: string
  readonly from: string
  readonly before: string
} {
  return { self: prefix, from: `${prefix}:`, before: `${prefix};` }
}
