import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

// Reports of one story, kept as files beside this one: what they say must never change by accident.

const ledger = 'shop'
const templates = [
  ['bank:{name}', 'asset'],
  ['customers:{id}:wallet', 'liability'],
  ['suspense:{name}', 'liability'],
  ['revenue:{what}', 'revenue'],
  ['expenses:{what}', 'expense'],
  ['equity:{what}', 'equity'],
].map(([address, type]) => ({ address, type, overdraft: 'allowed', open_on_first_use: true }))

let world: World
beforeAll(async () => {
  world = await createWorld({ modules: [kernelModule, ledgerModule], start: '2026-03-02T09:00:00.000Z' })
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  const periods = [
    ['2026-03', '2026-03-01', '2026-03-31'],
    ['2026-04', '2026-04-01', '2026-04-30'],
    ['2026-05', '2026-05-01', '2026-05-31'],
  ].map(([name, first_day, last_day]) => ({ name, first_day, last_day }))
  await world.done('ledger.period.define', { ledger, periods })
  const post = async (debit: string, credit: string, amount: string, more: object = {}) => {
    const postings = [{ debit, credit, amount, asset: 'EUR' }]
    return JSON.parse(
      JSON.stringify(await world.done('ledger.transaction.post', { ledger, postings, ...more })),
    )
  }
  await post('bank:main', 'equity:capital', '1000.00', { description: '=cmd|"/c calc"!A1' })
  await post('bank:main', 'customers:1:wallet', '250.00')
  const mistaken = await post('customers:1:wallet', 'revenue:fees', '30.00', { reference: 'fee-1' })
  await post('expenses:rent', 'bank:main', '12.50')
  await post('bank:main', 'suspense:unknown', '77.00', { reference: '+44 20', description: 'who, "whom"?' })
  world.clock.set('2026-04-10T09:00:00.000Z')
  await post('customers:1:wallet', 'revenue:fees', '5.00')
  await post('suspense:unknown', 'customers:1:wallet', '50.00')
  const close = { ledger, mode: 'hard', retained_earnings: 'equity:retained' }
  await world.done('ledger.period.close', { ...close, period: '2026-03' })
  world.clock.set('2026-05-04T09:00:00.000Z')
  await world.done('ledger.period.close', { ...close, period: '2026-04' })
  const postings = [{ debit: 'customers:1:wallet', credit: 'revenue:fees', amount: '3.00', asset: 'EUR' }]
  await world.done('ledger.transaction.correct', { ledger, transaction: mistaken.id, postings })
  await post('customers:1:wallet', 'revenue:fees', '4.00')
})
afterAll(() => world.close())

const march = { ledger, period: '2026-03' }
const may = { ledger, period: '2026-05', compare_period: '2026-03' }

test.each([
  ['trial-balance', 'march', march],
  ['trial-balance', 'may-beside-march', may],
  ['rollup', 'may-beside-march', { ...may, depth: 2 }],
  ['income-statement', 'march-as-booked', march],
  ['income-statement', 'march-restated', { ...march, corrections: 'restated' }],
  ['income-statement', 'may-beside-march-as-booked', may],
  ['income-statement', 'may-beside-march-restated', { ...may, corrections: 'restated' }],
  ['balance-sheet', 'march', march],
  ['balance-sheet', 'march-restated', { ...march, corrections: 'restated' }],
  ['balance-sheet', 'may-beside-march', may],
  ['general-ledger', 'may', { ledger, period: '2026-05' }],
  ['general-ledger', 'march', march],
  ['aged-balances', 'may', { ledger, prefix: 'suspense', day: '2026-05-31' }],
])('%s, %s', async (report, name, input) => {
  const file = `files/reports/${report}-${name}`
  const answer = await world.ask(`ledger.report.${report}`, input)
  await expect(`${JSON.stringify(answer, undefined, 2)}\n`).toMatchFileSnapshot(`${file}.json.txt`)
  if (report !== 'general-ledger') {
    const text = await world.askFor('text/plain', `ledger.report.${report}`, input)
    await expect(text).toMatchFileSnapshot(`${file}.txt`)
  }
  const table = await world.askFor('text/csv', `ledger.report.${report}`, input)
  await expect(table).toMatchFileSnapshot(`${file}.csv`)
})

test('what March reported can still be read after the correction, to the digit', async () => {
  const then = await world.ask('ledger.report.income-statement', march)
  expect(await world.ask('ledger.report.income-statement', { ...march, as_of_seq: '9' })).toEqual({
    ...Object(then),
    as_of_seq: '9',
  })
  const restated = { ...march, corrections: 'restated' }
  const believed = { ...restated, booked_until: '2026-05-01T00:00:00.000Z' }
  expect(await world.ask('ledger.report.income-statement', believed)).toMatchObject({
    assets: [{ result: { amount: '17.50' } }],
  })
  expect(await world.ask('ledger.report.income-statement', restated)).toMatchObject({
    assets: [{ result: { amount: '-9.50' } }],
  })
})
