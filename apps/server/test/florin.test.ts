import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRunning } from '@florin/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, type Env, endAll, florin, freePort, serve } from './program.ts'

// One data folder through its life, in order: each test starts from what the one before left.
let folder: string
let env: Env
const outputs: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin-server-'))
  // As root PostgreSQL runs as another user, who must be able to pass.
  await chmod(folder, 0o755)
  env = { FLORIN_DATA: join(folder, 'data'), FLORIN_PORT: String(await freePort()) }
})
afterAll(async () => {
  await endAll()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: string[]): Promise<Ended> {
  const end = await florin(args, env)
  outputs.push(end.stdout, end.stderr)
  return end
}

const key = async (): Promise<string> => (await readFile(join(folder, 'data/admin.key'), 'utf8')).trim()

test('reading where nothing was ever started says what to do', async () => {
  const { code, stderr } = await run('kernel', 'key', 'list')
  expect([code, stderr]).toEqual([3, expect.stringContaining('start one with `npm start`')])
})

test('wrong configuration is told all at once', async () => {
  const wrong = { FLORIN_PORT: 'x', FLORIN_LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://u:geheim@h/d' }
  const { code, stderr } = await florin(['serve'], { ...env, ...wrong })
  expect(code).toBe(2)
  expect(stderr.trim().split('\n')).toHaveLength(3)
  expect(stderr).not.toContain('geheim')
  expect((await florin(['version'], { ...env, FLORIN_PROT: '1' })).stderr).toContain('FLORIN_PROT')
})

test('without a server a command opens the data folder itself, creating it', async () => {
  const first = await run(
    'kernel',
    'key',
    'create',
    '--name',
    'till',
    '--permissions',
    'ledger.*',
    '--key',
    'till-1',
  )
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).toMatch(/secret +florin_/)
  expect(await findRunning(join(folder, 'data'))).toBeUndefined()
})

test('the server starts on it, and the command line talks to the server', async () => {
  const server = await serve(env)
  expect(server.url).toBe(`http://127.0.0.1:${env.FLORIN_PORT}`)
  const { mode } = await stat(join(folder, 'data/admin.key'))
  expect(mode & 0o777).toBe(0o600)
  const again = await run(
    'kernel',
    'key',
    'create',
    '--json',
    '{"name":"till","permissions":["ledger.*"]}',
    '--key',
    'till-1',
  )
  expect([again.code, again.stderr]).toEqual([0, 'This key was used before: the answer is the first one.\n'])
  const listed = await run('kernel', 'key', 'list', '--output', 'json')
  const answer = await fetch(`${server.url}/v1/keys`, { headers: { authorization: `Bearer ${await key()}` } })
  expect(JSON.parse(listed.stdout)).toEqual(await answer.json())
  const paged = await run('kernel', 'key', 'list', '--limit', '1', '--all', '--output', 'json')
  expect(JSON.parse(paged.stdout).items.map((item: { name: string }) => item.name)).toEqual(['admin', 'till'])
  expect((await run('verify')).code).toBe(0)

  const refused = await run('kernel', 'key', 'revoke', '--name', 'nobody')
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/key_not_found: .*\n.*\nWhat to do: List the keys\./),
  ])
  const second = await florin(['serve'], env)
  expect([second.code, second.stderr]).toEqual([3, expect.stringContaining('already running')])

  server.child.kill('SIGINT')
  const end = await server.ended
  outputs.push(end.stdout, end.stderr)
  expect([end.code, end.stdout]).toEqual([0, expect.stringContaining('Stopped.')])
})

