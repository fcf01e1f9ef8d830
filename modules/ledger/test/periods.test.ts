import { createHash } from 'node:crypto'
import { kernelModule } from '@florin/kernel'
import { admin, createWorld, type World } from '@florin/kernel/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
const ledger = 'shop'

const templates = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  { address: 'customers:{id}', type: 'liability', overdraft: 'forbidden', open_on_first_use: true },
  { address: 'revenue:{what}', type: 'revenue', overdraft: 'forbidden', open_on_first_use: true },
  { address: 'expenses:{what}', type: 'expense', overdraft: 'forbidden', open_on_first_use: true },
  { address: 'equity:{what}', type: 'equity', overdraft: 'forbidden', open_on_first_use: true },
  { address: 'capital', type: 'equity', assets: ['USD'], overdraft: 'allowed', open_on_first_use: true },
  { address: 'reserve', type: 'equity', overdraft: 'allowed', open_on_first_use: false },
]

const quarter = [
  { name: '2026-01', first_day: '2026-01-01', last_day: '2026-01-31' },
  { name: '2026-02', first_day: '2026-02-01', last_day: '2026-02-28' },
  { name: '2026-03', first_day: '2026-03-01', last_day: '2026-03-31' },
]

let world: World
afterEach(() => world.close())

async function openBooks(start = '2026-05-15T12:00:00.000Z'): Promise<void> {
  world = await createWorld({ modules, start })
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  await world.done('ledger.period.define', { ledger, periods: quarter })
}

const at = (day: string): string => `${day}T10:00:00.000Z`

function posting(debit: string, credit: string, amount: string, asset = 'EUR') {
  return { ledger, postings: [{ debit, credit, amount, asset }] }
}

async function post(debit: string, credit: string, amount: string, day?: string, asset = 'EUR') {
  const when = day === undefined ? {} : { value_time: at(day) }
  return json(
    await world.done('ledger.transaction.post', { ...posting(debit, credit, amount, asset), ...when }),
  )
}

/** An answer as a caller gets it. */
function json(value: unknown) {
  return JSON.parse(JSON.stringify(value))
}

const close = (
  period: string,
  mode: 'soft' | 'hard',
  more: object = { retained_earnings: 'equity:retained' },
) => world.execute('ledger.period.close', { ledger, period, mode, ...more })

async function total(address: string, asset = 'EUR'): Promise<string> {
  const answer = json(await world.ask('ledger.balance.get', { ledger, address, asset }))
  return answer.balances[0].total
}

describe('the calendar', () => {
  test('is appended to without gaps and overlaps, each name once', async () => {
    await openBooks()
    const define = (...periods: [string, string, string][]) =>
      world.execute('ledger.period.define', {
        ledger,
        periods: periods.map(([name, first_day, last_day]) => ({ name, first_day, last_day })),
      })
    for (const [code, ...periods] of [
      ['periods_invalid', ['gap', '2026-04-02', '2026-04-30']],
      ['periods_invalid', ['overlap', '2026-03-31', '2026-04-30']],
      ['periods_invalid', ['earlier', '2025-12-01', '2025-12-31']],
      ['periods_invalid', ['backwards', '2026-04-01', '2026-03-31']],
      ['periods_invalid', ['one', '2026-04-01', '2026-04-30'], ['two', '2026-05-02', '2026-05-31']],
      ['period_exists', ['2026-03', '2026-04-01', '2026-04-30']],
      ['period_exists', ['twice', '2026-04-01', '2026-04-30'], ['twice', '2026-05-01', '2026-05-31']],
    ] as [string, ...[string, string, string][]][]) {
      expect(await define(...periods), periods.join(' ')).toMatchObject({ refusal: { code } })
    }
    await expect(define(['leap', '2026-04-01', '2026-02-29'])).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(define(['', '2026-04-01', '2026-04-30'])).rejects.toMatchObject({ code: 'invalid_input' })
    expect(
      await define(['avril é', '2026-04-01', '2026-04-01'], ['rest', '2026-04-02', '2026-04-30']),
    ).toMatchObject({ status: 'done' })
    expect(json(await world.ask('ledger.period.list', { ledger, limit: 2 })).items).toMatchObject([
      { period: '2026-01', state: 'open' },
      { period: '2026-02', first_day: '2026-02-01', last_day: '2026-02-28' },
    ])
    expect(await world.verify()).toEqual([])
  })

  test('two that append at once take turns', async () => {
    await openBooks()
    const april = { ledger, periods: [{ name: '2026-04', first_day: '2026-04-01', last_day: '2026-04-30' }] }
    const other = { ledger, periods: [{ name: 'april', first_day: '2026-04-01', last_day: '2026-04-30' }] }
    const second = world.secondEngine().engine
    const answers = await Promise.all([
      world.execute('ledger.period.define', april),
      world.execute('ledger.period.define', other, { engine: second }),
    ])
    expect(answers.map((answer) => answer.status).sort()).toEqual(['done', 'refused'])
  })
})

