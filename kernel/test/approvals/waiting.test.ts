import type { Answer } from '@florin/kernel'
import { outcomeOf } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { actorOf, type Office, openOffice } from './office.ts'

const inputs = {
  'tally.jar.create': { name: 'red' },
  'tally.drop.add': { jar: 'blue', amount: 3 },
  'tally.stone.add': { jar: 'blue', amount: 3 },
} as const
type Command = keyof typeof inputs
const commands = Object.keys(inputs) as Command[]

let office: Office
beforeEach(async () => {
  office = await openOffice()
})
afterEach(() => office.world.close())

const everything = { policy: 'everything', commands: ['tally.*'] }

test.each(commands)(
  '%s waits where a policy wants a second person, and a repeat is told so',
  async (name) => {
    const { world } = office
    await office.setPolicy(everything)
    const send = () => office.send(name, inputs[name], { key: 'k', reason: 'wanted' })
    const first = await send()
    expect(first).toMatchObject({
      status: 'pending',
      replayed: false,
      approval: {
        approval: first.id,
        command: name,
        needs: [{ policy: 'everything', version: 1, approvers: 1, approver_permission: 'tills.approve' }],
        expires_at: '2026-02-03T12:00:00.000Z',
      },
    })
    const state = await world.state()
    expect(await send()).toEqual({ ...first, replayed: true })
    expect(await send()).toEqual({ ...first, replayed: true })
    expect(await world.state()).toEqual(state)
    expect(JSON.stringify(state['tally.jars'])).not.toContain('red')
    expect(state['tally.drops']).toEqual([])
    expect(state['tally.stones']).toEqual([])
    expect(state['kernel.audit']?.filter((row) => row.includes('"pending"'))).toHaveLength(1)
    expect(await office.told(first.id)).toEqual(['requested'])
    const other = { jar: 'blue', amount: 4, name: 'green' }
    const changed = Object.fromEntries(Object.keys(inputs[name]).map((key) => [key, other[key as 'jar']]))
    expect(await outcomeOf(office.send(name, changed, { key: 'k' }))).toEqual({
      error: 'idempotency_key_reused',
    })
    expect(await world.verify()).toEqual([])
  },
)

test.each(commands)('%s stays pending when the policy is gone, and can still be approved', async (name) => {
  await office.setPolicy(everything)
  const first = await office.send(name, inputs[name], { key: 'k' })
  const removal = await office.world.execute(
    'kernel.approval-policy.remove',
    { policy: 'everything' },
    { actor: { id: 'system:test', kind: 'system', permissions: ['*'] }, reason: 'test' },
  )
  expect(removal.status).toBe('done')
  const { engine } = office.world.secondEngine()
  expect(await office.send(name, inputs[name], { key: 'k', engine })).toEqual({ ...first, replayed: true })
  expect(await office.send(name, { ...inputs[name] }, { key: 'another' })).toMatchObject({ status: 'done' })
  expect(await office.decide('approve', first.id, 'ann')).toBe(
    name === 'tally.jar.create' ? 'failed' : 'executed',
  )
  expect(await office.world.verify()).toEqual([])
})

test.each(commands)('%s of several processes at once becomes pending once', async (name) => {
  const { world } = office
  await office.setPolicy(everything)
  const engines = [world.engine, world.secondEngine().engine, world.secondEngine().engine]
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, i) => {
      const engine = engines[i % 3] ?? world.engine
      // A jar that is not there can't be locked, so nothing but the claim itself keeps the processes apart.
      const input = name === 'tally.jar.create' ? inputs[name] : { jar: 'missing', amount: 3 }
      return office.send(name, input, { key: 'k', engine })
    }),
  )
  expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1)
  expect(answers.every((answer) => answer.status === 'pending')).toBe(true)
  expect(await world.verify()).toEqual([])
})

