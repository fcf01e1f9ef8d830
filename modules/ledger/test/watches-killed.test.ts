import { kernelModule, type RetryPolicy } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { startTestServer, type TestServer } from '@florin/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { templates } from './watches/drive.ts'

/** Patient enough for the server to come back. */
const retry: RetryPolicy = {
  conflicts: 10,
  connectionLosses: 60,
  firstPauseMs: 20,
  longestPauseMs: 200,
  patienceMs: 30_000,
}

const ledger = 'demo'
const calls = 600
let server: TestServer
let world: World
let other: World['engine']

beforeAll(async () => {
  server = await startTestServer({ durable: true })
  world = await createWorld({
    modules: [kernelModule, ledgerModule],
    createDatabase: (options) => server.createDatabase(options),
    engine: { retry, lanes: { queued: 20_000, batch: 20 } },
  })
  other = world.secondEngine().engine
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  const limit = { limit: 'l', prefix: 'out:a', asset: 'EUR', amount: '1.00', window_seconds: 60 }
  await world.done('ledger.limit.set', { ledger, ...limit }, { reason: 'test' })
  const monitor = { monitor: 'm', prefix: 'out:b', asset: 'EUR', when: 'total_below', amount: '0.00' }
  await world.done('ledger.monitor.set', { ledger, ...monitor })
  await world.done('ledger.safeguard.set', { ledger, safeguard: 's', hold: ['bank'], owe: ['out'] })
})
afterAll(async () => {
  await world.close()
  await server.stop()
})

/** A third takes out of what is limited; the rest goes to and fro across the monitor's line. */
function send(i: number) {
  const [debit, credit] = [
    ['out:a', 'bank:x'],
    ['out:b', 'bank:x'],
    ['bank:x', 'out:b'],
  ][i % 3] ?? ['', '']
  const amount = i % 3 === 0 ? '0.03' : `0.${10 + (i % 7)}`
  const options = { key: `load-${i}`, engine: i % 2 === 0 ? world.engine : other }
  return world.execute(
    'ledger.transaction.post',
    { ledger, postings: [{ debit, credit, amount, asset: 'EUR' }] },
    options,
  )
}

async function told(type: string): Promise<string[]> {
  const rows = await world.adminDatabase.query<{ edge: string }>(
    `SELECT split_part(type, '.', 3) AS edge FROM kernel.outbox WHERE starts_with(type, $1) ORDER BY xid, seq`,
    [type],
  )
  return rows.map((row) => row.edge)
}

test('PostgreSQL killed under load neither loosens a limit nor loses or doubles an edge', async () => {
  let answered = 0
  const answers = Array.from({ length: calls }, async (_, i) => {
    const answer = await send(i)
    answered++
    return answer.status
  })
  for (const share of [0.2, 0.6]) {
    while (answered < calls * share) await new Promise(setImmediate)
    process.kill(server.pid, 'SIGKILL')
  }
  const limited = (await Promise.all(answers)).filter((_, i) => i % 3 === 0)
  expect(limited.filter((status) => status === 'done')).toHaveLength(33)
  expect(await world.verify()).toEqual([])
  for (const [type, first, second] of [
    ['ledger.monitor.', 'triggered', 'cleared'],
    ['ledger.safeguard.', 'broken', 'restored'],
  ] as const) {
    const edges = await told(type)
    expect(edges).toEqual(edges.map((_, i) => (i % 2 === 0 ? first : second)))
    expect(edges.length).toBeGreaterThan(0)
  }
  const before = await told('ledger.')
  await Promise.all(Array.from({ length: calls }, (_, i) => send(i)))
  expect(await told('ledger.')).toEqual(before)
})
