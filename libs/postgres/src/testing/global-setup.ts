import { removeAbandonedServers, startTestServer } from './server.ts'
import { SERVER_VARIABLE } from './shared.ts'

/**
 * Vitest's global setup: one server for the whole run, its address in the environment of the workers and
 * of what they start. Set `FLORIN_TEST_DATABASE_URL` (a superuser's) to test against another PostgreSQL.
 */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[SERVER_VARIABLE]) return async () => undefined
  await removeAbandonedServers()
  const server = await startTestServer()
  process.env[SERVER_VARIABLE] = server.adminUrl
  return async () => {
    delete process.env[SERVER_VARIABLE]
    await server.stop()
  }
}
