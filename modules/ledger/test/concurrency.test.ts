import { defineCommand, defineModule, kernelModule, Refusal } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule, postTransactions } from '../src/index.ts'

/** A module that posts inside a unit of its own: sells a ticket, at most for what the customer has. */
const sell = defineCommand({
  name: 'tickets.ticket.sell',
  summary: 'Sell a ticket',
  http: { method: 'POST', path: '/v1/tickets' },
  input: Type.Object({ price: Type.String(), fee: Type.String() }),
  output: Type.Object({ postings: Type.Integer() }),
  permission: 'tickets.ticket.sell',
  refusals: ['ledger_not_found', 'insufficient_funds'],
  example: { input: { price: '10.00', fee: '1.00' } },
  async run(unit, { price, fee }) {
    const [sold, charged] = await postTransactions(unit, 'demo', [
      { key: 'price', postings: [{ debit: wallet, credit: 'revenue:fees', amount: price, asset: 'EUR' }] },
      { key: 'fee', postings: [{ debit: wallet, credit: 'revenue:fees', amount: fee, asset: 'EUR' }] },
    ])
    for (const outcome of [sold, charged])
      if (outcome !== undefined && 'refused' in outcome) throw outcome.refused
    // A second call in the same unit goes on where the first one ended.
    const [tip] = await postTransactions(unit, 'demo', [
      {
        key: 'tip',
        postings: [{ debit: 'bank:main', credit: 'revenue:fees', amount: '0.01', asset: 'EUR' }],
      },
    ])
    if (tip === undefined || 'refused' in tip) throw new Error('The tip was refused')
    unit.emit({ type: 'tickets.ticket.sold', subject: 'ticket', data: {} })
    return { postings: 3 }
  },
})

const ticketsModule = defineModule({
  name: 'tickets',
  migrations: new URL('./no-migrations/', import.meta.url),
  commands: [sell],
  queries: [],
})

const wallet = 'customers:42:wallet'
const modules = [kernelModule, ledgerModule, ticketsModule]
let world: World

beforeEach(async () => {
  world = await createWorld({ modules })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
  await post('bank:main', wallet, '100.00')
})
afterEach(async () => {
  expect(await world.verify()).toEqual([])
  await world.close()
})

function post(debit: string, credit: string, amount: string, options: Parameters<World['execute']>[2] = {}) {
  const input = { ledger: 'demo', postings: [{ debit, credit, amount, asset: 'EUR' }] }
  return world.execute('ledger.transaction.post', input, options)
}

async function available(address = wallet): Promise<unknown> {
  return world.adminDatabase.query(
    `SELECT b.posted_credits - b.posted_debits AS total FROM ledger.balances b JOIN ledger.accounts a ON a.id = b.account_id
     WHERE a.address = $1`,
    [address],
  )
}

describe('two processes', () => {
  test('never both get the last money', async () => {
    const other = world.secondEngine().engine
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        post(wallet, 'bank:main', '60.00', { engine: i % 2 === 0 ? world.engine : other }),
      ),
    )
    expect(answers.filter((answer) => answer.status === 'done')).toHaveLength(1)
    const refusals = answers.flatMap((answer) => (answer.status === 'refused' ? [answer.refusal.code] : []))
    expect(new Set(refusals)).toEqual(new Set(['insufficient_funds']))
    expect(await available()).toEqual([{ total: 4_000n }])
  })

  test('never both hold it, nor one hold and the other spend it', async () => {
    const other = world.secondEngine().engine
    const hold = { ledger: 'demo', debit: wallet, credit: 'clearing:cards', amount: '60.00', asset: 'EUR' }
    const answers = await Promise.all([
      world.execute('ledger.hold.reserve', hold),
      world.execute('ledger.hold.reserve', hold, { engine: other }),
      post(wallet, 'bank:main', '60.00'),
      post(wallet, 'bank:main', '60.00', { engine: other }),
    ])
    expect(answers.filter((answer) => answer.status === 'done')).toHaveLength(1)
  })

  test('number the journal without gaps, in time that never falls, whatever their clocks do', async () => {
    const other = world.secondEngine().engine
    for (let i = 0; i < 10; i++) {
      world.clock.advance(i % 3 === 0 ? -60_000 : 25_000)
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          post('bank:main', wallet, '0.01', { engine: n % 2 === 0 ? world.engine : other }),
        ),
      )
    }
    const rows = await world.adminDatabase.query<{ seq: bigint; booked_at: Date }>(
      'SELECT seq, booked_at FROM ledger.journal WHERE ledger_id = 1 ORDER BY seq',
    )
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 121 }, (_, i) => BigInt(i + 1)))
    const times = rows.map((row) => row.booked_at.getTime())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('open an account on its first use once', async () => {
    const other = world.secondEngine().engine
    const answers = await Promise.all(
      [world.engine, other, world.engine, other].map((engine) =>
        post('bank:main', 'customers:new:wallet', '1.00', { engine }),
      ),
    )
    expect(answers.map((answer) => answer.status)).toEqual(['done', 'done', 'done', 'done'])
    expect(await available('customers:new:wallet')).toEqual([{ total: 400n }])
  })
})

