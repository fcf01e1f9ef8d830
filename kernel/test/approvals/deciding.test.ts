import { defineCommand, Metrics, Registry } from '@florin/kernel'
import { Type } from 'typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createJar, modules, tallyModule } from '../tally/index.ts'
import { actorOf, memberOf, type Office, openOffice } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await openOffice()
  await office.setPolicy({ policy: 'jars', commands: ['tally.*'], approvers: 2 })
})
afterEach(() => office.world.close())

const red = { name: 'red' }
const ask = (options = {}) =>
  office.request('tally.jar.create', red, { reason: 'for the kitchen', ...options })
const jars = async () => (await office.world.state())['tally.jars'] ?? []

test('the last approval needed runs the command, as its requester', async () => {
  const id = await ask({ key: 'k' })
  expect(await office.decide('approve', id, 'ann')).toBe('pending')
  expect(await jars()).toHaveLength(1)
  expect(await office.show(id)).toMatchObject({
    status: 'pending',
    needs: [{ policy: 'jars', approvers: 2, approved_by: ['ann'] }],
    output: null,
  })
  office.world.clock.advance(1_000)
  expect(await office.decide('approve', id, 'ben')).toBe('executed')
  expect(await jars()).toHaveLength(2)
  expect(await office.show(id)).toMatchObject({
    approval: id,
    status: 'executed',
    requested_by: 'clerk',
    reason: 'for the kitchen',
    input: red,
    approvals: [
      { by: 'ann', at: '2026-01-31T12:00:00.000Z', reason: 'because of ann', policies: ['jars'] },
      { by: 'ben', at: '2026-01-31T12:00:01.000Z', reason: 'because of ben', policies: ['jars'] },
    ],
    ended_by: 'ben',
    ended_at: '2026-01-31T12:00:01.000Z',
    output: red,
    failure: null,
  })
  expect(await office.told(id)).toEqual(['requested', 'approved', 'approved', 'executed'])
  expect(await office.send('tally.jar.create', red, { key: 'k' })).toMatchObject({
    status: 'pending',
    replayed: true,
  })
  expect(await office.world.verify()).toEqual([])
})

test('the audit trail names who asked, who approved, and why', async () => {
  const id = await ask()
  await office.decide('approve', id, 'ann')
  await office.decide('approve', id, 'ben')
  const audit = await office.world.ask('kernel.audit.list', { action: 'tally.jar.create', actor: 'clerk' })
  expect(memberOf(audit, 'items')).toMatchObject([
    { outcome: 'pending', call_id: id, approval: null, changes: null },
    {
      outcome: 'done',
      call_id: id,
      actor: 'clerk',
      reason: 'for the kitchen',
      input: red,
      changes: [{ subject: 'red' }],
      approval: {
        approval: id,
        approvers: [
          { by: 'ann', reason: 'because of ann' },
          { by: 'ben', reason: 'because of ben' },
        ],
      },
    },
  ])
  const events = await office.world.ask('kernel.event.list', { type: 'tally.jar.created' })
  expect(memberOf(events, 'items')).toMatchObject([{ actor: 'admin' }, { actor: 'clerk', subject: 'red' }])
})

test('a refusal of the command is what became of the request', async () => {
  const id = await office.request('tally.jar.create', { name: 'blue' })
  await office.decide('approve', id, 'ann')
  expect(await office.decide('approve', id, 'ben')).toBe('failed')
  expect(await office.show(id)).toMatchObject({
    status: 'failed',
    output: null,
    failure: { code: 'jar_exists', message: '"blue" exists', details: { name: 'blue' } },
  })
  expect(await office.told(id)).toEqual(['requested', 'approved', 'approved', 'failed'])
  expect(await jars()).toHaveLength(1)
  expect(await office.decide('approve', id, 'dora')).toBe('approval_closed')
  expect(await office.world.verify()).toEqual([])
})

test.each(['tally.drop.add', 'tally.stone.add'])('%s that is refused fails, too', async (command) => {
  const id = await office.request(command, { jar: 'blue', amount: 90 })
  await office.decide('approve', id, 'ann')
  expect(await office.decide('approve', id, 'ben')).toBe('failed')
  expect(await office.show(id)).toMatchObject({ failure: { code: 'jar_full' } })
  expect(await office.world.verify()).toEqual([])
})

test('who may not decide is told why', async () => {
  const id = await ask()
  expect(await office.decide('approve', '00000000-0000-4000-8000-000000000000', 'ann')).toBe(
    'approval_not_found',
  )
  expect(await office.decide('approve', id, 'clerk')).toBe('forbidden')
  expect(await office.decide('approve', id, 'dora')).toBe('approver_not_entitled')
  expect(await office.decide('reject', id, 'dora')).toBe('approver_not_entitled')
  expect(await office.decide('withdraw', id, 'ann')).toBe('approval_not_own')
  expect(await office.decide('expire', id, 'ann')).toBe('approval_not_due')
  expect(await office.decide('approve', id, 'ann')).toBe('pending')
  expect(await office.decide('approve', id, 'ann')).toBe('approval_repeated')
  expect(await office.told(id)).toEqual(['requested', 'approved'])
})

