import type { TLocalizedValidationError } from 'typebox/error'
import type { InputIssue } from './errors.ts'

/** At most this many issues are reported; more help nobody and a hostile input could have millions. */
const mostIssues = 20

/** Turns the validator's errors into one readable issue per place. */
export function describeIssues(schema: unknown, errors: readonly TLocalizedValidationError[]): InputIssue[] {
  const issues = new Map<string, string>()
  for (const error of errors) {
    const described = describe(schema, error)
    // The first thing said about a place is the most specific one.
    if (described !== undefined && !issues.has(described.path)) issues.set(described.path, described.message)
    if (issues.size >= mostIssues) break
  }
  return [...issues].map(([path, message]) => ({ path, message }))
}

function describe(schema: unknown, error: TLocalizedValidationError): InputIssue | undefined {
  const path = error.instancePath === '' ? '/' : error.instancePath
  switch (error.keyword) {
    case 'required': {
      const missing = error.params.requiredProperties.join(', ')
      return { path, message: `lacks ${missing}` }
    }
    case 'additionalProperties':
      // Each unknown member is reported at its own place by the `false` schema below.
      return undefined
    case 'boolean':
      return { path, message: 'is not a known member' }
    case 'enum':
      return { path, message: `must be one of ${error.params.allowedValues.join(', ')}` }
    case 'anyOf':
      return { path, message: 'fits none of the allowed forms' }
    case 'pattern':
      return { path, message: meant(schema, error) ?? `must match ${String(error.params.pattern)}` }
    default:
      return { path, message: meant(schema, error) ?? error.message }
  }
}

/** In the schema's own words what should stand there; a person can do nothing with a regular expression. */
function meant(schema: unknown, error: TLocalizedValidationError): string | undefined {
  if (error.keyword !== 'pattern' && error.keyword !== 'type' && error.keyword !== 'format') return undefined
  const found = error.schemaPath.split('/').slice(1).reduce(memberOf, schema)
  const description = memberOf(found, 'description')
  return typeof description === 'string' ? `is not as it should be: ${description}` : undefined
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
