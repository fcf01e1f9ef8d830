import { InvalidInput } from '../errors.ts'
import type { Command, Query } from '../registry.ts'
import { coerceParameters, parameterKinds, parseQueryString, unknownParameter } from './query-string.ts'

/** What of a request makes the input. */
export interface RequestParts {
  /** Path and query string as received. */
  readonly target: string
  /** Path parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  readonly body: unknown
}

/** How requests of this operation become its input. Built once at start; throws for routes that could not work. */
export function inputReader(operation: Command | Query): (parts: RequestParts) => unknown {
  const names = pathParameters(operation)
  if (operation.http.method !== 'GET') {
    return (parts) => {
      refuseQueryString(parts.target)
      const body = parts.body === undefined ? {} : parts.body
      return names.length === 0 ? body : merge(names, parts.parameters, body)
    }
  }
  const kinds = parameterKinds(operation.name, operation.input)
  return (parts) => {
    const given = parts.target.includes('?') ? coerceParameters(kinds, parseQueryString(parts.target)) : {}
    return merge(names, parts.parameters, given)
  }
}

/** Checks the route's path at start and names its parameters. */
function pathParameters(operation: Command | Query): string[] {
  const names: string[] = []
  for (const segment of operation.http.path.slice(1).split('/')) {
    const name = /^\{([a-z][a-z0-9_]*)\}$/.exec(segment)?.[1]
    if (name === undefined) {
      if (!/^[a-z0-9][a-z0-9._-]*$/.test(segment)) {
        throw new Error(`${operation.name}: the path segment "${segment}" is neither a word nor {name}`)
      }
    } else if (name in operation.input.properties) names.push(name)
    else throw new Error(`${operation.name}: the path names {${name}} and the input has no such member`)
  }
  return names
}

function merge(
  names: readonly string[],
  parameters: Readonly<Record<string, string>>,
  given: unknown,
): Record<string, unknown> {
  if (!isObject(given)) throw new InvalidInput([{ path: '/', message: 'must be an object' }])
  for (const name of names) {
    const value = parameters[name]
    if (Object.hasOwn(given, name) && given[name] !== value) {
      throw new InvalidInput([{ path: `/${name}`, message: 'says something else than the path' }])
    }
    given[name] = value
  }
  return given
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where the body carries the input, a parameter in the query string would be silently lost. */
export function refuseQueryString(target: string): void {
  if (!target.includes('?')) return
  const [name] = parseQueryString(target).keys()
  if (name !== undefined) throw unknownParameter(name)
}