describe('a unit of another module', () => {
  test('posts with its own records, or not at all', async () => {
    const [{ seq } = { seq: 0n }] = await world.adminDatabase.query<{ seq: bigint }>(
      'SELECT seq FROM ledger.heads WHERE ledger_id = 1',
    )
    const first = await world.execute('tickets.ticket.sell', { price: '70.00', fee: '1.00' }, { key: 'a' })
    expect(first).toMatchObject({ status: 'done', output: { postings: 3 } })
    const again = await world.execute('tickets.ticket.sell', { price: '70.00', fee: '1.00' }, { key: 'a' })
    expect(again).toEqual({ ...first, replayed: true })
    // The price could be paid, the fee not: nothing is.
    const refused = await world.execute('tickets.ticket.sell', { price: '28.00', fee: '2.00' }, { key: 'b' })
    expect(refused).toMatchObject({ status: 'refused', refusal: { code: 'insufficient_funds' } })
    expect(await available()).toEqual([{ total: 2_900n }])
    const rows = await world.adminDatabase.query('SELECT seq FROM ledger.heads WHERE ledger_id = 1')
    expect(rows).toEqual([{ seq: seq + 3n }])
    const events = await world.adminDatabase.query(
      `SELECT FROM kernel.outbox WHERE type = 'tickets.ticket.sold'`,
    )
    expect(events).toHaveLength(1)
  })

  test('takes turns with the ledger’s own commands', async () => {
    const other = world.secondEngine().engine
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? world.execute('tickets.ticket.sell', { price: '3.00', fee: '2.00' }, { engine: other })
          : post(wallet, 'bank:main', '5.00'),
      ),
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill('done'))
    expect(await available()).toEqual([{ total: 0n }])
    expect(await post(wallet, 'bank:main', '0.01')).toMatchObject({ status: 'refused' })
  })
})

test('a call that makes the code fail spoils nobody else’s', async () => {
  const broken = Array.from({ length: 9 }, (_, i) => {
    // No ledger of this program produces it, but a damaged record or a defect could: the insert fails.
    const metadata = i === 4 ? { note: 'x'.repeat(1_000) } : {}
    return { debit: 'bank:main', credit: `customers:${i}:wallet`, amount: '1.00', asset: 'EUR', metadata }
  })
  world.database.interceptor = (statement) => {
    if (/INSERT INTO ledger\.journal/.test(statement) && failing) throw new Error('The batch fails')
  }
  let failing = true
  let batches = 0
  const answers = Promise.all(
    broken.map(({ metadata: _, ...posting }) =>
      world
        .execute('ledger.transaction.post', { ledger: 'demo', postings: [posting] })
        .catch((e: unknown) => e),
    ),
  )
  const inner = world.database.interceptor
  world.database.interceptor = async (statement, stage, cut) => {
    if (statement === 'BEGIN' && stage === 'before') batches++
    // The whole batch, and of the single calls the fourth.
    failing = batches === 1 || batches === 5
    await inner?.(statement, stage, cut)
  }
  const outcomes = await answers
  world.database.interceptor = undefined
  expect(outcomes.filter((outcome) => outcome instanceof Error)).toHaveLength(1)
  expect(outcomes.filter((outcome) => !(outcome instanceof Error))).toHaveLength(8)
  expect(outcomes[3]).toBeInstanceOf(Error)
})

test('to force a posting takes its own permission and a reason', async () => {
  const clerk = {
    id: 'clerk',
    kind: 'key' as const,
    permissions: ['ledger.transaction.post', 'ledger.hold.*'],
  }
  const input = {
    ledger: 'demo',
    postings: [{ debit: wallet, credit: 'bank:main', amount: '500.00', asset: 'EUR' }],
    force: true,
  }
  const forbidden = { code: 'forbidden' }
  await expect(
    world.execute('ledger.transaction.post', input, { actor: clerk, reason: 'because' }),
  ).rejects.toMatchObject(forbidden)
  const batch = { ledger: 'demo', mode: 'atomic', transactions: [{ postings: input.postings, force: true }] }
  const batcher = { ...clerk, permissions: ['ledger.transaction.batch'] }
  await expect(
    world.execute('ledger.transaction.batch', batch, { actor: batcher, reason: 'because' }),
  ).rejects.toMatchObject(forbidden)
  expect(await world.execute('ledger.transaction.post', input)).toMatchObject({
    status: 'refused',
    refusal: new Refusal('reason_required', 'A forced posting needs a reason'),
  })
  const entitled = { ...clerk, permissions: [...clerk.permissions, 'ledger.transaction.force'] }
  expect(
    await world.execute('ledger.transaction.post', input, { actor: entitled, reason: 'Chargeback 17' }),
  ).toMatchObject({ status: 'done', output: { forced: true, reason: 'Chargeback 17', actor: 'clerk' } })
})
