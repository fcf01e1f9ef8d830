import type { ApiAnswer } from './connection.ts'
import { isObject, type Json } from './json.ts'
import { isPlace, placeLine } from './problem.ts'
import { render } from './render.ts'

/** What an import did: figures first, then every remark with its place, the way compilers say it. */
export function renderImport(answer: ApiAnswer): string {
  const report: unknown = JSON.parse(answer.text)
  if (!isObject(report)) return `${answer.text}\n`
  const remarks = Object.entries(report).filter(([, value]) => isRemarks(value))
  const figures = Object.fromEntries(Object.entries(report).filter(([, value]) => !isRemarks(value)))
  return [
    ...(answer.replayed ? ['This very journal was imported before: nothing changed. It was then:\n'] : []),
    render(figures),
    ...remarks.map(([name, value]) => section(name, value)),
  ].join('\n')
}

function isRemarks(value: unknown): value is Json[] {
  return Array.isArray(value) && value.some(isPlace)
}

function section(name: string, remarks: unknown): string {
  const places = Array.isArray(remarks) ? remarks.filter(isPlace) : []
  const lines = [...alike(places).values()].flatMap(groupLines)
  return `${name.replaceAll('_', ' ')} (${places.length}):\n${lines.map((line) => `  ${line}\n`).join('')}`
}

/** Remarks that say the same of other lines of one file. */
function alike(places: readonly Json[]): Map<string, Json[]> {
  return Map.groupBy(places, ({ line: _line, ...said }) => JSON.stringify(said))
}

/** So many alike are told one by one; more are told once, with all their lines. */
const fewEnough = 3
const mostSpans = 12

function groupLines(group: readonly Json[]): string[] {
  const [first] = group
  if (first === undefined || group.length <= fewEnough) return group.map(placeLine)
  const spans = spansOf(group.map((place) => Number(place.line)))
  const shown = spans.slice(0, mostSpans).join(', ')
  const more = spans.length > mostSpans ? ', … (all with --output json)' : ''
  return [`${placeLine(first)}; ${group.length} times, on lines ${shown}${more}`]
}

/** `3, 5-9`: line numbers as spans. */
function spansOf(numbers: readonly number[]): string[] {
  const spans: { from: number; to: number }[] = []
  for (const line of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = spans.at(-1)
    if (last !== undefined && line === last.to + 1) last.to = line
    else spans.push({ from: line, to: line })
  }
  return spans.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`))
}