describe('a closed period', () => {
  test('softly: takes postings of those who may, and of nobody else', async () => {
    await openBooks()
    await post('bank:main', 'customers:1', '10.00', '2026-01-10')
    expect(await close('2026-01', 'soft')).toMatchObject({ status: 'done' })
    const clerk = { id: 'clerk', kind: 'key' as const, permissions: ['ledger.transaction.*'] }
    const late = { ...posting('bank:main', 'customers:1', '5.00'), value_time: at('2026-01-31') }
    expect(await world.execute('ledger.transaction.post', late, { actor: clerk })).toMatchObject({
      refusal: {
        code: 'period_closed',
        details: { period: '2026-01', state: 'soft', first_open_day: '2026-02-01' },
      },
    })
    const controller = {
      ...clerk,
      id: 'controller',
      permissions: [...clerk.permissions, 'ledger.period.post'],
    }
    expect(await world.execute('ledger.transaction.post', late, { actor: controller })).toMatchObject({
      status: 'done',
    })
    expect(await world.execute('ledger.transaction.post', late, { actor: admin })).toMatchObject({
      status: 'done',
    })
    expect(await world.verify()).toEqual([])
  })

  test.each([
    ['2026-01-31T23:59:59.999Z', '2026-01'],
    ['2026-01-01T00:00:00.000Z', '2026-01'],
    ['2025-12-31T23:59:59.999Z', '2026-01'],
    ['0001-01-01T00:00:00.000Z', '2026-01'],
    ['2026-02-28T23:59:59.999Z', '2026-02'],
    ['2026-03-01T00:00:00.000Z', undefined],
    ['2026-05-01T00:00:00.000Z', undefined],
  ])('hard: %s is refused for lying in %s', async (valueTime, period) => {
    await openBooks()
    expect(await close('2026-01', 'hard')).toMatchObject({ status: 'done' })
    expect(await close('2026-02', 'hard')).toMatchObject({ status: 'done' })
    const answer = await world.execute('ledger.transaction.post', {
      ...posting('bank:main', 'customers:1', '5.00'),
      value_time: valueTime,
    })
    if (period === undefined) expect(answer).toMatchObject({ status: 'done' })
    else
      expect(answer).toMatchObject({
        refusal: { code: 'period_closed', details: { period, state: 'hard', first_open_day: '2026-03-01' } },
      })
    expect(await world.verify()).toEqual([])
  })

  test('refuses whatever carries a value time: batches, holds, amendments, dry runs, imports', async () => {
    await openBooks()
    const { id } = await post('bank:main', 'customers:1', '10.00', '2026-01-10')
    await close('2026-01', 'hard')
    const value_time = at('2026-01-20')
    const code = 'period_closed'
    const order = posting('bank:main', 'customers:1', '5.00')
    const batch = { ledger, mode: 'independent', transactions: [{ postings: order.postings, value_time }] }
    expect(await world.done('ledger.transaction.batch', batch)).toMatchObject({ outcomes: [{ code }] })
    const hold = {
      ledger,
      debit: 'customers:1',
      credit: 'bank:main',
      amount: '1.00',
      asset: 'EUR',
      value_time,
    }
    expect(await world.execute('ledger.hold.reserve', hold)).toMatchObject({ refusal: { code } })
    const reverse = { ledger, transaction: id, value_time }
    expect(await world.execute('ledger.transaction.reverse', reverse)).toMatchObject({ refusal: { code } })
    const correct = { ...order, transaction: id, value_time }
    expect(await world.execute('ledger.transaction.correct', correct)).toMatchObject({ refusal: { code } })
    await expect(world.ask('ledger.transaction.preview', { ...order, value_time })).rejects.toMatchObject({
      code,
    })
    const journal = '2026-01-21 * "late"\n  Assets:Bank  1.00 EUR\n  Equity:Opening\n'
    const files = [
      {
        name: 'a.beancount',
        content: `2020-01-01 open Assets:Bank\n2020-01-01 open Equity:Opening\n${journal}`,
      },
    ]
    expect(
      await world.execute('ledger.journal.import', { ledger, main: 'a.beancount', files }),
    ).toMatchObject({ refusal: { code: 'journal_invalid', details: { errors: [{ code }] } } })
    expect(await world.verify()).toEqual([])
  })

  test('has corrections and reversals of what lies in it land in an open one', async () => {
    await openBooks()
    const first = await post('bank:main', 'customers:1', '10.00', '2026-01-10')
    const second = await post('bank:main', 'customers:2', '20.00', '2026-01-11')
    await close('2026-01', 'hard')
    const corrected = await world.done('ledger.transaction.correct', {
      ...posting('bank:main', 'customers:1', '12.00'),
      transaction: first.id,
    })
    expect(corrected).toMatchObject({ value_time: '2026-05-15T12:00:00.000Z', kind: 'correction' })
    const reversed = await world.done('ledger.transaction.reverse', { ledger, transaction: second.id })
    expect(reversed).toMatchObject({ value_time: '2026-05-15T12:00:00.000Z', kind: 'reversal' })
    expect(await world.verify()).toEqual([])
  })

  test('lets holds on it expire and be settled, now', async () => {
    await openBooks('2026-01-31T23:00:00.000Z')
    await post('bank:main', 'customers:1', '10.00')
    const hold = { ledger, debit: 'customers:1', credit: 'bank:main', asset: 'EUR' }
    const kept = await world.execute('ledger.hold.reserve', { ...hold, amount: '4.00' })
    await world.done('ledger.hold.reserve', {
      ...hold,
      amount: '1.00',
      expires_at: '2026-01-31T23:30:00.000Z',
    })
    world.clock.set('2026-02-01T00:00:00.000Z')
    expect(await close('2026-01', 'hard')).toMatchObject({ status: 'done' })
    expect(await world.execute('ledger.hold.settle', { ledger, hold: kept.id })).toMatchObject({
      status: 'done',
    })
    expect(await world.verify()).toEqual([])
  })
})

