/** Tells whether a market is among those that were named: by its code, or by how it begins (`ACME-*`). */
export function marketChoice(patterns: readonly string[]): (code: string) => boolean {
  return (code) =>
    patterns.some((one) => (one.endsWith('*') ? code.startsWith(one.slice(0, -1)) : code === one))
}
