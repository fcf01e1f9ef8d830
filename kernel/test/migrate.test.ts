import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Database, defaultDatabaseOptions, kernelModule, MigrationError, migrate } from '@florin/kernel'
import { createTestDatabase, type TestDatabase } from '@florin/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { modules } from './tally/index.ts'

let storage: TestDatabase
let folder: string
const pools: Database[] = []

beforeEach(async () => {
  storage = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
})
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
  await storage.drop()
  await rm(folder, { recursive: true })
})

function connect(url = storage.url, role?: string): Database {
  const pool = new Database(url, { ...defaultDatabaseOptions, ...(role === undefined ? {} : { role }) })
  pools.push(pool)
  return pool
}

async function jar(...files: readonly (readonly [string, string])[]) {
  for (const [name, sql] of files) await writeFile(join(folder, name), sql)
  return [{ name: 'jar', migrations: pathToFileURL(`${folder}/`) }]
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MigrationError)) throw new Error('not refused', { cause: error })
  return error.code
}

test('applies once what is missing, and says what', async () => {
  const database = connect()
  const told: string[] = []
  const applied = await migrate(database, modules, (text) => told.push(text))
  expect(applied).toContain('kernel 0001 spine')
  expect(applied).toContain('tally 0001 jars')
  expect(told).toEqual(applied.map((label) => `migrated ${label}`))
  expect(await migrate(database, modules)).toEqual([])
})

test('nothing is migrated while a module says that it is not time yet', async () => {
  const database = connect()
  let why: string | undefined
  const jars = await jar(['0001_first.sql', 'CREATE TABLE jar.first ()'])
  const notYet = () => Promise.resolve(why)
  const sources = [...modules, ...jars.map((source) => ({ ...source, notYet }))]
  why = 'A new database has nothing that is in the way'
  await migrate(database, sources)
  why = 'The old version has to finish'
  // Nothing to do: nobody is asked.
  expect(await migrate(database, sources)).toEqual([])
  await jar(['0002_second.sql', 'CREATE TABLE jar.second ()'])
  expect(await codeOf(migrate(database, sources))).toBe('not_yet')
  expect(await database.query(`SELECT to_regclass('jar.second') AS found`)).toEqual([{ found: null }])
  why = undefined
  expect(await migrate(database, sources)).toEqual(['jar 0002 second'])
})

test('several processes at once do the work once, also in several databases of one server', async () => {
  const other = await createTestDatabase()
  try {
    // The role belongs to the server, so here it exists already: what is raced for is everything else.
    const urls = [storage.url, storage.url, storage.url, other.url, other.url]
    const applied = await Promise.all(urls.map((url) => migrate(connect(url), modules)))
    const labels = await migrate(connect(), modules).then(() => applied.slice(0, 3).flat())
    expect(new Set(labels).size).toBe(labels.length)
    expect(applied.slice(3).flat().toSorted()).toEqual(labels.toSorted())
  } finally {
    await Promise.all(pools.splice(0).map((pool) => pool.close()))
    await other.drop()
  }
})

test('a migration that was changed after it was applied is refused', async () => {
  const database = connect()
  await migrate(database, await jar(['0001_one.sql', 'CREATE TABLE jar.one ()']))
  const changed = await jar(['0001_one.sql', 'CREATE TABLE jar.two ()'])
  expect(await codeOf(migrate(database, changed))).toBe('migration_changed')
})

test('a schema that is newer than the program is refused', async () => {
  const database = connect()
  await migrate(database, await jar(['0001_one.sql', ''], ['0002_two.sql', '']))
  await rm(join(folder, '0002_two.sql'))
  expect(await codeOf(migrate(database, await jar()))).toBe('schema_newer')
})

test('a migration that fails leaves nothing of itself and everything before it', async () => {
  const database = connect()
  const sources = await jar(
    ['0001_one.sql', 'CREATE TABLE jar.one ()'],
    ['0002_two.sql', 'CREATE TABLE jar.two (); SELECT 1/0'],
  )
  expect(await codeOf(migrate(database, sources))).toBe('migration_failed')
  const rows = await database.query(`SELECT relname FROM pg_class WHERE relnamespace = 'jar'::regnamespace`)
  expect(rows).toEqual([{ relname: 'one' }])
  const mended = await jar(['0002_two.sql', 'CREATE TABLE jar.two ()'])
  expect(await migrate(database, mended)).toEqual(['jar 0002 two'])
})

/** A login of this database with the given rights; dropped with everything it owns at the end. */
async function withLogin(
  attributes: string,
  work: (url: string, login: string) => Promise<void>,
): Promise<void> {
  const root = connect()
  const login = `login_${storage.name}`
  await root.query(`CREATE ROLE ${login} LOGIN PASSWORD 'x' ${attributes}`)
  try {
    const url = new URL(storage.url)
    url.username = login
    url.password = 'x'
    await work(url.href, login)
  } finally {
    await root.query(`DROP OWNED BY ${login}`)
    await root.query(`DROP ROLE ${login}`)
  }
}

test('without the rights it tells the SQL that an administrator must run, and that works', async () => {
  await withLogin('', async (url) => {
    const database = connect(url)
    const error = await migrate(database, [kernelModule]).catch((reason: unknown) => reason)
    if (!(error instanceof MigrationError)) throw new Error('not refused', { cause: error })
    expect(error.code).toBe('rights_missing')
    await connect().query(error.message.slice(error.message.indexOf('\n')))
    expect(await migrate(database, [kernelModule])).toContain('kernel 0001 spine')
    expect(await connect(url, 'florin_app').query('SELECT current_user::text AS who')).toEqual([
      { who: 'florin_app' },
    ])
    await database.close()
    pools.splice(pools.indexOf(database), 1)
  })
})

test('a login that may create roles needs no administrator, also where another database has the role', async () => {
  await withLogin('CREATEROLE', async (url, login) => {
    await connect().query(`GRANT CREATE ON DATABASE ${storage.name} TO ${login}`)
    await connect().query(`GRANT florin_app TO ${login} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE`)
    expect(await migrate(connect(url), [kernelModule])).toContain('kernel 0001 spine')
    expect(await connect(url, 'florin_app').query('SELECT count(*) AS n FROM kernel.audit')).toEqual([
      { n: 0n },
    ])
    // Grants by this login hang on its membership and go first.
    await connect().query(`REVOKE florin_app FROM ${login} CASCADE`)
  })
})
