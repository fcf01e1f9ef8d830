import { type Answer, defaultRetryPolicy, RequestError } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { startTestServer, type TestServer } from '@florin/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modules } from './tally/index.ts'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startTestServer({ durable: true })
  world = await createWorld({
    modules,
    engine: { retry: defaultRetryPolicy },
    createDatabase: (options) => server.createDatabase(options),
  })
})
afterAll(async () => {
  await world.close()
  await server.stop()
})

interface Sent {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly key: string
}

const letter = (n: number): string => String.fromCharCode(97 + (n % 26))

function callNumber(n: number): Sent {
  const key = `k${n}`
  if (n % 3 === 0)
    return { name: 'tally.jar.create', input: { name: `new${letter(n)}${letter(n / 26)}` }, key }
  const name = n % 3 === 1 ? 'tally.drop.add' : 'tally.stone.add'
  return { name, input: { jar: `jar${letter(n % 5)}`, amount: 1 }, key }
}

/** Sends until there is an outcome, as a client should; every other error than "come back later" is a failure. */
async function insist({ name, input, key }: Sent): Promise<Answer> {
  for (;;) {
    try {
      return await world.execute(name, input, { key })
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== 'database_unavailable') throw error
    }
  }
}

/** A process of the server that serves one connection: without it the server ends all others and recovers. */
async function aBackend(): Promise<number> {
  const [row] = await world.adminDatabase.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  if (row === undefined) throw new Error('The server has no backend')
  return row.pid
}

test('the server is killed under load: no outcome is lost, nothing happens twice', async () => {
  for (let n = 0; n < 5; n++) await world.done('tally.jar.create', { name: `jar${letter(n)}` })
  const total = 3_000
  const kills = [600, 1_400, 2_200]
  const answers = new Map<string, Answer>()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let n = next++; n < total; n = next++) {
      const sent = callNumber(n)
      answers.set(sent.key, await insist(sent))
      if (answers.size === kills[0]) {
        kills.shift()
        process.kill(kills.length === 1 ? await aBackend() : server.pid, 'SIGKILL')
      }
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  expect(kills).toEqual([])
  await answersAgain()
  expect(answers.size).toBe(total)
  expect(await world.verify()).toEqual([])
  const state = await world.digest()
  for (let n = 0; n < total; n += 500) {
    const batch = Array.from({ length: 500 }, (_, i) => callNumber(n + i))
    const again = await Promise.all(batch.map(insist))
    expect(again.map(comparable)).toEqual(batch.map(({ key }) => comparable(answers.get(key))))
    expect(again.every((answer) => answer.replayed)).toBe(true)
  }
  expect(await world.digest()).toBe(state)
  const done = [...answers.values()].filter((answer) => answer.status === 'done')
  const rows = await world.adminDatabase.query<{ n: bigint }>(
    `SELECT (SELECT count(*) FROM tally.drops) + (SELECT count(*) FROM tally.stones WHERE total IS NOT NULL)
          + (SELECT count(*) - 5 FROM tally.jars) AS n`,
  )
  expect(rows).toEqual([{ n: BigInt(done.length) }])
})

/** The pool of the administrator may hold connections that the kills have ended. */
async function answersAgain(): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const alive = await world.adminDatabase.query('SELECT 1').then(
      () => true,
      () => false,
    )
    if (alive) return
  }
}

function comparable(answer: Answer | undefined): unknown {
  if (answer?.status === 'done') return answer.output
  return answer?.status === 'refused' ? answer.refusal.code : answer
}
