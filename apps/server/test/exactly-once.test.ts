import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRunning } from '@florin/postgres'
import { afterAll, expect, test } from 'vitest'
import { type Env, endAll, florin, freePort, type Served, serve } from './program.ts'

const postings = 10_000
const connections = 64

const folder = await mkdtemp(join(tmpdir(), 'florin-exactly-once-'))
// As root PostgreSQL runs as another user, who must be able to pass.
await chmod(folder, 0o755)
const env: Env = { FLORIN_DATA: join(folder, 'data'), FLORIN_PORT: String(await freePort()) }

afterAll(async () => {
  await endAll()
  await rm(folder, { recursive: true, force: true })
})

/** Sends posting `n` with its own key; says how it was answered, or undefined if it was not. */
type Send = (n: number) => Promise<'booked' | 'replayed' | undefined>

async function sender(server: Served): Promise<Send> {
  const secret = (await readFile(join(folder, 'data/admin.key'), 'utf8')).trim()
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  return async (n) => {
    const body = JSON.stringify({
      postings: [{ debit: 'bank:main', credit: `customers:${n % 97}:wallet`, amount: '1.00', asset: 'EUR' }],
    })
    const url = `${server.url}/v1/ledgers/load/transactions`
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': `n-${n}` },
      body,
    }).catch(() => undefined)
    if (answer?.status !== 200) return undefined
    await answer.text()
    return answer.headers.get('idempotency-replayed') === 'true' ? 'replayed' : 'booked'
  }
}

/** Sends every posting over so many connections, and tells of each answer. */
async function sendAll(send: Send, onAnswer: (n: number, how: 'booked' | 'replayed') => void): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let n = next++; n < postings; n = next++) {
      const how = await send(n)
      if (how !== undefined) onAnswer(n, how)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
}

async function killEverything(server: Served): Promise<void> {
  const postmaster = await readFile(join(folder, 'data/postgres/data/postmaster.pid'), 'utf8')
  server.child.kill('SIGKILL')
  process.kill(Number(postmaster.split('\n')[0]), 'SIGKILL')
  await server.ended
}

test('kill -9 of everything in the middle of 10,000 keyed postings: resent, each is booked exactly once', async () => {
  const first = await serve(env)
  const templates = [
    { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
    {
      address: 'customers:{customer}:wallet',
      type: 'liability',
      overdraft: 'forbidden',
      open_on_first_use: true,
    },
  ]
  expect((await florin(['ledger', 'open', '--ledger', 'load'], env)).code).toBe(0)
  const chart = ['ledger', 'chart', 'set', '--ledger', 'load', '--templates', JSON.stringify(templates)]
  expect((await florin(chart, env)).code).toBe(0)

  const acknowledged = new Set<number>()
  let killed: Promise<void> | undefined
  await sendAll(await sender(first), (n) => {
    acknowledged.add(n)
    if (acknowledged.size === 3_000) killed = killEverything(first)
  })
  await killed
  expect(acknowledged.size).toBeGreaterThan(0)
  expect(acknowledged.size).toBeLessThan(postings)

  expect(await findRunning(join(folder, 'data'))).toBeUndefined()
  const second = await serve(env)
  const answers = new Map<number, 'booked' | 'replayed'>()
  await sendAll(await sender(second), (n, how) => answers.set(n, how))
  expect(answers.size).toBe(postings)
  // What was acknowledged before the crash was there already: it is replayed, not booked again.
  expect([...acknowledged].filter((n) => answers.get(n) !== 'replayed')).toEqual([])

  const balance = await florin(
    ['ledger', 'balance', 'get', '--ledger', 'load', '--address', 'bank:main', '--output', 'json'],
    env,
  )
  expect(JSON.parse(balance.stdout)).toMatchObject({ balances: [{ total: '10000.00' }], seq: '10000' })
  expect((await florin(['verify'], env)).code).toBe(0)
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
})
