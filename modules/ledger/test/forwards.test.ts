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

test('what was asked is judged at once, except for funds and conditions', async () => {
  const due = inSeconds(60)
  const refused = async (posting: object, code: string, more: object = {}) => {
    const input = { ledger: 'demo', postings: [{ ...spend('1.00'), ...posting }], value_time: due, ...more }
    expect(await world.execute('ledger.forward.record', input)).toMatchObject({ refusal: { code } })
  }
  await refused({ amount: '1.001' }, 'amount_too_many_decimals')
  await refused({ amount: '0.00' }, 'amount_zero')
  await refused({ amount: '9'.repeat(78) }, 'amount_out_of_range')
  await refused({ asset: 'NOPE' }, 'asset_unknown')
  await refused({ credit: wallet }, 'same_account')
  await refused({ credit: 'nowhere:1' }, 'address_not_in_chart')
  await refused({}, 'movements_unclear', { postings: undefined })
  await refused({}, 'value_time_not_ahead', { value_time: inSeconds(0) })
  await refused({}, 'value_time_not_ahead', { value_time: '0001-01-01T00:00:00.000Z' })
  await refused({}, 'reason_required', { force: true })
  const lines = [
    { account: wallet, debit: '2.00', asset: 'EUR' },
    { account: 'revenue:fees', credit: '1.00', asset: 'EUR' },
  ]
  await refused({}, 'unbalanced', { postings: undefined, lines })
  for (const value_time of ['tomorrow', '2026-02-30T00:00:00Z', '', undefined])
    await expect(record(spend('1.00'), due, { value_time })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(await world.adminDatabase.query('SELECT FROM ledger.accounts')).toEqual([])

  const condition = { account: wallet, asset: 'EUR', available_min: '5.00' }
  expect(await record(spend('1.00'), due, { conditions: [condition] })).toMatchObject({ status: 'done' })
  expect(await world.adminDatabase.query('SELECT FROM ledger.accounts')).toEqual([])
})

test('accounts that are closed or frozen by then refuse it, and everybody is told', async () => {
  await post(deposit('10.00'))
  const forward = await record(spend('1.00'), inSeconds(10))
  world.clock.advance(5_000)
  const account = { ledger: 'demo', address: wallet, asset: 'EUR' }
  await world.done('ledger.account.freeze', { ...account, frozen: 'both' })
  expect(await record(spend('1.00'), inSeconds(10))).toMatchObject({ refusal: { code: 'account_frozen' } })
  world.clock.advance(5_000)
  expect(await work()).toBe(1)
  const ended = await get(forward.id)
  expect(ended).toMatchObject({ status: 'refused', refusal: { code: 'account_frozen' } })
  const events = await world.adminDatabase.query<{ type: string; data: unknown }>(
    `SELECT type, data FROM kernel.outbox WHERE type LIKE 'ledger.forward.%'`,
  )
  expect(events).toMatchObject([
    {
      type: 'ledger.forward.refused',
      data: { ledger: 'demo', forward: forward.id, refusal: { code: 'account_frozen' } },
    },
  ])
  const { items } = (await world.ask('ledger.journal.list', { ledger: 'demo', refused: true })) as {
    items: object[]
  }
  expect(items.at(-1)).toMatchObject({
    kind: 'transaction',
    subject: forward.id,
    actor: 'system:worker',
    refusal: { code: 'account_frozen' },
  })
})

test('a change of the account comes after what was due before it', async () => {
  await post(deposit('10.00'))
  const forward = await record(spend('10.00'), inSeconds(10))
  world.clock.advance(10_000)
  const account = { ledger: 'demo', address: wallet, asset: 'EUR' }
  await world.done('ledger.account.close', account)
  expect(await get(forward.id)).toMatchObject({ status: 'booked' })
})

test('several that are due at once are booked by their time, then by their record', async () => {
  await post(deposit('10.00'))
  const late = await record(spend('10.00'), inSeconds(20))
  const early = await record(spend('4.00'), inSeconds(10))
  const twin = await record(spend('7.00'), inSeconds(10))
  world.clock.advance(30_000)
  const preview = await world.ask('ledger.transaction.preview', {
    ledger: 'demo',
    postings: [deposit('1.00')],
  })
  expect(preview).toMatchObject({ balances: [{ address: 'bank:main' }, { balance: { total: '7.00' } }] })
  expect(await post(deposit('1.00'))).toMatchObject({ status: 'done' })
  expect(await get(early.id)).toMatchObject({ status: 'booked' })
  expect(await get(twin.id)).toMatchObject({ status: 'refused', refusal: { code: 'insufficient_funds' } })
  expect(await get(late.id)).toMatchObject({ status: 'refused', refusal: { code: 'insufficient_funds' } })
  expect(await total()).toMatchObject({ balances: [{ total: '7.00' }] })
})

test('a forced one is booked with the reason that was given for it', async () => {
  const input = { ledger: 'demo', postings: [spend('5.00')], value_time: inSeconds(1), force: true }
  const forward = await world.execute('ledger.forward.record', input, { reason: 'Court order 7' })
  const clerk = { id: 'clerk', kind: 'key' as const, permissions: ['ledger.forward.record'] }
  await expect(
    world.execute('ledger.forward.record', input, { reason: 'because', actor: clerk }),
  ).rejects.toMatchObject({ code: 'forbidden' })
  world.clock.advance(1_000)
  await work()
  expect(await get(forward.id)).toMatchObject({ status: 'booked', forced: true, reason: 'Court order 7' })
  expect(await total()).toMatchObject({ balances: [{ total: '-5.00' }] })
})

test('a repeated request gets the first answer, also after it was booked', async () => {
  const input = { ledger: 'demo', postings: [deposit('5.00')], value_time: inSeconds(1) }
  const first = await world.execute('ledger.forward.record', input, { key: 'a' })
  world.clock.advance(1_000)
  await work()
  const again = await world.execute('ledger.forward.record', input, { key: 'a' })
  expect(again).toEqual({ ...first, replayed: true })
  expect(await total()).toMatchObject({ balances: [{ total: '5.00' }] })
})

test('a pending forward is cancelled, not reversed or corrected', async () => {
  const forward = await record(deposit('5.00'), inSeconds(10))
  const id = { ledger: 'demo', transaction: forward.id }
  const pending = { refusal: { code: 'forward_pending' } }
  expect(await world.execute('ledger.transaction.reverse', id)).toMatchObject(pending)
  const correction = { ...id, postings: [deposit('6.00')] }
  expect(await world.execute('ledger.transaction.correct', correction)).toMatchObject(pending)
  const cancel = { ledger: 'demo', forward: forward.id }
  expect(await world.execute('ledger.forward.cancel', cancel, { reason: 'Moved out' })).toMatchObject({
    status: 'done',
    output: { forward: forward.id },
  })
  expect(await world.execute('ledger.forward.cancel', cancel)).toMatchObject({
    refusal: { code: 'forward_not_pending', details: { status: 'cancelled' } },
  })
  expect(
    await world.execute('ledger.forward.cancel', { ...cancel, forward: world.context().requestId }),
  ).toMatchObject({ refusal: { code: 'forward_not_found' } })
  expect(await world.execute('ledger.transaction.reverse', id)).toMatchObject({
    refusal: { code: 'transaction_not_found', details: { status: 'cancelled' } },
  })
  world.clock.advance(10_000)
  expect(await work()).toBe(0)
  expect(await get(forward.id)).toMatchObject({ status: 'cancelled', refusal: null })
})

test('a forward that was booked is reversed like any transaction', async () => {
  const forward = await record(deposit('5.00'), inSeconds(10))
  world.clock.advance(10_000)
  const reverse = (transaction: string) =>
    world.execute('ledger.transaction.reverse', { ledger: 'demo', transaction })
  // The reversal itself comes after what is due, and says where to look.
  const answer = await reverse(forward.id)
  expect(answer).toMatchObject({
    refusal: { code: 'transaction_not_found', details: { status: 'booked' } },
  })
  const details = answer.status === 'refused' ? answer.refusal.details : {}
  expect(await reverse(String(details.booked_as))).toMatchObject({ status: 'done' })
  expect(await total()).toMatchObject({ balances: [{ total: '0.00' }] })
})

test('of two processes that book, cancel and spend at its very time each sees one history', async () => {
  await post(deposit('10.00'))
  const other = world.secondEngine().engine
  const forwards: string[] = []
  for (let i = 0; i < 12; i++) forwards.push((await record(spend('1.00'), inSeconds(12 - i))).id)
  world.clock.advance(6_000)
  const answers = await Promise.all([
    work(),
    work(other),
    ...forwards.map((forward, i) =>
      world.execute(
        'ledger.forward.cancel',
        { ledger: 'demo', forward },
        { engine: i % 2 === 0 ? world.engine : other },
      ),
    ),
    ...[1, 2, 3, 4].map((i) =>
      world.execute(
        'ledger.transaction.post',
        { ledger: 'demo', postings: [spend('1.00')] },
        { engine: i % 2 === 0 ? world.engine : other },
      ),
    ),
  ])
  // Six were due, and were booked before anything else; the others could be cancelled.
  const said = answers.filter((answer) => typeof answer === 'object').map(({ status }) => status)
  expect(said).toEqual([...Array(6).fill('done'), ...Array(6).fill('refused'), ...Array(4).fill('done')])
  expect(await total()).toMatchObject({ balances: [{ total: '0.00' }] })
})

test('more than a thousand are due at once: a posting waits for all of them, the role books them in parts', async () => {
  await Promise.all(Array.from({ length: 1_100 }, () => record(deposit('0.01'), inSeconds(10))))
  world.clock.advance(20_000)
  expect(await world.done('ledger.forward.book', { ledger: 'demo' })).toEqual({
    booked: 1_000,
    refused: 0,
    more: true,
  })
  expect(await post(spend('11.00'))).toMatchObject({ status: 'done' })
  expect(await work()).toBe(0)
})

test('forwards are listed by status, account and time, in the order in which they are due', async () => {
  await post(deposit('10.00'))
  const ids: string[] = []
  const start = world.clock.now()
  for (let i = 0; i < 8; i++)
    ids.push(
      (
        await record(
          i % 2 === 0 ? deposit('1.00') : move(wallet, 'customers:7:wallet', '3.00'),
          inSeconds(80 - 10 * i),
        )
      ).id,
    )
  await world.done('ledger.forward.cancel', { ledger: 'demo', forward: ids[0] })
  world.clock.advance(40_000)
  await work()
  const [f0, f1, f2, f3, f4, f5, f6, f7] = ids
  const list = async (filter: object) => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = (await world.ask('ledger.forward.list', {
        ledger: 'demo',
        ...filter,
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      })) as { items: { id: string }[]; next: string | null }
      found.push(...page.items.map((item) => item.id))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    return found
  }
  expect(await list({})).toEqual([f7, f6, f5, f4, f3, f2, f1, f0])
  expect(await list({ status: 'pending' })).toEqual([f3, f2, f1])
  expect(await list({ status: 'booked' })).toEqual([f7, f6, f5, f4])
  expect(await list({ status: 'cancelled' })).toEqual([f0])
  expect(await list({ status: 'refused' })).toEqual([])
  expect(await list({ account: 'customers:7:wallet' })).toEqual([f7, f5, f3, f1])
  expect(await list({ account: wallet, status: 'pending' })).toEqual([f3, f2, f1])
  expect(await list({ account: 'customers:7:wallet', status: 'booked' })).toEqual([f7, f5])
  const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString()
  expect(await list({ due_from: at(20), due_to: at(40) })).toEqual([f6, f5])
  expect(await list({ account: 'customers:7:wallet', due_from: at(50) })).toEqual([f3, f1])

  const expected = async (seconds: number) =>
    world.ask('ledger.balance.get', { ledger: 'demo', address: wallet, expected_at: at(seconds) })
  // 10 + 2 − 6 are booked; f3, f2 and f1 are to come, f0 was cancelled.
  expect(await expected(49)).toMatchObject({
    balances: [{ total: '6.00', available: '6.00' }],
    expected: [{ asset: 'EUR', debits: '0.00', credits: '0.00', total: '6.00' }],
  })
  expect(await expected(80)).toMatchObject({
    expected: [{ debits: '6.00', credits: '1.00', total: '1.00' }],
  })
})

test('a ledger with a forward that nobody booked is found', async () => {
  await record(deposit('1.00'), inSeconds(10))
  world.clock.advance(7_200_000)
  expect(await world.verify()).toMatchObject([{ check: 'ledger.forwards-are-booked-when-due' }])
  await work()
  expect(await world.verify()).toEqual([])
  await world.adminDatabase.query(`UPDATE ledger.forward_outcomes SET status = 'cancelled'`)
  expect(await world.verify()).toMatchObject([{ check: 'ledger.forwards-end-by-their-record' }])
  await world.adminDatabase.query(`UPDATE ledger.forward_outcomes SET status = 'booked'`)
  await world.adminDatabase.query(`UPDATE ledger.heads SET forward_due = 'epoch' WHERE ledger_id = 1`)
  expect(await world.verify()).toMatchObject([{ check: 'ledger.next-forward-is-known' }])
  await world.adminDatabase.query('UPDATE ledger.heads SET forward_due = NULL')
  await world.adminDatabase.query('UPDATE ledger.forward_postings SET amount = 2')
  expect(await world.verify()).toMatchObject([{ check: 'ledger.forwards-book-what-was-recorded' }])
  await world.adminDatabase.query('UPDATE ledger.forward_postings SET amount = 100')
})