describe('closing', () => {
  test('goes in the order of time, and not before the period is over', async () => {
    await openBooks('2026-03-31T23:59:59.999Z')
    expect(await close('2026-02', 'soft')).toMatchObject({
      refusal: { code: 'period_out_of_order', details: { blocking: '2026-01' } },
    })
    expect(await close('2026-01', 'soft')).toMatchObject({ status: 'done' })
    expect(await close('2026-02', 'hard')).toMatchObject({ refusal: { code: 'period_out_of_order' } })
    expect(await close('2026-02', 'soft')).toMatchObject({ status: 'done' })
    expect(await close('2026-02', 'soft')).toMatchObject({ refusal: { code: 'period_in_state' } })
    expect(await close('2026-01', 'hard')).toMatchObject({ status: 'done' })
    expect(await close('2026-01', 'soft')).toMatchObject({ refusal: { code: 'period_in_state' } })
    expect(await close('2026-03', 'soft')).toMatchObject({ refusal: { code: 'period_not_over' } })
    world.clock.advance(1)
    expect(await close('2026-03', 'soft')).toMatchObject({ status: 'done' })
    expect(await close('2031-03', 'soft')).toMatchObject({ refusal: { code: 'period_not_found' } })
    expect(await world.verify()).toEqual([])
  })

  test('moves revenue and expense to retained earnings, asset by asset, whatever the accounts allow', async () => {
    await openBooks()
    await post('bank:main', 'revenue:fees', '100.00', '2026-01-10')
    await post('expenses:rent', 'bank:main', '130.00', '2026-01-12')
    await post('bank:main', 'revenue:fees', '7.00', '2026-01-13', 'USD')
    await post('bank:main', 'revenue:fees', '50.00', '2026-02-01')
    // Refunded in February: the closing of January takes the account below zero for a moment.
    await post('bank:main', 'expenses:rent', '130.00', '2026-02-02')
    await world.done('ledger.account.freeze', {
      ledger,
      address: 'revenue:fees',
      asset: 'EUR',
      frozen: 'both',
    })
    await world.done('ledger.account.close', { ledger, address: 'expenses:rent', asset: 'EUR' })
    const closed = await close('2026-01', 'hard')
    expect(closed).toMatchObject({
      status: 'done',
      output: { state: 'hard', history: [{ version: 1, retained_earnings: 'equity:retained' }] },
    })
    expect(await total('equity:retained')).toBe('-30.00')
    expect(await total('equity:retained', 'USD')).toBe('7.00')
    expect(await total('revenue:fees')).toBe('50.00')
    expect(await total('expenses:rent')).toBe('-130.00')
    const entry = json(closed).output.history[0].entries[0]
    expect(await world.ask('ledger.transaction.get', { ledger, transaction: entry })).toMatchObject({
      kind: 'closing',
      value_time: '2026-01-31T23:59:59.999Z',
      description: 'Closing of 2026-01',
      metadata: { period: '2026-01' },
      postings: [
        { debit: 'equity:retained', credit: 'expenses:rent', amount: '130.00', asset: 'EUR' },
        { debit: 'revenue:fees', credit: 'equity:retained', amount: '100.00', asset: 'EUR' },
        { debit: 'revenue:fees', credit: 'equity:retained', amount: '7.00', asset: 'USD' },
      ],
    })
    expect(await close('2026-02', 'hard')).toMatchObject({ status: 'done' })
    expect(await total('expenses:rent')).toBe('0.00')
    expect(await total('equity:retained')).toBe('150.00')
    expect(await world.execute('ledger.transaction.reverse', { ledger, transaction: entry })).toMatchObject({
      refusal: { code: 'transaction_is_amendment' },
    })
    expect(await world.verify()).toEqual([])
  })

  test('needs an equity account for the result', async () => {
    await openBooks()
    await post('bank:main', 'revenue:fees', '1.00', '2026-01-10')
    const refused = async (more: object, code: string) =>
      expect(await close('2026-01', 'soft', more), code).toMatchObject({ refusal: { code } })
    await refused({}, 'retained_earnings_required')
    await refused({ retained_earnings: 'bank:main' }, 'retained_earnings_unsuitable')
    await refused({ retained_earnings: 'nowhere' }, 'address_not_in_chart')
    await refused({ retained_earnings: 'capital' }, 'asset_not_allowed')
    await refused({ retained_earnings: 'reserve' }, 'account_not_found')
    expect(json(await world.ask('ledger.period.get', { ledger, period: '2026-01' }))).toMatchObject({
      state: 'open',
      history: [],
    })
    await world.done('ledger.account.open', { ledger, address: 'reserve', asset: 'EUR' })
    expect(await close('2026-01', 'soft', { retained_earnings: 'reserve' })).toMatchObject({ status: 'done' })
    expect(await world.verify()).toEqual([])
  })

  test('hard after soft closes what came in between', async () => {
    await openBooks()
    await post('bank:main', 'revenue:fees', '10.00', '2026-01-10')
    await close('2026-01', 'soft')
    await post('bank:main', 'revenue:fees', '3.00', '2026-01-20')
    expect(await total('revenue:fees')).toBe('3.00')
    const answer = json(await close('2026-01', 'hard')).output
    expect(answer.history).toHaveLength(2)
    expect(await total('revenue:fees')).toBe('0.00')
    expect(await total('equity:retained')).toBe('13.00')
    expect(await world.verify()).toEqual([])
  })
})

