import { createTestDatabase } from '@florin/postgres/testing'
import pg from 'pg'
import { expect, test } from 'vitest'

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

test('each database is empty and alone', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()])
  await query(one.url, 'CREATE TABLE mine (n int)')
  expect(await query(one.url, "SELECT to_regclass('mine')::text")).toEqual(['mine'])
  expect(await query(two.url, "SELECT to_regclass('mine')::text")).toEqual([null])
  await Promise.all([one.drop(), two.drop()])
})

test('a dropped database is gone, also while somebody is connected', async () => {
  const database = await createTestDatabase()
  const other = await createTestDatabase()
  const client = new pg.Client({ connectionString: database.url })
  const ended = new Promise<void>((resolve) => client.on('error', () => resolve()))
  await client.connect()
  await database.drop()
  await ended
  const names = await query(other.url, 'SELECT datname FROM pg_database')
  expect(names).toContain(other.name)
  expect(names).not.toContain(database.name)
  await other.drop()
})

test('a template is prepared once, however many ask at the same time', async () => {
  let runs = 0
  const template = {
    name: `once_${process.pid}`,
    async prepare(url: string) {
      runs++
      await query(url, 'CREATE TABLE prepared AS SELECT 7 AS n')
    },
  }
  const databases = await Promise.all([1, 2, 3].map(() => createTestDatabase({ template })))
  for (const database of databases) expect(await query(database.url, 'SELECT n FROM prepared')).toEqual([7])
  expect(runs).toBe(1)
  await Promise.all(databases.map((database) => database.drop()))
})

test('the locale is the one that sorts the same everywhere', async () => {
  const database = await createTestDatabase()
  expect(
    await query(
      database.url,
      `SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding), current_setting('data_checksums')
       FROM pg_database WHERE datname = current_database()`,
    ),
  ).toEqual(['b', 'C.UTF-8', 'UTF8', 'on'])
  await database.drop()
})
