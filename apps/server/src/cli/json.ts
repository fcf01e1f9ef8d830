export type Json = Record<string, unknown>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object's member of that name if it is an object, else an empty one. */
export function objectAt(value: unknown, name: string): Json {
  const member = isObject(value) ? value[name] : undefined
  return isObject(member) ? member : {}
}

export function arrayAt(value: unknown, name: string): readonly unknown[] {
  const member = isObject(value) ? value[name] : undefined
  return Array.isArray(member) ? member : []
}

export function stringAt(value: unknown, name: string): string | undefined {
  const member = isObject(value) ? value[name] : undefined
  return typeof member === 'string' ? member : undefined
}