test('very many revenue accounts are closed by several entries, and opened again', async () => {
  await openBooks()
  const postings = Array.from({ length: 1_001 }, (_, i) => ({
    debit: 'bank:main',
    credit: `revenue:${i}`,
    amount: '1.00',
    asset: 'EUR',
  }))
  await world.done('ledger.transaction.post', { ledger, postings, value_time: at('2026-01-10') })
  const { history } = json(await close('2026-01', 'hard')).output
  expect(history[0].entries).toHaveLength(2)
  expect(await total('equity:retained')).toBe('1001.00')
  expect(await total('revenue:1000')).toBe('0.00')
  await world.done('ledger.period.reopen', { ledger, period: '2026-01' }, { reason: 'test' })
  expect(await total('equity:retained')).toBe('0.00')
  expect(await total('revenue:1000')).toBe('1.00')
  expect(await world.verify()).toEqual([])
})

test('more than one posting can carry is closed by several', async () => {
  await openBooks()
  const most = String(2n ** 256n - 1n)
  await world.done('ledger.asset.register', { code: 'DUST', exponent: 0 })
  for (const amount of [most, most, '7'])
    await post('bank:main', 'revenue:dust', amount, '2026-01-10', 'DUST')
  await close('2026-01', 'hard')
  expect(await total('revenue:dust', 'DUST')).toBe('0')
  expect(await total('equity:retained', 'DUST')).toBe(String(2n ** 257n + 5n))
  expect(await world.verify()).toEqual([])
})

