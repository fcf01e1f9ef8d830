import type { Db } from '@florin/kernel'
import { Type } from 'typebox'
import { strict } from '../schemas.ts'
import type { Scope } from '../verification/scope.ts'
import { balances } from './balances.ts'
import type { Cache, Difference } from './cache.ts'
import { head } from './head.ts'
import { holds } from './holds.ts'
import { valueDays } from './value-days.ts'

/** Everything that is kept beside the records. What keeps something new adds it here. */
export const caches: readonly Cache[] = [head, balances, holds, valueDays]

export const CacheName = Type.Enum(
  caches.map(({ name }) => name),
  { description: 'What is kept' },
)
export const CacheKey = Type.String({
  pattern: '^[0-9a-f-]{1,36}$',
  description: 'Names what differs, as ledger.caches.check tells it',
})

const Figures = Type.Record(Type.String(), Type.String())

export const DifferenceView = strict(
  {
    cache: CacheName,
    key: CacheKey,
    subject: Type.String(),
    kept: Type.Union([Figures, Type.Null()]),
    counted: Figures,
  },
  { title: 'CacheDifference', description: 'What is kept of something, and what its records come to' },
)

/** Differences that are told or mended at once, at most. */
export const mostDifferences = 10_000

export async function differencesOf(
  db: Db,
  scope: Scope,
  progress: (done: number, of: number) => void = () => undefined,
): Promise<Difference[]> {
  const found: Difference[] = []
  for (const cache of caches) found.push(...(await cache.differences(db, scope, progress)))
  return found.slice(0, mostDifferences)
}
