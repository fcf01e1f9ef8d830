import type { Answer, ApprovalGate } from '@florin/kernel'
import { createWorld, outcomeOf, type World } from '@florin/kernel/testing'
import { afterEach, expect, test } from 'vitest'
import { modules } from './tally/index.ts'

const inputs = {
  'tally.jar.create': { name: 'red' },
  'tally.drop.add': { jar: 'blue', amount: 3 },
  'tally.stone.add': { jar: 'blue', amount: 3 },
} as const
type Name = keyof typeof inputs
const names = Object.keys(inputs) as Name[]

/** Holds back what the clerk asks for. */
const forClerk: ApprovalGate = {
  watches: () => true,
  async review(unit, command, call) {
    if (call.context.actor.id !== 'clerk') return undefined
    unit.emit({ type: 'approval.asked', subject: call.id, data: {} }, call.context)
    return { policy: 'four eyes', command: command.name }
  },
}

const clerk = { id: 'clerk', kind: 'key', permissions: ['*'] } as const
const pending = (name: Name) => ({ status: 'pending', approval: { policy: 'four eyes', command: name } })

let world: World
afterEach(() => world.close())

async function open(): Promise<void> {
  world = await createWorld({ modules, engine: { approvals: forClerk } })
  await world.done('tally.jar.create', { name: 'blue' })
}

test.each(names)('%s waits where a policy wants a second person, and a repeat is told so', async (name) => {
  await open()
  const send = () => world.execute(name, inputs[name], { key: 'k', actor: clerk })
  expect(await send()).toMatchObject({ ...pending(name), replayed: false })
  const state = await world.state()
  expect(await send()).toMatchObject({ ...pending(name), replayed: true })
  expect(await world.state()).toEqual(state)
  expect(JSON.stringify(state['tally.jars'])).not.toContain('red')
  expect(state['tally.drops']).toEqual([])
  expect(state['tally.stones']).toEqual([])
  expect(state['kernel.audit']?.filter((row) => row.includes('"pending"'))).toHaveLength(1)
  expect(state['kernel.outbox']?.filter((row) => row.includes('approval.asked'))).toHaveLength(1)
  const other = { jar: 'blue', amount: 4, name: 'green' }
  const changed = Object.fromEntries(Object.keys(inputs[name]).map((key) => [key, other[key as 'jar']]))
  const reused = outcomeOf(world.execute(name, changed, { key: 'k', actor: clerk }))
  expect(await reused).toEqual({ error: 'idempotency_key_reused' })
  expect(await world.verify()).toEqual([])
})

test.each(names)('%s stays pending when the policy is gone', async (name) => {
  await open()
  await world.execute(name, inputs[name], { key: 'k', actor: clerk })
  const approvals: ApprovalGate = { watches: () => false, review: async () => undefined }
  const { engine } = world.secondEngine({ approvals })
  expect(await world.execute(name, inputs[name], { key: 'k', actor: clerk, engine })).toMatchObject({
    ...pending(name),
    replayed: true,
  })
})

test.each(names)('%s of several processes at once becomes pending once', async (name) => {
  await open()
  const engines = [world.engine, world.secondEngine().engine, world.secondEngine().engine]
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, i) => {
      const engine = engines[i % 3] ?? world.engine
      // A jar that is not there can't be locked, so nothing but the claim itself keeps the processes apart.
      const input = name === 'tally.jar.create' ? inputs[name] : { jar: 'missing', amount: 3 }
      return world.execute(name, input, { key: 'k', actor: clerk, engine })
    }),
  )
  expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1)
  expect(answers.every((answer) => answer.status === 'pending')).toBe(true)
  expect(await world.verify()).toEqual([])
})

test.each(['tally.drop.add', 'tally.stone.add'] as const)('in a batch of %s only some wait', async (name) => {
  await open()
  const send = (key: string, actor: typeof clerk | undefined): Promise<Answer> =>
    world.execute(name, inputs[name], actor === undefined ? { key } : { key, actor })
  const answers = await Promise.all([send('a', undefined), send('b', clerk), send('c', undefined)])
  expect(answers).toMatchObject([
    { status: 'done', output: { total: '3' } },
    pending(name),
    { status: 'done', output: { total: '6' } },
  ])
  expect(await world.verify()).toEqual([])
})
