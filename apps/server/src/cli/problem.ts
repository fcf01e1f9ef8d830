import type { ApiAnswer } from './connection.ts'
import { exitCodes, Failure } from './failure.ts'
import { arrayAt, isObject, type Json, objectAt, stringAt } from './json.ts'
import { printable } from './render.ts'

/** What to do where the API speaks of headers, which nobody writes here. */
const actionsHere: Readonly<Record<string, string>> = {
  reason_required: 'Say why with --reason',
  unauthenticated: 'Set FLORIN_KEY to a valid key of this server',
}

/** Turns an answer that is no success into what is printed about it, and the exit code. */
export function failureOf(answer: ApiAnswer): Failure {
  const problem = parse(answer.text)
  const code = stringAt(problem, 'code') ?? `status ${answer.status}`
  const action = actionsHere[code] ?? stringAt(problem, 'action')
  const lines = [
    `${code}: ${printable(stringAt(problem, 'detail') ?? stringAt(problem, 'title') ?? 'refused')}`,
    ...placesOf(arrayAt(problem, 'errors')),
    ...detailLines(objectAt(problem, 'details')),
    ...(action === undefined ? [] : [`What to do: ${action}.`]),
    ...(answer.status < 500 ? [] : [`Request: ${stringAt(problem, 'request_id') ?? 'unknown'}`]),
  ]
  return new Failure(answer.status === 503 ? exitCodes.unavailable : exitCodes.refused, lines.join('\n'))
}

/** The wrong places of the input; a single one is told by the sentence above already. */
function placesOf(errors: readonly unknown[]): string[] {
  if (errors.length < 2) return []
  return errors.map(
    (error) =>
      `  ${stringAt(error, 'pointer') || 'the input'}: ${printable(stringAt(error, 'detail') ?? '')}`,
  )
}

/** What a refusal is about; places in files the way compilers and editors know them. */
function detailLines(details: Json): string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    if (Array.isArray(value) && value.some(isPlace)) return value.filter(isObject).map(placeLine)
    if (isPlace(value)) return [placeLine(value)]
    return [`  ${name}: ${printable(typeof value === 'string' ? value : JSON.stringify(value))}`]
  })
}

export function isPlace(value: unknown): value is Json {
  return isObject(value) && typeof value.file === 'string' && typeof value.line === 'number'
}

/** `file:line: message`, then whatever else is known, such as what was expected and found. */
export function placeLine(place: Json): string {
  const { file, line, code: _code, message, what, why, ...more } = place
  const said = [message, what, why].filter((part) => typeof part === 'string').join(': ')
  const rest = Object.entries(more)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
  return printable(`${String(file)}:${String(line)}: ${said}${rest === '' ? '' : ` (${rest})`}`)
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
