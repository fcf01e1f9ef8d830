import { describeIssues } from '@florin/kernel'
import type { Static, TObject } from 'typebox'
import { Compile } from 'typebox/compile'

/** A message that is none: what is wrong, and its number if it had one. */
export interface Unreadable {
  readonly ref: number | null
  readonly message: string
}

/** Reads messages that say by their `type` which of the schemas they follow. */
export function messageReader<T extends TObject>(schemas: Readonly<Record<string, T>>) {
  const readers = new Map(
    Object.entries(schemas).map(([type, schema]) => [type, { schema, check: Compile(schema) }]),
  )
  const types = [...readers.keys()].join(', ')
  return (value: unknown): { readonly read: Static<T> } | Unreadable => {
    if (typeof value !== 'object' || value === null || !('type' in value))
      return { ref: null, message: `A message is an object with a type: one of ${types}` }
    const ref = refOf(value)
    const reader = typeof value.type === 'string' ? readers.get(value.type) : undefined
    if (reader === undefined) return { ref, message: `The type is one of ${types}` }
    const { schema, check } = reader
    if (check.Check(value)) return { read: value }
    const [first] = describeIssues(schema, check.Errors(value))
    const place = first === undefined || first.path === '/' ? 'The message' : first.path
    return { ref, message: `${place} ${first?.message ?? 'is invalid'}` }
  }
}

/** Its number, where it is one that could be answered. */
function refOf(value: object): number | null {
  return 'ref' in value && typeof value.ref === 'number' && Number.isSafeInteger(value.ref) ? value.ref : null
}
