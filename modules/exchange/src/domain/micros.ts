/** A time of the engine, microseconds since 1970, as ISO 8601 in UTC with all its digits. */
export function isoOfMicros(us: number): string {
  const ms = Math.floor(us / 1_000)
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1_000).padStart(3, '0')}Z`
}
