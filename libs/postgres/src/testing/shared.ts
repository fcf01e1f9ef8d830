import { createDatabase, type TestDatabase, type TestDatabaseOptions } from './databases.ts'

export const SERVER_VARIABLE = 'FLORIN_TEST_DATABASE_URL'

/** The superuser's connection string of the server that the files of this worker share. */
export function sharedServerUrl(): string {
  const urls = process.env[SERVER_VARIABLE]?.split(' ') ?? []
  const worker = Number(process.env.VITEST_POOL_ID ?? 1)
  const url = urls[(worker - 1) % urls.length]
  if (url) return url
  throw new Error(`${SERVER_VARIABLE} is not set: the global setup of @florin/postgres/testing didn't run`)
}

/** A database of its own on the shared server: empty, or a copy of a prepared one. */
export function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  return createDatabase(sharedServerUrl(), options)
}
