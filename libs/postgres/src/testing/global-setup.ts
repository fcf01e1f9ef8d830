import { availableParallelism } from 'node:os'
import { removeAbandonedServers, startTestServer } from './server.ts'
import { SERVER_VARIABLE } from './shared.ts'

/**
 * Vitest's global setup: a server for each worker, their addresses in the environment of the workers and of what they start.
 * Transactions of one test file would else hold back what another reads: snapshots count those of every database of a server.
 * Set `FLORIN_TEST_DATABASE_URL` (a superuser's, or several of them between spaces) to test against other servers.
 */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[SERVER_VARIABLE]) return async () => undefined
  await removeAbandonedServers()
  const servers = await Promise.all(Array.from({ length: availableParallelism() }, () => startTestServer()))
  process.env[SERVER_VARIABLE] = servers.map(({ adminUrl }) => adminUrl).join(' ')
  return async () => {
    delete process.env[SERVER_VARIABLE]
    await Promise.all(servers.map((server) => server.stop()))
  }
}
