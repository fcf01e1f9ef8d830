import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { errorCode, noSpace, StartError, unwritable } from './errors.ts'
import type { Location } from './location.ts'
import { portBusy } from './port.ts'
import type { Postmaster } from './postmaster.ts'

export type ConnectionSettings = {
  host: string
  port: number
  user: string
  password: string
  database: string
}

/** Not even listening after this long: something is wrong that waiting won't cure. */
const LISTEN_MS = 60_000
/** Recovery replays at most a few gigabytes; a slow disk gets its time. */
const RECOVER_MS = 30 * 60_000

/** Waits until the server answers queries; throws its reason when it ends or the time is up. */
export async function waitReady(
  server: Postmaster,
  connection: ConnectionSettings,
  location: Location,
  options: {
    say: (line: string) => void
    abort?: AbortSignal | undefined
    recoverTimeoutMs?: number | undefined
  },
): Promise<void> {
  const { say, abort, recoverTimeoutMs = RECOVER_MS } = options
  const begin = performance.now()
  let recovering = false
  for (;;) {
    abort?.throwIfAborted()
    if (server.hasEnded()) throw failure(await server.logged(), location, connection.port)
    const answer = await ask(connection)
    if (answer === 'ready') return
    if (answer === 'recovering' && !recovering) {
      recovering = true
      if (/not properly shut down|was interrupted/.test(await server.logged())) {
        say('Recovering what was written before PostgreSQL was killed …')
      }
    }
    if (performance.now() - begin > (recovering ? recoverTimeoutMs : LISTEN_MS)) {
      throw new StartError(
        'start_timeout',
        `PostgreSQL doesn't answer; its log in ${location.folder} says why.`,
      )
    }
    await delay(15)
  }
}

async function ask(connection: ConnectionSettings): Promise<'ready' | 'recovering' | 'absent'> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 })
  // the server may end while we speak; `connect` and `query` reject with it
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    await client.end()
    return 'ready'
  } catch (error) {
    await client.end().catch(() => undefined)
    return unready(error)
  }
}

function unready(error: unknown): 'recovering' | 'absent' {
  const code = errorCode(error)
  // cannot_connect_now
  if (code === '57P03') return 'recovering'
  if (code === '28P01') {
    throw new StartError(
      'password_refused',
      "The superuser's password beside the data doesn't open it; restore the file superuser-password from a backup.",
      { cause: error },
    )
  }
  // whatever else a connection meets in a server that begins or ends; the caller's clock and its exit decide
  return 'absent'
}

/** What a caller is told who comes too early or too late, ourselves among them: it says nothing about the server. */
const answersCaller =
  /the database system is (starting up|shutting down|not yet accepting connections|in recovery mode)/

/** The sentence for a server that ended while starting, from what it wrote to its log. */
export function failure(logged: string, location: Location, port: number): Error {
  if (/No space left on device|Disk quota exceeded/.test(logged)) return noSpace(location.folder)
  if (/could not create any TCP\/IP sockets|Address already in use/.test(logged)) return portBusy(port)
  if (/Read-only file system|FATAL:.*Permission denied/.test(logged)) return unwritable(location.folder)
  const last = logged
    .split('\n')
    .findLast((line) => /FATAL|PANIC|error while loading/.test(line) && !answersCaller.test(line))
  const said = last?.replace(/^.*?((FATAL|PANIC): +)/, '') ?? 'it said nothing'
  if (isDamage(logged)) {
    return new StartError(
      'cluster_damaged',
      `The data in ${location.data} is damaged (${said}); restore it from a backup or choose another data folder.`,
    )
  }
  return new StartError(
    'start_failed',
    `PostgreSQL didn't start: ${said} (log: ${location.folder}/postgres.log).`,
  )
}

function isDamage(logged: string): boolean {
  return /PANIC|is not a valid data directory|required WAL directory|could not (locate|open|read|find)|invalid (checkpoint|magic|page)|incorrect checksum|calculated CRC/.test(
    logged,
  )
}
