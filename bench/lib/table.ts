import type { Table } from './section.ts'
import type { Latency, Spread } from './statistics.ts'

export function printTable({ title, texts, columns, rows }: Table): void {
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < texts ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  if (title !== undefined) console.log(`\n${title}`)
  console.log(line(columns))
  for (const row of rows) console.log(line(row))
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–'
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–'
}

/** Milliseconds with as many digits as they deserve. */
export function ms(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value)
}

/** Half the distance between the slowest and the fastest run, beside the median. */
export function give(spread: Spread): string {
  return spread.runs < 2
    ? ''
    : `±${Math.round(((spread.highest - spread.lowest) / 2 / spread.median) * 100)} %`
}

export function latencyCells({ p50, p90, p99, p999, max }: Latency): string[] {
  return [p50, p90, p99, p999, max].map(ms)
}

export const latencyColumns = ['p50 ms', 'p90', 'p99', 'p99.9', 'max']