test.each([
  [['kernl', 'key', 'lst'], 'Did you mean "kernel key list"?'],
  [['kernel', 'key'], 'kernel key create'],
  [['kernel', 'key', 'revoke'], '--name is missing'],
  [['kernel', 'key', 'list', '--limit', 'many'], '--limit must be a whole number'],
  [['kernel', 'key', 'list', '--no-such-flag'], 'no flag --no-such-flag'],
  [['kernel', 'key', 'list', 'extra', '--limit', '1', 'extra'], 'no command'],
  [['kernel', 'key', 'create', '--json', '{"a":1,"a":2}'], 'twice'],
  [['serve', '--roles', 'api,chef'], 'no role "chef"'],
  [['serve', '--markets', 'ACME-*,acme'], '"acme" names no market'],
])('%j is wrong usage', async (args, message) => {
  const { code, stderr } = await run(...args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})

test('help tells of every operation, its flags, its refusals, and an example', async () => {
  expect((await run('help')).stdout).toContain('kernel key create')
  const { code, stdout } = await run('kernel', 'key', 'create', '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /--permissions .*\(required\)[\s\S]*key_exists: [\s\S]*npx florin kernel key create --name till/,
  )
})

test('journals come in with what they include, once, and go out again', async () => {
  await mkdir(join(folder, 'journal/parts'), { recursive: true })
  const main = join(folder, 'journal/main.beancount')
  const entry = (amount: string) => `2026-01-02 * "In"\n  Assets:Bank  ${amount} EUR\n  Equity:Opening\n`
  const opens = '2026-01-01 open Assets:Bank\n2026-01-01 open Equity:Opening\n'
  await writeFile(join(folder, 'journal/parts/a.beancount'), entry('5.00'))
  const asserted = (amount: string) =>
    writeFile(
      main,
      `include "parts/*.beancount"\n${opens}${entry('1.00')}2026-01-03 balance Assets:Bank ${amount} EUR\n`,
    )
  const server = await serve(env)
  await asserted('7.00')
  const wrong = await run('import', main, '--ledger', 'books')
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    expect.stringMatching(/main\.beancount:7: .*expected 7.00.*found 6.00/),
  ])
  await asserted('6.00')
  const first = await run('import', main, '--ledger', 'books', '--output', 'json')
  expect(JSON.parse(first.stdout)).toMatchObject({ files: 2, booked: 2 })
  expect((await run('import', main, '--ledger', 'books')).stdout).toContain('nothing changed')
  const balance = JSON.parse((await run('trial-balance', '--ledger', 'books', '--output', 'json')).stdout)
  expect(balance.totals).toEqual([{ asset: 'EUR', debits: '6.00', credits: '6.00' }])
  const journal = await run('export', '--ledger', 'books', '--format', 'hledger')
  expect([journal.code, journal.stdout]).toEqual([0, expect.stringContaining('Assets:Bank  5.00 EUR')])
  server.child.kill('SIGTERM')
  await server.ended
})

test('a busy port is one clear sentence', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(Number(env.FLORIN_PORT), '127.0.0.1', resolve))
  const { code, stderr } = await florin(['serve'], env)
  other.close()
  expect([code, stderr]).toEqual([3, expect.stringMatching(/^Port \d+ on 127.0.0.1 is in use.*\n$/)])
})

test('no server where FLORIN_URL says', async () => {
  const { code, stderr } = await florin(['kernel', 'key', 'list'], {
    ...env,
    FLORIN_URL: 'http://127.0.0.1:9',
  })
  expect([code, stderr]).toEqual([3, expect.stringContaining('No Florin answers at http://127.0.0.1:9')])
})

test('kill -9 of the server and of PostgreSQL loses nothing, and the next start recovers by itself', async () => {
  const first = await serve(env)
  const headers = { authorization: `Bearer ${await key()}`, 'content-type': 'application/json' }
  const create = async (url: string, name: string): Promise<Response> =>
    fetch(`${url}/v1/keys`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': name },
      body: JSON.stringify({ name, permissions: ['ledger.*'] }),
    })
  expect((await create(first.url, 'before')).status).toBe(200)
  await killPostgres()
  // PostgreSQL is brought back under the running server, and the call waits for it.
  expect((await create(first.url, 'meanwhile')).status).toBe(200)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await serve(env)
  for (const name of ['before', 'meanwhile']) {
    expect((await create(second.url, name)).headers.get('idempotency-replayed')).toBe('true')
  }
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
})

async function killPostgres(): Promise<void> {
  const running = await findRunning(join(folder, 'data'))
  const pid = Number(
    (await readFile(join(folder, 'data/postgres/data/postmaster.pid'), 'utf8')).split('\n')[0],
  )
  expect(running?.adminUrl).toBeDefined()
  process.kill(pid, 'SIGKILL')
}

test('who loses the admin key gets another one', async () => {
  const before = await key()
  await rm(join(folder, 'data/admin.key'))
  const server = await serve(env)
  expect((await run('kernel', 'key', 'list')).code).toBe(2)
  expect((await run('admin-key')).stdout).toContain('"admin-2"')
  expect(await key()).not.toBe(before)
  expect((await run('kernel', 'key', 'list')).code).toBe(0)
  server.child.kill('SIGTERM')
  const { stdout } = await server.ended
  expect(stdout).toContain('`npx florin admin-key`')
  for (const secret of [before, await key()])
    for (const output of [...outputs, stdout]) expect(output).not.toContain(secret)
})