test.each(['tally.drop.add', 'tally.stone.add'] as const)('in a batch of %s only some wait', async (name) => {
  await office.setPolicy({ ...everything, conditions: [{ path: '/amount', above: '3' }] })
  const send = (key: string, amount: number): Promise<Answer> =>
    office.send(name, { jar: 'blue', amount }, { key })
  const answers = await Promise.all([send('a', 3), send('b', 4), send('c', 3)])
  expect(answers).toMatchObject([
    { status: 'done', output: { total: '3' } },
    { status: 'pending' },
    { status: 'done', output: { total: '6' } },
  ])
  expect(await office.decide('approve', answers[1]?.id ?? '', 'ann')).toBe('executed')
  expect(await office.show(answers[1]?.id ?? '')).toMatchObject({ output: { jar: 'blue', total: '10' } })
  expect(await office.world.verify()).toEqual([])
})

test('of several policies all apply, and the shortest wait counts', async () => {
  await office.setPolicy({ ...everything, expires_after_s: 7_200 })
  const vault = { policy: 'vault', approver_permission: 'vault.approve', commands: ['tally.jar.create'] }
  await office.setPolicy({ ...vault, approvers: 2, expires_after_s: 3_600 })
  await office.setPolicy({ ...everything, policy: 'others', commands: ['kernel.key.create'] })
  const answer = await office.send('tally.jar.create', { name: 'red' })
  expect(answer).toMatchObject({
    status: 'pending',
    approval: {
      needs: [
        { policy: 'everything', approvers: 1 },
        { policy: 'vault', approvers: 2 },
      ],
      expires_at: '2026-01-31T13:00:00.000Z',
    },
  })
})

test('a policy counts in every process from its commit on', async () => {
  const { engine } = office.world.secondEngine()
  expect(await office.send('tally.drop.add', { jar: 'blue', amount: 1 }, { engine })).toMatchObject({
    status: 'done',
  })
  await office.setPolicy(everything)
  expect(await office.send('tally.drop.add', { jar: 'blue', amount: 1 }, { engine })).toMatchObject({
    status: 'pending',
  })
})

test('Florin’s own work never waits', async () => {
  await office.setPolicy(everything)
  const actor = { id: 'system:worker', kind: 'system', permissions: ['*'] } as const
  expect(await office.world.execute('tally.jar.create', { name: 'red' }, { actor })).toMatchObject({
    status: 'done',
  })
})

test('what is for emergencies waits only where it is named', async () => {
  const revoke = (name: string) => office.world.execute('kernel.key.revoke', { name })
  await office.setPolicy({ ...everything, commands: ['kernel.key.*'] })
  expect(await revoke('dora')).toMatchObject({ status: 'done' })
  await office.setPolicy({ policy: 'revocations', commands: ['kernel.key.revoke'] })
  const pending = await revoke('clerk')
  expect(pending).toMatchObject({ status: 'pending', approval: { needs: [{ policy: 'revocations' }] } })
})

test('what decides never waits', async () => {
  await office.setPolicy({ ...everything, commands: ['*'] })
  const id = await office.request('tally.jar.create', { name: 'red' })
  expect(await office.decide('approve', id, 'ann')).toBe('executed')
  const own = { ...everything, policy: 'circle', commands: ['kernel.approval.approve'] }
  const answer = await office.setPolicy(own, {
    actor: { id: 'system:x', kind: 'system', permissions: ['*'] },
  })
  expect(answer).toMatchObject({ status: 'refused', refusal: { code: 'approval_policy_invalid' } })
})

test('a policy governs its own change and removal', async () => {
  await office.setPolicy(everything)
  const weaker = { ...everything, commands: ['tally.jar.create'] }
  const change = await office.setPolicy(weaker, { actor: { ...actorOf('cara'), permissions: ['*'] } })
  expect(change).toMatchObject({ status: 'pending', approval: { needs: [{ policy: 'everything' }] } })
  const removal = await office.world.execute(
    'kernel.approval-policy.remove',
    { policy: 'everything' },
    { reason: 'test' },
  )
  expect(removal).toMatchObject({ status: 'pending', approval: { needs: [{ policy: 'everything' }] } })
  expect(await office.decide('approve', removal.id, 'dora')).toBe('approver_not_entitled')
  // Another policy is not governed by it.
  expect(await office.setPolicy({ ...weaker, policy: 'other' })).toMatchObject({ status: 'done' })
})
