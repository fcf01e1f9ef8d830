import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
/** A Friday. */
const start = '2026-01-30T12:00:00.000Z'
const calendar = {
  valid_from: '2026-01-01',
  valid_to: '2026-12-31',
  weekend: [6, 7],
  holidays: [{ day: '2026-02-03', name: 'A Tuesday off' }],
}

let world: World
let books = 0
beforeAll(async () => {
  world = await createWorld({ modules, start })
})
afterAll(async () => {
  expect(await world.verify()).toEqual([])
  await world.close()
})

/** A ledger of its own, with what one mostly does to it. */
async function open() {
  const ledger = `book-${books++}`
  world.clock.set(new Date(Math.max(Date.parse(start), world.clock.now())).toISOString())
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates: exampleTemplates })
  const post = async (credit: string, more: object = {}): Promise<string> => {
    const postings = [{ debit: 'bank:main', credit, amount: '10.00', asset: 'EUR' }]
    return idOf(await world.done('ledger.transaction.post', { ledger, postings, ...more }))
  }
  const settle = (transaction: string, more: object = {}, reason?: string) =>
    world.execute(
      'ledger.transaction.settle',
      { ledger, transaction, settled_at: start, reference: 'bank-1', ...more },
      reason === undefined ? {} : { reason },
    )
  const terms = (prefix: string, business_days: number | null, more: object = {}) =>
    world.done('ledger.settlement.terms.set', { ledger, prefix, business_days, ...more })
  const overdue = async (day: string, more: object = {}): Promise<Overdue[]> =>
    itemsOf(await world.ask('ledger.settlement.overdue', { ledger, day, ...more }))
  return { ledger, post, settle, terms, overdue }
}

interface Overdue {
  readonly transaction: string
  readonly due_day: string
  readonly days_overdue: number
  readonly prefix: string
  readonly beyond_calendar: boolean
}

function idOf(answer: unknown): string {
  return JSON.parse(JSON.stringify(answer)).id
}

function itemsOf<T>(answer: unknown): T[] {
  return JSON.parse(JSON.stringify(answer)).items
}

const refusedWith = (code: string) => ({ status: 'refused', refusal: { code } })

