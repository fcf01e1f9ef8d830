type Json = Readonly<Record<string, unknown>>

/** Whether inputs of this JSON schema can have something at the path. */
export function hasPath(schema: unknown, steps: readonly string[]): boolean {
  if (!isJson(schema)) return false
  const [step, ...rest] = steps
  if (step === undefined) return true
  const either = [schema.anyOf, schema.allOf, schema.oneOf].flatMap((one) => (Array.isArray(one) ? one : []))
  if (either.some((one) => hasPath(one, steps))) return true
  return below(schema, step).some((one) => hasPath(one, rest))
}

/** The schemas of what may stand one step below. */
function below(schema: Json, step: string): unknown[] {
  if (isOpen(schema)) return [schema]
  if (step !== '*') return memberNamed(schema, step)
  const items = Array.isArray(schema.items) ? schema.items : [schema.items]
  return [
    ...items,
    ...valuesOf(schema.properties),
    ...valuesOf(schema.patternProperties),
    schema.additionalProperties,
  ]
}

function memberNamed(schema: Json, name: string): unknown[] {
  const own = isJson(schema.properties) ? schema.properties[name] : undefined
  if (own !== undefined) return [own]
  const patterns = isJson(schema.patternProperties) ? Object.entries(schema.patternProperties) : []
  const fitting = patterns.filter(([pattern]) => new RegExp(pattern).test(name)).map(([, member]) => member)
  return [...fitting, schema.additionalProperties]
}

/** Whether the schema says nothing of what is in there, so that anything may be. */
function isOpen(schema: Json): boolean {
  return !['type', 'anyOf', 'allOf', 'oneOf', 'enum', 'const'].some((keyword) => keyword in schema)
}

function valuesOf(value: unknown): unknown[] {
  return isJson(value) ? Object.values(value) : []
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