test('nobody decides on what they sent, whatever they are permitted', async () => {
  await office.setPolicy({
    policy: 'vault',
    commands: ['kernel.key.create'],
    approver_permission: 'vault.approve',
  })
  const actor = { ...actorOf('cara'), permissions: ['*'] }
  const input = { name: 'eve', permissions: ['tally.*'] }
  const { id } = await office.world.execute('kernel.key.create', input, { actor })
  expect(await office.decide('approve', id, 'cara')).toBe('approval_own_request')
  expect(await office.decide('reject', id, 'cara')).toBe('approval_own_request')
  expect(await office.decide('withdraw', id, 'cara')).toBe('withdrawn')
})

test('where makers may not approve, who may send the command does not count', async () => {
  const policy = { policy: 'jars', commands: ['tally.*'], approver_permission: 'vault.approve' }
  const actor = { id: 'system:x', kind: 'system', permissions: ['*'] } as const
  expect(await office.setPolicy({ ...policy, makers_may_approve: false }, { actor })).toMatchObject({
    status: 'done',
  })
  const id = await ask()
  expect(await office.decide('approve', id, 'cara')).toBe('approver_not_entitled')
  expect(await office.decide('approve', id, 'ben')).toBe('executed')
})

test('one approval counts for every policy whose permission the approver holds', async () => {
  await office.setPolicy({ policy: 'vault', commands: ['tally.jar.*'], approver_permission: 'vault.approve' })
  const id = await ask()
  expect(await office.decide('approve', id, 'cara')).toBe('pending')
  office.world.clock.advance(1)
  expect(await office.decide('approve', id, 'ben')).toBe('pending')
  expect(await office.show(id)).toMatchObject({
    needs: [
      { policy: 'jars', approved_by: ['ben'] },
      { policy: 'vault', approved_by: ['cara', 'ben'] },
    ],
  })
  expect(await office.decide('approve', id, 'ann')).toBe('executed')
})

test('a rejected request is closed for good; a reason is needed', async () => {
  const id = await ask()
  await office.decide('approve', id, 'ann')
  const silent = await office.send('kernel.approval.reject', { approval: id }, { by: 'ann' })
  expect(silent).toMatchObject({ status: 'refused', refusal: { code: 'reason_required' } })
  expect(await office.decide('reject', id, 'ann')).toBe('rejected')
  expect(await office.decide('approve', id, 'ben')).toBe('approval_closed')
  expect(await office.decide('withdraw', id, 'clerk')).toBe('approval_closed')
  expect(await office.show(id)).toMatchObject({
    status: 'rejected',
    ended_by: 'ann',
    end_reason: 'because of ann',
  })
  expect(await jars()).toHaveLength(1)
})

test('a request expires at its very instant, whether or not that was recorded', async () => {
  const id = await ask()
  office.world.clock.set('2026-02-03T11:59:59.999Z')
  expect(await office.decide('approve', id, 'ann')).toBe('pending')
  expect(await office.decide('expire', id, 'ben')).toBe('approval_not_due')
  office.world.clock.advance(1)
  expect(await office.status(id)).toBe('expired')
  expect(await office.decide('approve', id, 'ben')).toBe('approval_expired')
  expect(await office.decide('reject', id, 'ben')).toBe('approval_expired')
  expect(await office.decide('withdraw', id, 'clerk')).toBe('approval_expired')
  expect(await office.told(id)).toEqual(['requested', 'approved'])
  expect(await office.decide('expire', id, 'ben')).toBe('expired')
  expect(await office.decide('approve', id, 'ben')).toBe('approval_closed')
  expect(await office.told(id)).toEqual(['requested', 'approved', 'expired'])
})

test('a request is checked again when it is run: the requester’s key and what it may do', async () => {
  const revoked = await ask()
  const weakened = await office.world.execute('tally.jar.create', red, {
    actor: { id: 'dora', kind: 'key', permissions: ['*'] },
  })
  await office.world.done('kernel.key.revoke', { name: 'clerk' })
  for (const id of [revoked, weakened.id]) await office.decide('approve', id, 'ann')
  expect(await office.decide('approve', revoked, 'ben')).toBe('failed')
  expect(await office.decide('approve', weakened.id, 'ben')).toBe('failed')
  expect(await office.show(revoked)).toMatchObject({ failure: { code: 'unauthenticated' } })
  expect(await office.show(weakened.id)).toMatchObject({
    failure: { code: 'forbidden', details: { permission: 'tally.jar.create' } },
  })
  expect(await jars()).toHaveLength(1)
  const audit = await office.world.ask('kernel.audit.list', { outcome: 'denied' })
  expect(memberOf(audit, 'items')).toMatchObject([
    { actor: 'clerk', code: 'unauthenticated', call_id: revoked },
    { actor: 'dora', code: 'forbidden', call_id: weakened.id },
  ])
  expect(await office.world.verify()).toEqual([])
})

