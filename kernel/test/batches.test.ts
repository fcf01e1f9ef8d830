import { type Answer, InvalidInput, kernelModule, Refusal, type RequestError } from '@florin/kernel'
import { createWorld, outcomeOf, type World } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addDrop, createJar, modules, tallyModule } from './tally/index.ts'

let world: World
beforeEach(async () => {
  world = await createWorld({ modules })
  for (const name of ['blue', 'red']) await world.done('tally.jar.create', { name })
})
afterEach(() => world.close())

const kinds = ['tally.drop.add', 'tally.stone.add'] as const

test.each(kinds)('%s: one key in two lanes and two processes is one call', async (name) => {
  const { engine } = world.secondEngine()
  for (let round = 0; round < 5; round++) {
    const send = (jar: string, i: number) =>
      outcomeOf(
        world.execute(
          name,
          { jar, amount: 1 },
          { key: `k${round}`, engine: i % 2 === 0 ? engine : world.engine },
        ),
      )
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, i) => send(i < 4 ? 'blue' : 'red', i)))
    const first = outcomes.filter((outcome) => 'replayed' in outcome && !outcome.replayed)
    expect(first).toHaveLength(1)
    expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual(
      Array(4).fill({ error: 'idempotency_key_reused' }),
    )
  }
  expect(await world.verify()).toEqual([])
  const totals = await world.adminDatabase.query<{ sum: bigint }>('SELECT sum(total) FROM tally.jars')
  expect(totals).toEqual([{ sum: 5n }])
})

test.each(kinds)('%s: two processes on one jar fill it to the brim and no further', async (name) => {
  const { engine } = world.secondEngine()
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      world.execute(name, { jar: 'blue', amount: 1 }, i % 2 === 0 ? { engine } : {}),
    ),
  )
  const totals = answers.flatMap((a) => (a.status === 'done' ? [totalOf(a)] : []))
  expect(totals.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  expect(await world.verify()).toEqual([])
})

function totalOf(answer: Answer): number {
  const output = answer.status === 'done' ? answer.output : undefined
  return typeof output === 'object' && output !== null && 'total' in output
    ? Number(output.total)
    : Number.NaN
}

test('a request error of one call does not become that of the others', async () => {
  const runMany: typeof addDrop.runMany = async (unit, calls) => {
    if (calls.some((call) => call.input.amount === 13)) {
      const error: RequestError = new InvalidInput([{ path: '/amount', message: 'brings bad luck' }])
      throw error
    }
    return addDrop.runMany(unit, calls)
  }
  const commands = [createJar, { ...addDrop, runMany }]
  const odd = await createWorld({ modules: [kernelModule, { ...tallyModule, commands }] })
  try {
    await odd.done('tally.jar.create', { name: 'blue' })
    const add = (amount: number) => outcomeOf(odd.execute('tally.drop.add', { jar: 'blue', amount }))
    expect(await Promise.all([add(1), add(13), add(2)])).toMatchObject([
      { output: { total: '1' } },
      { error: 'invalid_input' },
      { output: { total: '3' } },
    ])
  } finally {
    await odd.close()
  }
})

test.each([
  ['threw a refusal', async () => Promise.reject(new Refusal('jar_full', 'full'))],
  ['gave 0 outcomes to 1 calls', async () => []],
] as const)('a set-based command that %s is at fault, and nothing is stored', async (message, runMany) => {
  const commands = [createJar, { ...addDrop, runMany }]
  const odd = await createWorld({ modules: [kernelModule, { ...tallyModule, commands }] })
  try {
    const before = await odd.state()
    await expect(odd.execute('tally.drop.add', { jar: 'blue', amount: 1 })).rejects.toThrow(message)
    expect(await odd.state()).toEqual(before)
  } finally {
    await odd.close()
  }
})

test('a full gate turns calls away with nothing done, and recovers', async () => {
  const { engine, database } = world.secondEngine({ concurrency: { running: 1, waiting: 1 } })
  const names = ['a', 'b', 'c', 'd']
  const outcomes = await Promise.all(
    names.map((name) => outcomeOf(world.execute('tally.jar.create', { name }, { key: name, engine }))),
  )
  expect(outcomes).toMatchObject([
    { status: 'done' },
    { status: 'done' },
    { error: 'overloaded' },
    { error: 'overloaded' },
  ])
  const rows = await database.query('SELECT key FROM kernel.requests WHERE length(key) = 1 ORDER BY key')
  expect(rows).toEqual([{ key: 'a' }, { key: 'b' }])
  expect(await world.execute('tally.jar.create', { name: 'c' }, { key: 'c', engine })).toMatchObject({
    status: 'done',
    replayed: false,
  })
})

test('readers leave connections to those who write', async () => {
  const { engine, database } = world.secondEngine()
  let most = 0
  database.interceptor = () => {
    most = Math.max(most, database.stats.total - database.stats.idle)
  }
  await Promise.all(Array.from({ length: 60 }, () => world.ask('kernel.audit.list', {}, { engine })))
  expect(most).toBe(4)
})

test('losers of a deadlock are run again', async () => {
  const order = ['blue', 'red']
  const runMany: typeof addDrop.runMany = async (unit, calls) => {
    const [call] = calls
    const mine = call?.input.jar === 'blue' ? order : order.toReversed()
    for (const jar of mine) await unit.db.query('SELECT FROM tally.jars WHERE name = $1 FOR UPDATE', [jar])
    return addDrop.runMany(unit, calls)
  }
  const clumsy = { ...addDrop, runMany }
  const commands = [createJar, clumsy]
  const crossed = await createWorld({ modules: [kernelModule, { ...tallyModule, commands }] })
  try {
    for (const name of order) await crossed.done('tally.jar.create', { name })
    const add = (jar = '') => crossed.execute('tally.drop.add', { jar, amount: 1 })
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => add(order[i % 2])))
    expect(answers.every((answer) => answer.status === 'done')).toBe(true)
    expect(await crossed.verify()).toEqual([])
  } finally {
    await crossed.close()
  }
})
