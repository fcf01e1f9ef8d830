import { type Actor, createLog } from '@florin/kernel'
import type { Config } from '../config.ts'
import { openProgram } from '../program.ts'
import type { Connection } from './connection.ts'
import { isObject } from './json.ts'

/** Who calls when the command line opens the data folder itself: whoever can do that could read the admin key, too. */
const admin: Actor = { id: 'admin', kind: 'key', permissions: ['*'] }

/** Florin within this process, for one call: the same program as the server, without the network. */
export async function localConnection(
  config: Config,
  onProgress: (line: string) => void,
): Promise<Connection> {
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel, process.stderr)
  const program = await openProgram(config, log, {
    onProgress,
    log: (line) => log.warn(line),
    onLost: (error) => log.error({ err: error }, 'PostgreSQL is lost'),
    keyRing: config.key === undefined ? { actorOf: async () => admin } : undefined,
  })
  const authorization = `Bearer ${config.key ?? 'local'}`
  return {
    describe: async () => {
      const { body } = await program.http.inject({ method: 'GET', path: '/openapi.json' })
      const document: unknown = JSON.parse(body)
      return isObject(document) ? document : {}
    },
    send: async ({ method, path, headers, body }) => {
      const answer = await program.http.inject({
        method,
        path,
        headers: { ...headers, authorization },
        ...(body === undefined ? {} : { body }),
      })
      return {
        status: answer.status,
        replayed: answer.headers['idempotency-replayed'] === 'true',
        text: answer.body,
        mediaType: String(answer.headers['content-type']).split(';')[0] ?? '',
      }
    },
    close: async () => {
      await program.http.stop(config.stopTimeoutMs)
      await program.store.stop()
    },
  }
}
