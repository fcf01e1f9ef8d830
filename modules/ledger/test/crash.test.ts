import { kernelModule, type RetryPolicy } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { startTestServer, type TestServer } from '@florin/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'

const calls = 3_000
const accounts = 200

/** Patient enough for the server to come back. */
const retry: RetryPolicy = {
  conflicts: 10,
  connectionLosses: 60,
  firstPauseMs: 20,
  longestPauseMs: 200,
  patienceMs: 30_000,
}

let server: TestServer
let world: World

beforeAll(async () => {
  server = await startTestServer({ durable: true })
  world = await createWorld({
    modules: [kernelModule, ledgerModule],
    createDatabase: (options) => server.createDatabase(options),
    engine: { retry, lanes: { queued: 20_000, batch: 100 } },
  })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
})
afterAll(async () => {
  await world.close()
  await server.stop()
})

function send(i: number) {
  const credit = `customers:${i % accounts}:wallet`
  const postings = [
    { debit: 'bank:main', credit, amount: `0.${String(i % 90).padStart(2, '0')}`, asset: 'EUR' },
  ]
  return world.execute('ledger.transaction.post', { ledger: 'demo', postings }, { key: `load-${i}` })
}

test('PostgreSQL killed three times under load loses nothing acknowledged and doubles nothing', async () => {
  const acknowledged = new Map<number, string>()
  const load = Array.from({ length: calls }, async (_, i) => {
    const answer = await send(i)
    acknowledged.set(i, answer.id)
  })
  const killedAt: number[] = []
  for (const share of [0.1, 0.4, 0.7]) {
    while (acknowledged.size < calls * share) await new Promise(setImmediate)
    killedAt.push(acknowledged.size)
    process.kill(server.pid, 'SIGKILL')
  }
  await Promise.all(load)
  expect(killedAt.every((count) => count < calls)).toBe(true)
  expect(acknowledged.size).toBe(calls)

  const before = await state()
  const again = await Promise.all(Array.from({ length: calls }, (_, i) => send(i)))
  expect(again.every((answer) => answer.replayed)).toBe(true)
  expect(new Map(again.map((answer, i) => [i, answer.id]))).toEqual(
    new Map([...acknowledged].sort(([a], [b]) => a - b)),
  )
  expect(await state()).toEqual(before)
  expect(before.records).toBe(BigInt(calls))
  // Amounts of zero, one in ninety, are refused; everything else is booked once.
  expect(before.postings).toBe(BigInt(calls - Math.ceil(calls / 90)))
  expect(await world.verify()).toEqual([])
})

async function state() {
  const [row] = await world.adminDatabase.query<{
    records: bigint
    ids: bigint
    postings: bigint
    moved: bigint
  }>(
    `SELECT (SELECT count(*) FROM ledger.journal) AS records, (SELECT count(DISTINCT idempotency_key) FROM ledger.journal) AS ids,
       (SELECT count(*) FROM ledger.postings) AS postings, (SELECT sum(amount) FROM ledger.postings) AS moved`,
  )
  if (row === undefined) throw new Error('No row')
  return row
}