describe('settling', () => {
  test('is shown with the transaction, once it was recorded', async () => {
    const { ledger, post, settle } = await open()
    const transaction = await post('clearing:cards')
    const get = () => world.ask('ledger.transaction.get', { ledger, transaction })
    expect(await get()).toMatchObject({ settled_at: null, settlement_reference: null })
    expect(await settle(transaction)).toMatchObject({ status: 'done', output: { version: 1 } })
    const settled = { settled_at: start, settlement_reference: 'bank-1' }
    expect(await get()).toMatchObject(settled)
    expect(await world.ask('ledger.transaction.list', { ledger })).toMatchObject({ items: [settled] })
    // Said again it is the same fact, and nothing is written.
    expect(await settle(transaction)).toMatchObject({ status: 'done', output: { version: 1 } })
    expect(itemsOf(await world.ask('ledger.settlement.list', { ledger, transaction }))).toHaveLength(1)
  })

  test('another time or reference needs replace and a reason, and all facts are kept', async () => {
    const { ledger, post, settle } = await open()
    const transaction = await post('clearing:cards')
    await settle(transaction)
    const other = { reference: 'bank-2' }
    expect(await settle(transaction, other)).toMatchObject(refusedWith('transaction_settled'))
    expect(await settle(transaction, { settled_at: '2026-01-29T00:00:00.000Z' })).toMatchObject(
      refusedWith('transaction_settled'),
    )
    expect(await settle(transaction, { ...other, replace: true })).toMatchObject(
      refusedWith('reason_required'),
    )
    expect(
      await settle(transaction, { ...other, replace: true }, 'the bank corrected its file'),
    ).toMatchObject({
      status: 'done',
      output: { version: 2 },
    })
    expect(await world.ask('ledger.transaction.get', { ledger, transaction })).toMatchObject({
      settlement_reference: 'bank-2',
    })
    expect(await world.ask('ledger.settlement.list', { ledger, transaction, limit: 1 })).toMatchObject({
      items: [{ version: 1, reference: 'bank-1', reason: null }],
    })
    expect(itemsOf(await world.ask('ledger.settlement.list', { ledger, transaction }))).toMatchObject([
      { version: 1 },
      { version: 2, reason: 'the bank corrected its file', recorded_by: 'admin' },
    ])
  })

  test('needs a booked transaction of this ledger and a time that has come', async () => {
    const { ledger, post, settle } = await open()
    const elsewhere = await open()
    const transaction = await post('clearing:cards')
    expect(await elsewhere.settle(transaction)).toMatchObject(refusedWith('transaction_not_found'))
    const later = new Date(world.clock.now() + 1).toISOString()
    expect(await settle(transaction, { settled_at: later })).toMatchObject(
      refusedWith('settlement_in_future'),
    )
    const hold = idOf(
      await world.done('ledger.hold.reserve', {
        ledger,
        debit: 'bank:main',
        credit: 'clearing:cards',
        amount: '1.00',
        asset: 'EUR',
      }),
    )
    expect(await settle(hold)).toMatchObject(refusedWith('transaction_not_found'))
    await expect(settle(transaction, { reference: '' })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('of two that contradict each other at once, one is recorded', async () => {
    const { ledger, post, settle } = await open()
    const transaction = await post('clearing:cards')
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => settle(transaction, { reference: `bank-${i}` })),
    )
    expect(answers.filter(({ status }) => status === 'done')).toHaveLength(1)
    expect(itemsOf(await world.ask('ledger.settlement.list', { ledger, transaction }))).toHaveLength(1)
  })

  test('a file is recorded item by item, in its order', async () => {
    const { ledger, post } = await open()
    const [a, b] = [await post('clearing:cards'), await post('clearing:cards')]
    const item = (transaction: string, reference: string, settled_at = start) => ({
      transaction,
      reference,
      settled_at,
    })
    const nobody = '00000000-0000-4000-8000-000000000000'
    const settlements = [item(a, 'x'), item(a, 'x'), item(a, 'y'), item(nobody, 'x'), item(b, 'ü😀')]
    expect(await world.done('ledger.settlement.record', { ledger, settlements })).toEqual({
      settled: 2,
      unchanged: 1,
      refused: 2,
      outcomes: [
        { status: 'settled', version: 1 },
        { status: 'unchanged', version: 1 },
        { status: 'refused', code: 'transaction_settled', detail: expect.stringContaining('"x"') },
        { status: 'refused', code: 'transaction_not_found', detail: expect.any(String) },
        { status: 'settled', version: 1 },
      ],
    })
    const replaced = await world.done(
      'ledger.settlement.record',
      { ledger, settlements: [item(a, 'y'), item(a, 'z')], replace: true },
      { reason: 'second file' },
    )
    expect(replaced).toMatchObject({ settled: 2, outcomes: [{ version: 2 }, { version: 3 }] })
    await expect(world.done('ledger.settlement.record', { ledger, settlements: [] })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })
})

describe('what is overdue', () => {
  test('is what was booked under terms and neither settled nor reversed by its due day, the oldest first', async () => {
    const { ledger, post, settle, terms, overdue } = await open()
    const before = await post('clearing:cards')
    await world.done('ledger.calendar.set', { ledger, ...calendar })
    await terms('clearing', 2)
    const [late, settled, reversed] = [
      await post('clearing:cards', { reference: 'order-1' }),
      await post('clearing:cards'),
      await post('clearing:cards'),
    ]
    const older = await post('clearing:banks', { value_time: '2026-01-29T23:59:59.999Z' })
    await post('customers:1:wallet')
    // Friday + 2: Monday, and after the Tuesday off, Wednesday.
    expect(await overdue('2026-02-04')).toEqual([
      expect.objectContaining({ transaction: older, due_day: '2026-02-02' }),
    ])
    expect((await overdue('2026-02-05')).map((item) => item.transaction)).toEqual([
      older,
      late,
      settled,
      reversed,
    ])
    await settle(settled)
    await world.done('ledger.transaction.reverse', { ledger, transaction: reversed })
    expect(await overdue('2026-02-10')).toMatchObject([
      { transaction: older, days_overdue: 8, prefix: 'clearing', beyond_calendar: false },
      { transaction: late, days_overdue: 6, due_day: '2026-02-04', reference: 'order-1' },
    ])
    expect((await overdue('2026-02-10', { limit: 1 })).map((item) => item.transaction)).toEqual([older])
    expect(await overdue('2026-02-02')).toEqual([])
    expect((await overdue('2026-02-10')).some((item) => item.transaction === before)).toBe(false)
  })

  test('pages through, each once', async () => {
    const { ledger, post, terms } = await open()
    await world.done('ledger.calendar.set', { ledger, ...calendar })
    await terms('clearing', 0)
    const posted: string[] = []
    for (let i = 0; i < 7; i++) posted.push(await post('clearing:cards'))
    const seen: string[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: { items: Overdue[]; next: string | null } = JSON.parse(
        JSON.stringify(
          await world.ask('ledger.settlement.overdue', {
            ledger,
            day: '2026-12-31',
            limit: 2,
            ...(cursor === undefined ? {} : { cursor }),
          }),
        ),
      )
      seen.push(...page.items.map((item) => item.transaction))
      cursor = page.next
    }
    expect(seen).toEqual(posted)
  })

  test('follows the longest prefix, there the asset’s own terms, and whole segments only', async () => {
    const { ledger, post, terms, overdue } = await open()
    await world.done('ledger.calendar.set', { ledger, ...calendar })
    await terms('clearing', 5)
    await terms('clearing:cards', 1)
    await terms('clearing:cards', 3, { asset: 'USD' })
    const cards = await post('clearing:cards')
    const other = await post('clearing:cardsother')
    const found = await overdue('2026-12-31')
    expect(found.map(({ transaction, prefix, due_day }) => [transaction, prefix, due_day])).toEqual([
      [cards, 'clearing:cards', '2026-02-02'],
      [other, 'clearing', '2026-02-09'],
    ])
    expect(await overdue('2026-12-31', { prefix: 'clearing' })).toMatchObject([{ transaction: other }])
    // Under two terms at once it is listed for each.
    await terms('bank', 0)
    const both = await post('clearing:cards')
    expect((await overdue('2026-12-31')).filter((item) => item.transaction === both)).toMatchObject([
      { prefix: 'bank' },
      { prefix: 'clearing:cards' },
    ])
    // Terms that have ended rule nothing that is booked from then on, but a reversal still ends what was due.
    for (const prefix of ['bank', 'clearing', 'clearing:cards']) await terms(prefix, null)
    await terms('clearing:cards', null, { asset: 'USD' })
    await post('clearing:cards')
    expect(await overdue('2026-12-31')).toHaveLength(4)
    await world.done('ledger.transaction.reverse', { ledger, transaction: both })
    expect(await overdue('2026-12-31')).toHaveLength(2)
  })

  test('tells where the calendar had ended, and terms need a calendar', async () => {
    const { ledger, post, terms, overdue } = await open()
    await expect(terms('clearing', 1)).rejects.toThrow('calendar_missing')
    await world.done('ledger.calendar.set', { ledger, ...calendar, valid_to: '2026-02-03' })
    await terms('clearing', 5)
    await post('clearing:cards')
    expect(await overdue('2026-12-31')).toMatchObject([{ beyond_calendar: true, due_day: '2026-02-09' }])
    await world.done('ledger.calendar.set', { ledger, ...calendar, weekend: [] })
    expect(await world.ask('ledger.calendar.get', { ledger })).toMatchObject({ version: 2, weekend: [] })
    await post('clearing:cards')
    expect(await overdue('2026-12-31')).toMatchObject([
      { beyond_calendar: false, due_day: '2026-02-05' },
      { due_day: '2026-02-09' },
    ])
  })

  test('a batch, and a settlement of a hold, are due like any other', async () => {
    const { ledger, terms, overdue } = await open()
    await world.done('ledger.calendar.set', { ledger, ...calendar })
    await terms('clearing', 0)
    const postings = [{ debit: 'bank:main', credit: 'clearing:cards', amount: '1.00', asset: 'EUR' }]
    const transactions = [{ postings }, { postings: [{ ...postings[0], amount: '0.00' }] }, { postings }]
    await world.done('ledger.transaction.batch', { ledger, mode: 'independent', transactions })
    const hold = idOf(await world.done('ledger.hold.reserve', { ledger, ...postings[0] }))
    await world.done('ledger.hold.settle', { ledger, hold })
    expect(await overdue('2026-12-31')).toHaveLength(3)
  })

  test('is read by an index of what is open, however much was settled', async () => {
    const { ledger, terms } = await open()
    await world.done('ledger.calendar.set', { ledger, ...calendar })
    await terms('clearing', 0)
    await world.adminDatabase.query(
      `INSERT INTO ledger.dues SELECT l.id, 1000000 + n, 1, 'clearing', date '2026-01-01' + n % 300, false, n % 1000 = 0
       FROM ledger.ledgers l, generate_series(1, 20000) n WHERE l.name = $1`,
      [ledger],
    )
    await world.adminDatabase.query('ANALYZE ledger.dues')
    const rows = await world.adminDatabase.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT * FROM ledger.dues d WHERE d.ledger_id = (SELECT id FROM ledger.ledgers WHERE name = '${ledger}')
         AND d.open AND d.due_day < '2026-12-31' AND (d.due_day, d.seq, d.terms) > ('2026-01-05', 5, 0)
       ORDER BY d.due_day, d.seq, d.terms LIMIT 100`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('dues_open')
    expect(plan).not.toContain('Sort')
    await world.adminDatabase.query('DELETE FROM ledger.dues WHERE seq > 1000000')
  })
})
