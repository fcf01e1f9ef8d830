import { hash } from 'node:crypto'
import { InvalidInput } from './errors.ts'

/** Deeper than any honest payload, and far from the end of the stack. */
const deepest = 100

/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, ECMAScript number form.
 * Two payloads with the same meaning have the same text, so their hashes can be compared.
 *
 * Refuses (InvalidInput) what PostgreSQL could not store or what would not survive a round trip:
 * U+0000, lone surrogates, non-finite numbers, values JSON does not have, and nesting beyond 100 levels.
 */
export function canonicalJson(value: unknown): string {
  const text = textOf(value, 0)
  // Only where something is wrong is it worth knowing where.
  if (text === undefined || suspicious.test(text)) checkWithin(value, '', 0)
  return text ?? ''
}

/** SHA-256 of the canonical JSON, 32 bytes. */
export function payloadHash(value: unknown): Buffer {
  return hash('sha256', canonicalJson(value), 'buffer')
}

/** How JSON escapes U+0000 and halves of surrogate pairs; also how it shows a text that happens to spell them. */
const suspicious = /\\u(?:0000|d[89a-f])/

/** The text, or undefined where some value has none. */
function textOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : undefined
  if (typeof value !== 'object' || depth > deepest) return undefined
  return Array.isArray(value) ? textOfArray(value, depth) : textOfObject(value, depth)
}

function textOfArray(values: readonly unknown[], depth: number): string | undefined {
  let text = '['
  for (let i = 0; i < values.length; i++) {
    const item = textOf(values[i], depth + 1)
    if (item === undefined) return undefined
    text += i > 0 ? `,${item}` : item
  }
  return `${text}]`
}

function textOfObject(value: object, depth: number): string | undefined {
  const members: Readonly<Record<string, unknown>> = { ...value }
  let text = '{'
  // Sorts by UTF-16 code units, as RFC 8785 wants it.
  for (const name of Object.keys(value).sort()) {
    const member = members[name]
    if (member === undefined) continue
    const item = textOf(member, depth + 1)
    if (item === undefined) return undefined
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${item}`
  }
  return `${text}}`
}

/** Throws where a value is no good; `path` is its JSON pointer. */
function checkWithin(value: unknown, path: string, depth: number): void {
  if (depth > deepest) throw invalid(path, `is nested deeper than ${deepest} levels`)
  switch (typeof value) {
    case 'string':
      checkText(value, path)
      break
    case 'boolean':
      break
    case 'number':
      if (!Number.isFinite(value)) throw invalid(path, 'is not a finite number')
      break
    case 'object':
      if (Array.isArray(value))
        value.forEach((item, i) => {
          checkWithin(item, `${path}/${i}`, depth + 1)
        })
      else if (value !== null) checkMembers(value, path, depth)
      break
    default:
      throw invalid(path, `is a ${typeof value}, which JSON does not have`)
  }
}

function checkMembers(value: object, path: string, depth: number): void {
  for (const [name, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (member === undefined) continue
    checkText(name, path)
    checkWithin(member, `${path}/${name}`, depth + 1)
  }
}

function checkText(text: string, path: string): void {
  if (text.includes('\0')) throw invalid(path, 'contains the character U+0000')
  if (!text.isWellFormed()) throw invalid(path, 'contains half of a surrogate pair')
}

function invalid(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path: path === '' ? '/' : path, message }])
}
