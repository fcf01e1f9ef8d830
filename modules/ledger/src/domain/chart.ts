import type { AccountType } from './account.ts'

/** A pattern of addresses and what the accounts that fit it are like. */
export interface Template {
  /** Segments separated by `:`; `{name}` stands for one segment, a last `{name*}` for one or more. */
  readonly address: string
  readonly type: AccountType
  /** Codes of the assets that its accounts may hold; absent: any known asset. */
  readonly assets?: readonly string[] | undefined
  /** Whether the balance may go below zero: not at all, without limit, or to a limit by asset (decimal amounts). */
  readonly overdraft: 'forbidden' | 'allowed' | { readonly limits: Readonly<Record<string, string>> }
  /** Whether a posting to an address that fits opens the account. */
  readonly open_on_first_use: boolean
  readonly description?: string | undefined
}

export interface Chart {
  readonly version: number
  readonly templates: readonly Template[]
}

const wildcard = /^\{([a-z][a-z0-9_]*)(\*?)\}$/

/** What is wrong with the templates, or undefined: duplicated patterns, misplaced or misspelt placeholders. */
export function chartFault(templates: readonly Template[]): string | undefined {
  const shapes = new Map<string, string>()
  for (const { address } of templates) {
    const fault = patternFault(address)
    if (fault !== undefined) return `Template "${address}": ${fault}`
    const shape = segmentsOf(address).map(shapeOf).join(':')
    const twin = shapes.get(shape)
    if (twin !== undefined) return `The templates "${twin}" and "${address}" fit the same addresses`
    shapes.set(shape, address)
  }
  return undefined
}

function patternFault(address: string): string | undefined {
  const segments = segmentsOf(address)
  const names = new Set<string>()
  for (const [i, segment] of segments.entries()) {
    if (!segment.includes('{') && !segment.includes('}')) continue
    const match = wildcard.exec(segment)
    if (match?.[1] === undefined) return `"${segment}" is neither a name nor a placeholder such as {customer}`
    if (match[2] === '*' && i < segments.length - 1)
      return `"${segment}" stands for many segments, so it must be the last`
    if (names.has(match[1])) return `the placeholder "${match[1]}" occurs twice`
    names.add(match[1])
  }
  return undefined
}

function shapeOf(segment: string): string {
  const match = wildcard.exec(segment)
  return match === null ? segment : match[2] === '*' ? '{*}' : '{}'
}

function segmentsOf(address: string): string[] {
  return address.split(':')
}

/**
 * The template that an address falls under. Where several fit, the one that is literal in the earliest segment
 * wins, and a single-segment placeholder wins over a many-segment one.
 */
export function matchTemplate(chart: Chart, address: string): Template | undefined {
  const segments = segmentsOf(address)
  let best: { template: Template; rank: string } | undefined
  for (const template of chart.templates) {
    const rank = rankOf(segmentsOf(template.address), segments)
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { template, rank }
  }
  return best?.template
}

/** For each segment 0 literal, 1 placeholder, 2 rest; undefined if the pattern does not fit. Lower is better. */
function rankOf(pattern: readonly string[], segments: readonly string[]): string | undefined {
  let rank = ''
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i]
    if (segment === undefined) return undefined
    const shape = shapeOf(part)
    if (shape === '{*}') return `${rank}2`
    if (shape !== '{}' && part !== segment) return undefined
    rank += shape === '{}' ? '1' : '0'
  }
  return pattern.length === segments.length ? rank : undefined
}
