import fc from 'fast-check'
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { isMembers } from './inputs.ts'

type Json = Readonly<Record<string, unknown>>

/** Generates values that the schema accepts: the keywords that Florin's inputs use. */
export function arbitraryInput<S extends TSchema>(schema: S): fc.Arbitrary<Static<S>> {
  const validator = Compile(schema)
  return arbitraryOf(schema).filter((value): value is Static<S> => validator.Check(value))
}

function arbitraryOf(schema: unknown): fc.Arbitrary<unknown> {
  if (!isMembers(schema)) throw new Error(`No values can be made for the schema ${JSON.stringify(schema)}`)
  if ('const' in schema) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]))
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map(arbitraryOf))
  if (Array.isArray(schema.allOf)) return fc.tuple(...schema.allOf.map(arbitraryOf)).map(merged)
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({
        min: numberIn(schema, 'minimum', -1_000_000),
        max: numberIn(schema, 'maximum', 1_000_000),
      })
    case 'number':
      return fc.double({
        min: numberIn(schema, 'minimum', -1e9),
        max: numberIn(schema, 'maximum', 1e9),
        noNaN: true,
      })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return list(schema)
    case 'object':
      return members(schema)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function text(schema: Json): fc.Arbitrary<string> {
  const length = { minLength: numberIn(schema, 'minLength', 0), maxLength: numberIn(schema, 'maxLength', 40) }
  if (schema.format === 'uuid') return fc.uuid()
  if (schema.format === 'date-time') return instant()
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern))
  return fc.string({ ...length, unit: 'grapheme' })
}

function instant(): fc.Arbitrary<string> {
  const bounds = { min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z') }
  return fc.date({ ...bounds, noInvalidDate: true }).map((date) => date.toISOString())
}

function list(schema: Json): fc.Arbitrary<unknown[]> {
  if (Array.isArray(schema.items)) return fc.tuple(...schema.items.map(arbitraryOf))
  const min = numberIn(schema, 'minItems', 0)
  const length = { minLength: min, maxLength: Math.min(numberIn(schema, 'maxItems', min + 4), min + 4) }
  const item = arbitraryOf(schema.items ?? {})
  return schema.uniqueItems === true
    ? fc.uniqueArray(item, { ...length, selector: (value) => JSON.stringify(value) })
    : fc.array(item, length)
}

function members(schema: Json): fc.Arbitrary<Json> {
  const properties = isMembers(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, arbitraryOf(member)])),
    { requiredKeys: required },
  )
  const patterns = isMembers(schema.patternProperties) ? Object.entries(schema.patternProperties) : []
  const free = patterns.map(([pattern, member]) =>
    fc.dictionary(fc.stringMatching(new RegExp(pattern)), arbitraryOf(member), {
      maxKeys: Math.min(numberIn(schema, 'maxProperties', 3), 3),
    }),
  )
  return fc.tuple(known, ...free).map(merged)
}

function merged(parts: readonly unknown[]): Json {
  return Object.assign({}, ...parts.filter(isMembers))
}

function numberIn(schema: Json, keyword: string, otherwise: number): number {
  const value = schema[keyword]
  return typeof value === 'number' ? value : otherwise
}
