import { Database, defaultDatabaseOptions, isConnectionLoss, kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorCode } from '../src/database.ts'

const modules = [kernelModule]
let world: World
beforeAll(async () => {
  world = await createWorld({ modules })
})
afterAll(() => world.close())

async function withDatabase(
  options: Partial<typeof defaultDatabaseOptions>,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const database = new Database(world.url, { ...defaultDatabaseOptions, ...options })
  try {
    await work(database)
    expect(database.stats.total - database.stats.idle).toBe(0)
  } finally {
    await database.close()
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('a statement that runs too long is cancelled, and the connection is used again', async () => {
  await withDatabase({ statementTimeoutMs: 50, poolSize: 1 }, async (database) => {
    expect(errorCode(await failure(database.query('SELECT pg_sleep(60)')))).toBe('57014')
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

test('a statement that waits too long for a lock is cancelled', async () => {
  await withDatabase({ lockTimeoutMs: 50, poolSize: 2 }, async (database) => {
    await database.transaction(async (db) => {
      await db.query('SELECT pg_advisory_xact_lock(1)')
      const second = database.transaction((other) => other.query('SELECT pg_advisory_xact_lock(1)'))
      expect(errorCode(await failure(second))).toBe('55P03')
    })
  })
})

test('a transaction that stands still is ended by the server, and this process survives it', async () => {
  await withDatabase({ idleInTransactionTimeoutMs: 50, poolSize: 1 }, async (database) => {
    const late = database.transaction(async (db) => {
      const [row] = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await ended(row?.pid)
      await db.query('SELECT 1')
    })
    expect(isConnectionLoss(await failure(late))).toBe(true)
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

test('a connection that is ended while in use is a lost connection, not a crash', async () => {
  await withDatabase({ poolSize: 1 }, async (database) => {
    for (const inUse of ['between statements', 'within one']) {
      const lost = database.transaction(async (db) => {
        const [row] = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
        const statement = inUse === 'within one' ? failure(db.query('SELECT pg_sleep(60)')) : undefined
        await world.adminDatabase.query('SELECT pg_terminate_backend($1)', [row?.pid])
        await ended(row?.pid)
        const error = await statement
        if (error !== undefined) throw error
        await db.query('SELECT 1')
      })
      expect(isConnectionLoss(await failure(lost)), inUse).toBe(true)
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    }
  })
})

test('a session connection that is ended does not bring the process down', async () => {
  await withDatabase({ poolSize: 1 }, async (database) => {
    const { db, release } = await database.session()
    const [row] = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await world.adminDatabase.query('SELECT pg_terminate_backend($1)', [row?.pid])
    await ended(row?.pid)
    expect(isConnectionLoss(await failure(db.query('SELECT 1')))).toBe(true)
    release()
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

test('a transaction in which a failed statement was ignored is not taken for committed', async () => {
  await withDatabase({}, async (database) => {
    const careless = database.transaction(async (db) => {
      await failure(db.query('SELECT 1/0'))
      return 'fine'
    })
    await expect(careless).rejects.toThrow('COMMIT was answered with ROLLBACK')
  })
})

test('a caller that finds no connection in time is told so', async () => {
  await withDatabase({ poolSize: 1, acquireTimeoutMs: 50 }, async (database) => {
    await database.transaction(async () => {
      expect(isConnectionLoss(await failure(database.query('SELECT 1')))).toBe(true)
    })
  })
})

test('integers arrive as bigint, and what is no integer is not cut', async () => {
  await withDatabase({}, async (database) => {
    const wide = '115792089237316195423570985008687907853269984665640564039457584007913129639935'
    const rows = await database.query(`SELECT 9223372036854775807 AS a, ${wide}::numeric AS b`)
    expect(rows).toEqual([{ a: 9223372036854775807n, b: BigInt(wide) }])
    expect(await failure(database.query('SELECT 1.5 AS a'))).toBeInstanceOf(SyntaxError)
  })
})

test('what is left of an aborted transaction is nothing', async () => {
  await withDatabase({ poolSize: 1 }, async (database) => {
    const count = 'SELECT count(*) AS n FROM kernel.requests'
    const insert = `INSERT INTO kernel.requests VALUES (gen_random_uuid(), '', '', '', '', now())`
    const rehearsed = await database.rehearse(async (db) => {
      await db.query(insert)
      return db.query(count)
    })
    expect([rehearsed, await database.query(count)]).toEqual([[{ n: 1n }], [{ n: 0n }]])
    expect(errorCode(await failure(database.snapshot((db) => db.query(insert))))).toBe('25006')
  })
})

/** Waits until the server has ended this backend. */
async function ended(pid: number | undefined): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    const rows = await world.adminDatabase.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])
    if (rows.length === 0) return
  }
  throw new Error('The backend lives on')
}
