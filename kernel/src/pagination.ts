import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { payloadHash } from './canonical.ts'
import { InvalidInput } from './errors.ts'
import type { Format, List, Query } from './registry.ts'
import type { View } from './unit.ts'

/** What a list is asked for: how many items, and after which one. */
export interface Page {
  /** One more than the caller wants: its presence says that there is a next page. */
  readonly fetch: number
  /** The key of the last item of the page before, in the list's own order; absent on the first page. */
  readonly after: readonly string[] | undefined
}

/** Items with the key that orders them. The kernel cuts off the surplus one and makes the cursor. */
export interface PageResult<R> {
  readonly rows: readonly { readonly item: R; readonly key: readonly string[] }[]
}

export const pageLimit = 1_000
const defaultLimit = 100

const PageInput = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: pageLimit,
      description: `Items on the page; ${defaultLimit} if absent`,
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_000,
      description: 'The `next` of the page before; absent for the first page',
    }),
  ),
}

type Paged<I extends TObject> =
  I extends TObject<infer P extends TProperties> ? TObject<P & typeof PageInput> : never

/**
 * Makes a query of a list. Its output is `{ items, next }`; `next` is null on the last page. The order is total
 * and does not change while pages are read: an item is never shown twice, and items that existed when the
 * first page was read are never left out.
 */
export function defineList<I extends TObject, R extends TSchema>(list: List<I, R>): Query {
  const input = Type.Object(
    { ...list.input.properties, ...PageInput },
    { additionalProperties: false },
  ) as unknown as Paged<I>
  const output = Type.Object(
    {
      items: Type.Array(list.item),
      next: Type.Union([Type.String(), Type.Null()], {
        description: 'Cursor of the next page; null on the last one',
      }),
    },
    { additionalProperties: false },
  )
  const { item: _item, page: _page, formats = [], ...operation } = list
  return {
    ...operation,
    formats: formats.map((format) => wholeList<I>(format)),
    input,
    output,
    async run(view: View, given: Static<TObject>) {
      const { limit, cursor, ...filters } = given as Record<string, unknown> & {
        limit?: number
        cursor?: string
      }
      const wanted = limit ?? defaultLimit
      const scope = payloadHash({ list: list.name, filters }).toString('base64url', 0, 6)
      const after = cursor === undefined ? undefined : readCursor(cursor, scope)
      const { rows } = await list.page(view, filters as Static<I>, { fetch: wanted + 1, after })
      const items = rows.slice(0, wanted)
      const last = items.at(-1)
      const next = rows.length > wanted && last !== undefined ? writeCursor(scope, last.key) : null
      return { items: items.map((row) => row.item), next }
    },
  }
}

/** A list's format as one of its query, which knows of pages: there are none in it. */
function wholeList<I extends TObject>(format: Format<Static<I>>): Format<Static<TObject>> {
  return {
    mediaType: format.mediaType,
    async *write(view, given) {
      const { limit, cursor, ...filters } = given as Record<string, unknown>
      const paged = { limit, cursor }
      const issues = Object.entries(paged)
        .filter(([, value]) => value !== undefined)
        .map(([name]) => ({
          path: `/${name}`,
          message: `is for pages; ${format.mediaType} is the whole list`,
        }))
      if (issues.length > 0) throw new InvalidInput(issues)
      yield* format.write(view, filters as Static<I>)
    },
  }
}

/** Opaque to callers: the list and filters it belongs to, and the key of the last item seen. */
function writeCursor(scope: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([scope, ...key])).toString('base64url')
}

function readCursor(cursor: string, scope: string): readonly string[] {
  const parts = parseCursor(cursor)
  if (parts === undefined)
    throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
  const [of, ...key] = parts
  if (of !== scope)
    throw new InvalidInput([{ path: '/cursor', message: 'belongs to another list or other filters' }])
  return key
}

function parseCursor(cursor: string): string[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parts) && parts.length > 1 && parts.every(isKeyPart) ? parts : undefined
  } catch {
    return undefined
  }
}

/** PostgreSQL has no U+0000 in its texts. */
function isKeyPart(part: unknown): part is string {
  return typeof part === 'string' && !part.includes('\0')
}

/** A part of the key that must be a whole number; a forged cursor is invalid input, not a database error. */
export function integerKey(page: Page, part: number): string | undefined {
  if (page.after === undefined) return undefined
  const key = page.after[part]
  if (key === undefined || !/^-?\d{1,18}$/.test(key))
    throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
  return key
}