/** A later version of the program, in which the command has changed or is gone. */
function laterProgram(commands: (typeof tallyModule)['commands']) {
  const later = modules.map((module) => (module === tallyModule ? { ...tallyModule, commands } : module))
  return office.world.secondEngine({ registry: new Registry(later) }).engine
}

test('a request is checked again when it is run: the command and its input', async () => {
  const changed = await ask({ key: 'a' })
  const gone = await ask({ key: 'b' })
  for (const id of [changed, gone]) await office.decide('approve', id, 'ann')
  const stricter = defineCommand({
    ...createJar,
    input: Type.Object({ name: Type.String(), colour: Type.String() }, { additionalProperties: false }),
  })
  expect(await office.decide('approve', changed, 'ben', laterProgram([stricter]))).toBe('failed')
  expect(await office.show(changed)).toMatchObject({ failure: { code: 'invalid_input' } })
  expect(await office.decide('approve', gone, 'ben', laterProgram([]))).toBe('failed')
  expect(await office.show(gone)).toMatchObject({ failure: { code: 'route_not_found' } })
  expect(await office.world.verify()).toEqual([])
})

test('what was approved can’t be exchanged behind everybody’s back', async () => {
  const id = await ask()
  await office.decide('approve', id, 'ann')
  const { adminDatabase } = office.world
  await adminDatabase.query(`UPDATE kernel.approval_requests SET input = '{"name":"green"}' WHERE id = $1`, [
    id,
  ])
  await expect(office.decide('approve', id, 'ben')).rejects.toThrow('is not what was approved')
  expect(await office.status(id)).toBe('pending')
})

test('a secret that is shown once is shown to whoever approved last, and stored nowhere', async () => {
  await office.setPolicy({ policy: 'keys', commands: ['kernel.key.create'] })
  const input = { name: 'eve', permissions: ['tally.*'] }
  const { world } = office
  const actor = { ...actorOf('cara'), permissions: ['*'] }
  const { id } = await world.execute('kernel.key.create', input, { actor })
  const approve = () => office.send('kernel.approval.approve', { approval: id }, { by: 'ann', key: 'k' })
  const first = await approve()
  // Cara's own key may not create keys: what she could do when she asked does not count.
  expect(first).toMatchObject({ output: { status: 'failed', failure: { code: 'forbidden' } } })

  await world.adminDatabase.query(`UPDATE kernel.api_keys SET permissions = '{*}' WHERE name = 'cara'`)
  const again = await world.execute('kernel.key.create', input, { actor })
  const send = () => office.send('kernel.approval.approve', { approval: again.id }, { by: 'ben', key: 'k' })
  const told = await send()
  const secret = told.status === 'done' ? memberOf(memberOf(told.output, 'shown_once'), 'secret') : undefined
  expect(secret).toMatch(/^florin_/)
  expect(told).toMatchObject({ output: { status: 'executed', output: { name: 'eve', secret: null } } })
  expect(await send()).toMatchObject({ replayed: true, output: { status: 'executed', shown_once: null } })
  expect(JSON.stringify(await world.state())).not.toContain(String(secret))
})

test('the list shows what waits, the newest first, page by page', async () => {
  const ids: string[] = []
  for (const key of ['a', 'b', 'c']) {
    ids.unshift(await ask({ key }))
    office.world.clock.advance(1_000)
  }
  const list = async (input: object) => {
    const page = await office.world.ask('kernel.approval.list', input)
    const items = memberOf(page, 'items')
    return {
      next: memberOf(page, 'next'),
      ids: Array.isArray(items) ? items.map((one) => memberOf(one, 'approval')) : [],
    }
  }
  await office.decide('reject', ids[0] ?? '', 'ann')
  expect((await list({})).ids).toEqual(ids)
  expect((await list({ status: 'pending', requested_by: 'clerk', command: 'tally.jar.create' })).ids).toEqual(
    ids.slice(1),
  )
  expect((await list({ status: 'rejected' })).ids).toEqual(ids.slice(0, 1))
  expect((await list({ requested_by: 'ann' })).ids).toEqual([])
  const first = await list({ limit: 2 })
  expect(first.ids).toEqual(ids.slice(0, 2))
  expect((await list({ limit: 2, cursor: first.next })).ids).toEqual(ids.slice(2))
  office.world.clock.advance(3 * 86_400_000)
  expect((await list({ status: 'expired' })).ids).toEqual(ids.slice(1))
  expect((await list({ status: 'pending' })).ids).toEqual([])
})

test('the metrics tell how many wait', async () => {
  const metrics = new Metrics()
  metrics.watchApprovals(office.world.database)
  const waiting = async () => /^florin_approvals_waiting (\d+)$/m.exec(await metrics.registry.metrics())?.[1]
  const [first] = [await ask({ key: 'a' }), await ask({ key: 'b' })]
  expect(await waiting()).toBe('2')
  await office.decide('withdraw', first, 'clerk')
  expect(await waiting()).toBe('1')
})
