import { isUtf8 } from 'node:buffer'
import { RequestError } from '../errors.ts'

/** Deeper than any honest body; recursion below here never comes near its limits. */
const deepest = 64

/**
 * Reads a JSON body more strictly than `JSON.parse`: UTF-8 only, bounded nesting, no member twice in one object
 * (RFC 7493: readers disagree on which one counts), no `__proto__`, and no number that would lose digits.
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed('The body is not UTF-8')
  const text = bytes.toString('utf8')
  const value = parse(text)
  inspect(text)
  return value
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (error) {
    // The message may quote the body, and a body may hold what nobody should see again: only the place is told.
    const place = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
    throw malformed(
      place === undefined ? 'The body is not JSON' : `The body is not JSON at character ${place}`,
    )
  }
}

const quote = 0x22
const colon = 0x3a
const minus = 0x2d

/** Walks over text that is known to be JSON and refuses what `JSON.parse` would have let pass. */
function inspect(text: string): void {
  // One entry for each open object (its member names so far) or array (undefined).
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = endOfString(text, at)
      if (isName(text, end)) noteName(open.at(-1), text.slice(at, end + 1))
      at = end
    } else if (code === 0x7b || code === 0x5b) {
      if (open.length >= deepest) throw malformed(`The body is nested deeper than ${deepest} levels`)
      open.push(code === 0x7b ? new Set() : undefined)
    } else if (code === 0x7d || code === 0x5d) {
      open.pop()
    } else if (code === minus || (code >= 0x30 && code <= 0x39)) {
      at = endOfNumber(text, at) - 1
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return end
  }
}

function isName(text: string, end: number): boolean {
  let at = end + 1
  while (text.charCodeAt(at) <= 0x20) at++
  return text.charCodeAt(at) === colon
}

function noteName(names: Set<string> | undefined, literal: string): void {
  const name = literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
  if (name === '__proto__') throw malformed('No member may be called __proto__')
  if (names?.has(name)) throw malformed(`The member ${literal.slice(0, 80)} appears twice in one object`)
  names?.add(name)
}

const number = /-?(\d+)(?:\.(\d+))?(?:[eE][+-]?\d+)?/y
/** A double keeps any decimal number of up to 15 significant digits, and whole numbers up to 2^53 - 1. */
const exactDigits = 15

function endOfNumber(text: string, start: number): number {
  number.lastIndex = start
  const literal = number.exec(text)?.[0] ?? ''
  if (literal.length > exactDigits && !survives(literal)) {
    throw malformed(
      `The number ${literal.slice(0, 40)} has more digits than a JSON number keeps; send a string`,
    )
  }
  return start + literal.length
}

function survives(literal: string): boolean {
  if (Number.isSafeInteger(Number(literal)) && /^-?\d+$/.test(literal)) return true
  const digits = literal
    .replace(/[eE].*$/, '')
    .replaceAll(/[-.]/g, '')
    .replace(/^0+/, '')
  return digits.length <= exactDigits
}

function malformed(message: string): RequestError {
  return new RequestError('malformed_json', message)
}
