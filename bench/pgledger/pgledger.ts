import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Database, type Db, defaultDatabaseOptions } from '@florin/kernel'
import { amountOf } from '../lib/names.ts'
import type { Pairs } from '../posting/scenarios.ts'

/** Connections that its callers share; the embedded server allows 60. */
const connections = 32

interface Session {
  readonly db: Db
  readonly release: () => void
}

/** pgledger as its callers use it: a function call in SQL each, over a pool of connections. */
export class Pgledger {
  readonly #database: Database
  readonly #sessions: readonly Session[]
  readonly #accounts: readonly string[]
  readonly #free: Session[]
  readonly #waiting: ((session: Session) => void)[] = []
  #made = 0

  private constructor(database: Database, sessions: readonly Session[], accounts: readonly string[]) {
    this.#database = database
    this.#sessions = sessions
    this.#free = [...sessions]
    this.#accounts = accounts
  }

  /** Loads its SQL files into an empty database and opens accounts, which may be overdrawn. */
  static async open(url: string, folder: string, accounts: number): Promise<Pgledger> {
    const database = new Database(url, { ...defaultDatabaseOptions, poolSize: connections })
    try {
      for (const file of await sqlFiles(folder))
        await database.query(`SET search_path = public, pg_catalog; ${await readFile(file, 'utf8')}`)
      const sessions = await Promise.all(Array.from({ length: connections }, () => database.session()))
      for (const { db } of sessions) await db.query('SET search_path = public, pg_catalog')
      const rows = await sessions[0]?.db.query<{ id: string }>(
        `SELECT (pgledger_create_account('account ' || n, 'EUR')).id FROM generate_series(1, ${accounts}) n`,
      )
      await sessions[0]?.db.query('VACUUM ANALYZE')
      return new Pgledger(
        database,
        sessions,
        (rows ?? []).map((row) => row.id),
      )
    } catch (error) {
      await database.close()
      throw error
    }
  }

  /** Transfers of the n-th pairs, in one call. */
  async transfer(pairs: Pairs, from: number, count: number): Promise<void> {
    const session = await this.#take()
    await this.#send(session.db, pairs, from, count)
    this.#give(session)
    this.#made += count
  }

  #take(): Promise<Session> {
    const free = this.#free.pop()
    return free === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(free)
  }

  #give(session: Session): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(session)
    else next(session)
  }

  async #send(db: Db, pairs: Pairs, from: number, count: number): Promise<void> {
    const parts = Array.from({ length: count }, (_, i) => this.#request(pairs, from + i))
    if (count === 1)
      await db.query('SELECT id FROM pgledger_create_transfer($1::text, $2::text, $3)', parts[0])
    else
      await db.query(
        'SELECT count(*) FROM pgledger_create_transfers(transfer_requests => $1::transfer_request[], event_at => NULL::timestamptz)',
        [`{${parts.map((part) => `"(${part.join(',')})"`).join(',')}}`],
      )
  }

  /** Throws unless every transfer is there and nothing was made or lost. */
  async check(): Promise<void> {
    const [row] =
      (await this.#sessions[0]?.db.query<{ transfers: bigint; entries: bigint; sum: bigint }>(
        `SELECT (SELECT count(*) FROM pgledger_transfers) AS transfers, (SELECT count(*) FROM pgledger_entries) AS entries,
         (SELECT sum(balance)::numeric * 100 FROM pgledger_accounts)::bigint AS sum`,
      )) ?? []
    const made = BigInt(this.#made)
    if (row?.transfers !== made || row.entries !== 2n * made || row.sum !== 0n)
      throw new Error(`pgledger made ${made} transfers and has ${row?.transfers}, with a sum of ${row?.sum}`)
  }

  async close(): Promise<void> {
    for (const { release } of this.#sessions) release()
    await this.#database.close()
  }

  #request(pairs: Pairs, n: number): string[] {
    const at = n % pairs.debit.length
    const account = (side: Int32Array): string => this.#accounts[(side[at] ?? 1) - 1] ?? ''
    return [account(pairs.credit), account(pairs.debit), amountOf(n)]
  }
}

/** What it leans on first: functions for ULIDs lie in a folder of their own. Examples and tests are left out. */
async function sqlFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  const own = names.filter((name) => name.endsWith('pgledger.sql'))
  const helpers = names.filter((name) => /(^|\/)(ulid-to-uuid|uuid-to-ulid)[^/]*\.sql$/.test(name)).sort()
  if (own.length !== 1) throw new Error(`${folder} should hold one pgledger.sql and holds ${own.length}`)
  return [...helpers, ...own].map((name) => join(folder, name))
}
