export type { Template, TestDatabase, TestDatabaseOptions } from './databases.ts'
export { createDatabase } from './databases.ts'
export { startTestServer, type TestServer, type TestServerOptions } from './server.ts'
export { createTestDatabase, sharedServerUrl } from './shared.ts'
