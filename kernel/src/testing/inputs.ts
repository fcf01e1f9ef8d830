import { InvalidInput } from '../errors.ts'
import type { Command, Query, Registry } from '../registry.ts'

type Members = Readonly<Record<string, unknown>>

/** Another valid input of the command, one member away from its example; undefined if there seems to be none. */
export function otherInput(registry: Registry, command: Command): Members | undefined {
  for (const candidate of neighbours(command.example.input)) {
    if (isMembers(candidate) && isValid(registry, command, candidate)) return candidate
  }
  return undefined
}

export function isValid(registry: Registry, operation: Command | Query, input: unknown): boolean {
  try {
    registry.validate(operation, input)
    return true
  } catch (error) {
    if (error instanceof InvalidInput) return false
    throw error
  }
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Values that differ from this one in one place. */
function* neighbours(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield* otherTexts(value)
  else if (typeof value === 'boolean') yield !value
  else if (typeof value === 'number') yield* [value + 1, value - 1]
  else if (Array.isArray(value)) yield* otherArrays(value)
  else if (isMembers(value)) yield* otherMembers(value)
}

/** The end of a text is the likeliest place where another one is as good: `till2`, `2030-01-01T00:00:00.001Z`. */
function* otherTexts(text: string): Generator<string> {
  yield `${text}2`
  for (let i = text.length - 1; i >= 0; i--) {
    const [at = ''] = text.slice(i, i + 1)
    for (const other of /\d/.test(at) ? [String((Number(at) + 1) % 10), '1'] : ['a', 'b', 'A', 'B', '1'])
      if (other !== at) yield text.slice(0, i) + other + text.slice(i + 1)
  }
}

function* otherArrays(values: readonly unknown[]): Generator<unknown> {
  for (const [i, value] of values.entries())
    for (const other of neighbours(value)) yield values.with(i, other)
  if (values.length > 0) yield values.slice(0, -1)
}

function* otherMembers(members: Members): Generator<Members> {
  for (const [name, value] of Object.entries(members).reverse()) {
    for (const other of neighbours(value)) yield { ...members, [name]: other }
  }
  for (const left of Object.keys(members)) {
    yield Object.fromEntries(Object.entries(members).filter(([name]) => name !== left))
  }
}
