import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'
import { bookDue } from '../src/workers.ts'

const modules = [kernelModule, ledgerModule]
let world: World

beforeEach(async () => {
  world = await createWorld({ modules })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
})
afterEach(async () => {
  expect(await world.verify()).toEqual([])
  await world.close()
})

const wallet = 'customers:42:wallet'
const move = (debit: string, credit: string, amount: string) => ({ debit, credit, amount, asset: 'EUR' })
const deposit = (amount: string) => move('bank:main', wallet, amount)
const spend = (amount: string) => move(wallet, 'revenue:fees', amount)

function inSeconds(seconds: number): string {
  return new Date(world.clock.now() + seconds * 1_000).toISOString()
}

function post(posting: ReturnType<typeof move>) {
  return world.execute('ledger.transaction.post', { ledger: 'demo', postings: [posting] })
}

function record(posting: ReturnType<typeof move>, value_time: string, more: object = {}) {
  return world.execute('ledger.forward.record', { ledger: 'demo', postings: [posting], value_time, ...more })
}

function get(forward: string) {
  return world.ask('ledger.forward.get', { ledger: 'demo', forward })
}

async function total(address = wallet): Promise<unknown> {
  const answer = await world.ask('ledger.balance.get', { ledger: 'demo', address })
  expect(answer).toMatchObject({ balances: [{}] })
  return answer
}

/** One round of the background role. */
function work(engine = world.engine): Promise<number> {
  return bookDue.run({
    view: { db: world.database, clock: world.clock, context: world.context() },
    context: (idempotencyKey) => world.context({ idempotencyKey }),
    execute: (command, input, context) => engine.execute(command, input, context),
  })
}

test('a forward moves nothing until it is due, then counts before anything else is judged', async () => {
  await post(deposit('10.00'))
  const due = inSeconds(60)
  const forward = await record(spend('10.00'), due, { reference: 'rent', metadata: { month: '2' } })
  expect(forward).toMatchObject({ status: 'done', output: { status: 'pending', value_time: due } })
  expect(await total()).toMatchObject({ balances: [{ total: '10.00', available: '10.00', version: '1' }] })

  world.clock.advance(59_999)
  expect(await post(spend('1.00'))).toMatchObject({ status: 'done' })
  expect(await post(deposit('1.00'))).toMatchObject({ status: 'done' })
  world.clock.advance(1)
  expect(await post(spend('0.01'))).toMatchObject({ refusal: { code: 'insufficient_funds' } })
  const ended = await get(forward.id)
  expect(ended).toMatchObject({ status: 'booked', ended_at: due, refusal: null })
  const { ended_by } = ended as { ended_by: string }
  expect(await world.ask('ledger.transaction.get', { ledger: 'demo', transaction: ended_by })).toMatchObject({
    kind: 'transaction',
    subject: forward.id,
    value_time: due,
    booked_at: due,
    reference: 'rent',
    metadata: { month: '2' },
    postings: [spend('10.00')],
  })
  expect(await total()).toMatchObject({ balances: [{ total: '0.00' }] })
  expect(await work()).toBe(0)
})
