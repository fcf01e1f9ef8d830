import { createDatabase, type TestDatabase, type TestDatabaseOptions } from './databases.ts'

export const SERVER_VARIABLE = 'FLORIN_TEST_DATABASE_URL'

/** The superuser's connection string of the server that this test run shares. */
export function sharedServerUrl(): string {
  const url = process.env[SERVER_VARIABLE]
  if (url) return url
  throw new Error(`${SERVER_VARIABLE} is not set: the global setup of @florin/postgres/testing didn't run`)
}

/** A database of its own on the shared server: empty, or a copy of a prepared one. */
export function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  return createDatabase(sharedServerUrl(), options)
}
