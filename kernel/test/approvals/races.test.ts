import { outcomeOf } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expireApprovals } from '../../src/approvals/worker.ts'
import { type Name, type Office, openOffice } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await openOffice()
  await office.setPolicy({ policy: 'stones', commands: ['tally.*'] })
})
afterEach(() => office.world.close())

const engines = () => [
  office.world.engine,
  office.world.secondEngine().engine,
  office.world.secondEngine().engine,
]

async function stones(): Promise<number> {
  return ((await office.world.state())['tally.stones'] ?? []).length
}

test.each(['tally.stone.add', 'tally.drop.add'])(
  '%s that two approve at once is run once',
  async (command) => {
    const [one, two, three] = engines()
    for (let round = 0; round < 10; round++) {
      const id = await office.request(command, { jar: 'blue', amount: 1 })
      const said = await Promise.all([
        office.decide('approve', id, 'ann', one),
        office.decide('approve', id, 'ben', two),
        office.decide('approve', id, 'ben', three),
      ])
      expect(said.toSorted()).toEqual(['approval_closed', 'approval_closed', 'executed'])
      expect(await office.show(id)).toMatchObject({ output: { total: String(round + 1) } })
    }
    expect(await office.world.verify()).toEqual([])
  },
)

test('two approvals at once, of two that are needed, run it once', async () => {
  const actor = { id: 'system:x', kind: 'system', permissions: ['*'] } as const
  await office.setPolicy({ policy: 'stones', commands: ['tally.*'], approvers: 2 }, { actor })
  const [one, two] = engines()
  for (let round = 0; round < 10; round++) {
    const id = await office.request('tally.stone.add', { jar: 'blue', amount: 1 })
    const said = await Promise.all([
      office.decide('approve', id, 'ann', one),
      office.decide('approve', id, 'ben', two),
    ])
    expect(said.toSorted()).toEqual(['executed', 'pending'])
  }
  expect(await stones()).toBe(10)
  expect(await office.world.verify()).toEqual([])
})

test('of approving, rejecting, withdrawing and expiring one wins', async () => {
  const [one, two, three] = engines()
  const decisions: (readonly ['approve' | 'reject' | 'withdraw' | 'expire', Name])[] = [
    ['approve', 'ann'],
    ['reject', 'ben'],
    ['withdraw', 'clerk'],
    ['expire', 'dora'],
  ]
  const won = new Set<unknown>()
  let executed = 0
  for (let round = 0; round < 12; round++) {
    const id = await office.request('tally.stone.add', { jar: 'blue', amount: 1 })
    if (round % 4 === 3) office.world.clock.advance(3 * 86_400_000)
    const order = [...decisions.slice(round % 4), ...decisions.slice(0, round % 4)]
    const said = await Promise.all(
      order.map(([decision, by], i) => office.decide(decision, id, by, [one, two, three][i % 3])),
    )
    const status = await office.status(id)
    won.add(status)
    if (status === 'executed') executed++
    expect(said.filter((each) => each === status)).toHaveLength(1)
    expect((await office.told(id)).filter((type) => !['requested', 'approved'].includes(type))).toEqual([
      status,
    ])
  }
  expect(await stones()).toBe(executed)
  expect([...won]).toEqual(expect.arrayContaining(['expired']))
  expect(won.size).toBeGreaterThan(1)
  expect(await office.world.verify()).toEqual([])
})

test('a policy that is set while calls come in counts for all that begin after it', async () => {
  await office.world.execute(
    'kernel.approval-policy.remove',
    { policy: 'stones' },
    { actor: { id: 'system:x', kind: 'system', permissions: ['*'] }, reason: 'test' },
  )
  const [one, two] = engines()
  let isSet = false
  const setting = office.setPolicy({ policy: 'again', commands: ['tally.*'] }).then(() => {
    isSet = true
  })
  for (let i = 0; i < 20 || !isSet; i++) {
    const wasSet = isSet
    const engine = i % 2 === 0 ? one : two
    if (engine === undefined) throw new Error('no engine')
    const answer = await office.send('tally.drop.add', { jar: 'blue', amount: 1 }, { engine, key: `k${i}` })
    if (wasSet) expect(answer.status).toBe('pending')
  }
  await setting
})

test('the same call, sent while it is approved, is told that it waits', async () => {
  const [one, two] = engines()
  const send = () =>
    office.send(
      'tally.stone.add',
      { jar: 'blue', amount: 1 },
      { key: 'k', ...(two === undefined ? {} : { engine: two }) },
    )
  const id = await office.request('tally.stone.add', { jar: 'blue', amount: 1 }, { key: 'k' })
  const [said, ...answers] = await Promise.all([
    office.decide('approve', id, 'ann', one),
    outcomeOf(send()),
    outcomeOf(send()),
  ])
  expect(said).toBe('executed')
  expect(answers).toMatchObject([
    { status: 'pending', replayed: true },
    { status: 'pending', replayed: true },
  ])
  expect(await stones()).toBe(1)
})

test('the worker records what has expired, once, also in two processes', async () => {
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.push(await office.request('tally.stone.add', { jar: 'blue', amount: 1 }))
  const { world } = office
  const run = (engine = world.engine) =>
    expireApprovals.run({
      view: { db: world.database, clock: world.clock, context: world.context() },
      context: (idempotencyKey) =>
        world.context({ idempotencyKey, actor: { id: 'system:worker', kind: 'system', permissions: ['*'] } }),
      execute: (command, input, context) => engine.execute(command, input, context),
    })
  expect(await run()).toBe(0)
  world.clock.advance(3 * 86_400_000)
  const found = await Promise.all([run(), run(world.secondEngine().engine)])
  expect(Math.max(...found)).toBe(3)
  expect(await run()).toBe(0)
  for (const id of ids) expect(await office.told(id)).toEqual(['requested', 'expired'])
  expect(await world.verify()).toEqual([])
})
