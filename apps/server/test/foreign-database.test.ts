import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '@florin/kernel'
import { createTestDatabase } from '@florin/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { type Env, endAll, ended, florin, freePort, serve, start } from './program.ts'

const folder = await mkdtemp(join(tmpdir(), 'florin-foreign-'))
const database = await createTestDatabase()
const admin = new Database(database.url)

afterAll(async () => {
  await endAll()
  await admin.query('DROP OWNED BY florin_guest CASCADE')
  await admin.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

function asGuest(url: string): string {
  const guest = new URL(url)
  guest.username = 'florin_guest'
  guest.password = 'guest'
  return guest.href
}

test('a login that may not create what Florin needs is told the SQL to run, which then is enough', async () => {
  await admin.query('DROP ROLE IF EXISTS florin_guest')
  await admin.query(`CREATE ROLE florin_guest LOGIN PASSWORD 'guest'`)
  const env: Env = {
    FLORIN_DATA: join(folder, 'data'),
    FLORIN_PORT: String(await freePort()),
    DATABASE_URL: asGuest(database.url),
  }
  const refused = await ended(start(['serve'], env))
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('let an administrator run:')
  expect(refused.stderr).not.toContain('guest:guest')

  const sql = refused.stderr.slice(refused.stderr.indexOf('run:\n') + 5)
  await admin.query(sql)
  const server = await serve(env)
  const opened = await florin(['ledger', 'open', '--ledger', 'demo'], env)
  expect([opened.code, opened.stderr]).toEqual([0, expect.any(String)])
  expect((await florin(['verify'], env)).code).toBe(0)
  // No server of its own: what is written is in the foreign database.
  expect(await admin.query(`SELECT name FROM ledger.ledgers WHERE name = 'demo'`)).toHaveLength(1)
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
})