describe('reopening', () => {
  test('undoes the closings, leaves their trace, and lets the period be closed again', async () => {
    await openBooks()
    await post('bank:main', 'revenue:fees', '10.00', '2026-01-10')
    await close('2026-01', 'soft')
    await post('bank:main', 'revenue:fees', '3.00', '2026-01-20')
    await close('2026-01', 'hard')
    const reopen = (reason?: string, period = '2026-01') =>
      world.execute('ledger.period.reopen', { ledger, period }, reason === undefined ? {} : { reason })
    expect(await reopen()).toMatchObject({ refusal: { code: 'reason_required' } })
    expect(await reopen('late invoice', '2026-02')).toMatchObject({ refusal: { code: 'period_in_state' } })
    const answer = json(await reopen('late invoice')).output
    expect(answer).toMatchObject({
      state: 'open',
      history: [
        { state: 'soft' },
        { state: 'hard' },
        { state: 'open', reason: 'late invoice', sha256: null },
      ],
    })
    expect(await total('revenue:fees')).toBe('13.00')
    expect(await total('equity:retained')).toBe('0.00')
    await post('bank:main', 'revenue:fees', '4.00', '2026-01-21')
    await close('2026-01', 'hard')
    expect(await total('equity:retained')).toBe('17.00')
    // What was reported before can still be shown, to the digit.
    const reported = json(await world.ask('ledger.period.verify', { ledger, period: '2026-01', version: 2 }))
    expect(reported.reproducible).toBe(true)
    expect(createHash('sha256').update(reported.trial_balance).digest('hex')).toBe(reported.sha256)
    const { before, after } = JSON.parse(reported.trial_balance)
    const revenue = (accounts: { address: string }[]) => accounts.find((a) => a.address === 'revenue:fees')
    expect(revenue(before.accounts)).toMatchObject({ debits: '10.00', credits: '13.00' })
    expect(revenue(after.accounts)).toMatchObject({ debits: '13.00', credits: '13.00' })
    await expect(
      world.ask('ledger.period.verify', { ledger, period: '2026-01', version: 3 }),
    ).rejects.toMatchObject({ code: 'period_not_closed' })
    expect(await world.verify()).toEqual([])
  })

  test('is refused while a later period is closed hard', async () => {
    await openBooks()
    for (const mode of ['soft', 'hard'] as const)
      for (const period of ['2026-01', '2026-02']) await close(period, mode)
    const reopen = (period: string) =>
      world.execute('ledger.period.reopen', { ledger, period }, { reason: 'mistake' })
    expect(await reopen('2026-01')).toMatchObject({
      refusal: { code: 'period_out_of_order', details: { blocking: '2026-02' } },
    })
    expect(await reopen('2026-02')).toMatchObject({ status: 'done' })
    expect(await reopen('2026-01')).toMatchObject({ status: 'done' })
    expect(await world.verify()).toEqual([])
  })
})

