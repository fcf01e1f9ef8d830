import type { TObject, TSchema } from 'typebox'
import { InvalidInput } from '../errors.ts'

/** How the text of a parameter becomes a value; what does not fit stays text, and the schema says what is wrong. */
export interface ParameterKind {
  readonly scalar: 'string' | 'integer' | 'boolean'
  readonly repeated: boolean
}

/** The kinds of an operation's parameters. Throws, at start, for members that a query string can't carry. */
export function parameterKinds(operation: string, input: TObject): ReadonlyMap<string, ParameterKind> {
  return new Map(
    Object.entries(input.properties).map(([name, schema]) => {
      const kind = kindOf(schema)
      if (kind === undefined) {
        throw new Error(`${operation}: "${name}" does not fit into a query string; make it a POST`)
      }
      return [name, kind]
    }),
  )
}

function kindOf(schema: TSchema): ParameterKind | undefined {
  if ('items' in schema && isSchema(schema.items)) {
    const item = kindOf(schema.items)
    return item === undefined || item.repeated ? undefined : { scalar: item.scalar, repeated: true }
  }
  const types = jsonTypes(schema)
  if (types.size !== 1) return undefined
  if (types.has('string')) return { scalar: 'string', repeated: false }
  if (types.has('integer')) return { scalar: 'integer', repeated: false }
  return types.has('boolean') ? { scalar: 'boolean', repeated: false } : undefined
}

/** The JSON types that a schema may take, from its `type`, its constants or its alternatives. */
function jsonTypes(schema: object): Set<string> {
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) {
    return new Set(schema.anyOf.filter(isSchema).flatMap((option) => [...jsonTypes(option)]))
  }
  if ('enum' in schema && Array.isArray(schema.enum)) return new Set(schema.enum.map((value) => typeof value))
  if ('type' in schema && typeof schema.type === 'string') return new Set([schema.type])
  return new Set()
}

function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null
}

/** Parameters of a request target, decoded strictly: broken percent-encoding or UTF-8 is refused, never patched. */
export function parseQueryString(target: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>()
  const start = target.indexOf('?')
  if (start === -1) return parameters
  for (const part of target.slice(start + 1).split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals === -1 ? part : part.slice(0, equals))
    const values = parameters.get(name)
    const value = decode(equals === -1 ? '' : part.slice(equals + 1))
    if (values === undefined) parameters.set(name, [value])
    else values.push(value)
  }
  return parameters
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new InvalidInput([{ path: '/', message: 'has a query string that is not percent-encoded UTF-8' }])
  }
}

/** The input that a query string stands for. */
export function coerceParameters(
  kinds: ReadonlyMap<string, ParameterKind>,
  parameters: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [name, values] of parameters) {
    const kind = kinds.get(name)
    if (kind === undefined) throw unknownParameter(name)
    if (kind.repeated) input[name] = values.map((value) => coerce(kind, value))
    else if (values.length > 1)
      throw new InvalidInput([{ path: `/${name}`, message: 'is given more than once' }])
    else input[name] = coerce(kind, values[0] ?? '')
  }
  return input
}

export function unknownParameter(name: string): InvalidInput {
  const pointer = name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')
  return new InvalidInput([{ path: `/${pointer}`, message: 'is not a known parameter' }])
}

export function coerce(kind: ParameterKind, text: string): unknown {
  if (kind.scalar === 'integer' && /^(0|-?[1-9]\d{0,15})$/.test(text)) return Number(text)
  if (kind.scalar === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
