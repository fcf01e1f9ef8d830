import { type Actor, type Answer, kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
const clerk: Actor = { id: 'clerk', kind: 'key', permissions: ['ledger.*'] }
const boss: Actor = { id: 'boss', kind: 'key', permissions: ['kernel.approval.*', 'treasury.approve'] }

let world: World
beforeEach(async () => {
  world = await createWorld({ modules })
  for (const { id, permissions } of [clerk, boss])
    await world.done('kernel.key.create', { name: id, permissions })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
  const shared = { approvers: 1, approver_permission: 'treasury.approve' }
  for (const [policy, command, path] of [
    ['large-postings', 'ledger.transaction.post', '/postings/*/amount'],
    ['large-lines', 'ledger.transaction.post', '/lines/*/debit'],
    ['large-batches', 'ledger.transaction.batch', '/transactions/*/postings/*/amount'],
  ])
    await world.done(
      'kernel.approval-policy.set',
      { policy, commands: [command], conditions: [{ path, above: '10000', asset: 'EUR' }], ...shared },
      { reason: 'Four eyes on large amounts' },
    )
})
afterEach(() => world.close())

const posting = (amount: string, asset = 'EUR') => ({
  debit: 'bank:main',
  credit: 'customers:42:wallet',
  amount,
  asset,
})
const post = (key: string, postings: readonly unknown[], change: object = {}): Promise<Answer> =>
  world.execute(
    'ledger.transaction.post',
    { ledger: 'demo', postings, ...change },
    { key, actor: clerk, reason: 'Invoice' },
  )
const approve = (approval: string) => world.done('kernel.approval.approve', { approval }, { actor: boss })

async function held(): Promise<unknown> {
  const where = { ledger: 'demo', address: 'customers:42:wallet', asset: 'EUR' }
  return world.ask('ledger.balance.get', where)
}

test('large amounts wait, small ones beside them in the same commit do not', async () => {
  const answers = await Promise.all([
    post('a', [posting('10000.00')]),
    post('b', [posting('9999.99'), posting('0.02')]),
    post('c', [posting('10000.01', 'USD')]),
    post('d', [posting('10000.01')]),
  ])
  expect(answers.map((answer) => answer.status)).toEqual(['done', 'pending', 'done', 'pending'])
  expect(await held()).toMatchObject({ balances: [{ total: '10000.00' }] })
  expect(await world.verify()).toEqual([])
})

test('what was approved is booked once, under the id of the call, by who asked for it', async () => {
  const asked = await post('k', [posting('25000.00')], { reference: 'invoice-7' })
  expect(await approve(asked.id)).toMatchObject({
    status: 'executed',
    output: { id: asked.id, reference: 'invoice-7' },
  })
  expect(await held()).toMatchObject({ balances: [{ total: '25000.00' }] })
  expect(await world.ask('ledger.transaction.get', { ledger: 'demo', transaction: asked.id })).toMatchObject({
    actor: 'clerk',
    reason: 'Invoice',
  })
  expect(await post('k', [posting('25000.00')], { reference: 'invoice-7' })).toMatchObject({
    status: 'pending',
    replayed: true,
  })
  expect(await post('l', [posting('1.00')])).toMatchObject({ status: 'done' })
  expect(await held()).toMatchObject({ balances: [{ total: '25001.00' }] })
  expect(await world.verify()).toEqual([])
})

test('what the books refuse when it is approved has failed, and stands in the journal as refused', async () => {
  const back = { debit: 'customers:42:wallet', credit: 'bank:main', amount: '20000.00', asset: 'EUR' }
  const asked = await post('k', [back])
  expect(await approve(asked.id)).toMatchObject({ status: 'failed', failure: { code: 'insufficient_funds' } })
  expect(await world.verify()).toEqual([])
})

test('lines of an entry, and batches, are judged by policies of their own', async () => {
  const lines = [
    { account: 'bank:main', debit: '10000.01', asset: 'EUR' },
    { account: 'customers:42:wallet', credit: '10000.01', asset: 'EUR' },
  ]
  const entry = await world.execute('ledger.transaction.post', { ledger: 'demo', lines }, { actor: clerk })
  expect(entry).toMatchObject({ status: 'pending', approval: { needs: [{ policy: 'large-lines' }] } })
  const transactions = [{ postings: [posting('6000.00')] }, { postings: [posting('6000.00')] }]
  const batch = await world.execute(
    'ledger.transaction.batch',
    { ledger: 'demo', mode: 'atomic', transactions },
    { actor: clerk },
  )
  expect(batch).toMatchObject({ status: 'pending', approval: { needs: [{ policy: 'large-batches' }] } })
  expect(await approve(batch.id)).toMatchObject({ status: 'executed', output: { booked: 2 } })
  expect(await held()).toMatchObject({ balances: [{ total: '12000.00' }] })
})