describe('verify', () => {
  test('finds a trial balance that was touched, and a posting smuggled into a closed period', async () => {
    await openBooks()
    const { seq } = await post('bank:main', 'customers:1', '10.00', '2026-02-10')
    await close('2026-01', 'hard')
    await post('bank:main', 'customers:1', '10.00', '2026-02-11')
    const db = world.adminDatabase
    await db.query(`UPDATE ledger.period_changes SET trial_balance = trial_balance || ' '`)
    expect((await world.verify()).map((finding) => finding.check)).toEqual([
      'ledger.closings-are-reproducible',
    ])
    await db.query(`UPDATE ledger.period_changes SET trial_balance = rtrim(trial_balance)`)
    expect(await world.verify()).toEqual([])
    const moved = `value_time = '2026-01-10T00:00:00Z' WHERE seq =`
    await db.query(`UPDATE ledger.journal SET ${moved} ${seq}`)
    await db.query(`UPDATE ledger.postings SET ${moved} ${seq}`)
    expect((await world.verify()).map((finding) => finding.check)).toContain(
      'ledger.closings-are-reproducible',
    )
    await db.query(`UPDATE ledger.journal SET ${moved} ${Number(seq) + 1}`)
    await db.query(`UPDATE ledger.postings SET ${moved} ${Number(seq) + 1}`)
    expect((await world.verify()).map((finding) => finding.check)).toContain(
      'ledger.closed-periods-stay-as-they-are',
    )
  })
})

test('postings and a closing that race: each posting is in the closed trial balance or refused', async () => {
  await openBooks()
  const second = world.secondEngine().engine
  const late = { ...posting('bank:main', 'customers:1', '1.00'), value_time: at('2026-01-20') }
  const posts = Array.from({ length: 40 }, (_, i) =>
    world.execute('ledger.transaction.post', late, i % 2 === 0 ? { engine: second } : {}),
  )
  const [closed, ...answers] = await Promise.all([close('2026-01', 'hard'), ...posts])
  expect(closed).toMatchObject({ status: 'done' })
  const booked = answers.filter((answer) => answer.status === 'done').length
  const reported = json(await world.ask('ledger.period.verify', { ledger, period: '2026-01' }))
  const bank = JSON.parse(reported.trial_balance).after.accounts.find(
    (account: { address: string }) => account.address === 'bank:main',
  )
  expect(bank?.debits ?? '0.00').toBe(`${booked}.00`)
  expect(await world.verify()).toEqual([])
})
