import { defineCommand, defineModule, kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { Type } from 'typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import {
  bookOrders,
  ledgerModule,
  readBalances,
  readHolds,
  readMovements,
  type UnitOrder,
} from '../src/index.ts'

/** What the next call of the command asks of the books; each entry is one call of `bookOrders`. */
let asked: readonly (readonly UnitOrder[])[] = []

/** A module that books whatever the test says inside one unit of its own. */
const book = defineCommand({
  name: 'desk.orders.book',
  summary: 'Book orders',
  http: { method: 'POST', path: '/v1/desk' },
  input: Type.Object({}),
  output: Type.Object({ outcomes: Type.Array(Type.Unknown()) }),
  permission: 'desk.orders.book',
  refusals: [],
  example: { input: {} },
  async run(unit) {
    const outcomes: unknown[] = []
    for (const orders of asked) {
      for (const outcome of await bookOrders(unit, 'demo', orders)) {
        outcomes.push(
          'refused' in outcome
            ? outcome.refused.code
            : {
                id: outcome.done.id,
                hold: outcome.done.hold ?? null,
                forced: outcome.done.transaction?.forced ?? null,
              },
        )
      }
    }
    return { outcomes }
  },
})

const deskModule = defineModule({
  name: 'desk',
  migrations: new URL('./no-migrations/', import.meta.url),
  commands: [book],
  queries: [],
})

const wallet = 'customers:42:wallet'
const modules = [kernelModule, ledgerModule, deskModule]
let world: World

beforeEach(async () => {
  world = await createWorld({ modules })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
  await world.done('ledger.transaction.post', {
    ledger: 'demo',
    postings: [{ debit: 'bank:main', credit: wallet, amount: '100.00', asset: 'EUR' }],
  })
})
afterEach(async () => {
  expect(await world.verify()).toEqual([])
  await world.close()
})

interface Seen {
  readonly id: string
  readonly hold: { readonly remaining: string; readonly status: string } | null
  readonly forced: boolean | null
}

async function bookAll(...calls: (readonly UnitOrder[])[]): Promise<(Seen | string)[]> {
  asked = calls
  const answer = await world.done('desk.orders.book', {})
  return (answer as { outcomes: (Seen | string)[] }).outcomes
}

function seen(outcome: Seen | string | undefined): Seen {
  if (outcome === undefined || typeof outcome === 'string') throw new Error(`Refused: ${outcome}`)
  return outcome
}

const reserve: UnitOrder = {
  kind: 'reserve',
  key: 'block',
  debit: wallet,
  credit: 'clearing:cards',
  amount: '60.00',
  asset: 'EUR',
}

function pay(amount: string, more: Partial<Extract<UnitOrder, { kind: 'transaction' }>> = {}): UnitOrder {
  const postings = [{ debit: wallet, credit: 'revenue:fees', amount, asset: 'EUR' }]
  return { kind: 'transaction', key: `pay ${amount}`, postings, ...more }
}

const view = () => ({ db: world.database, clock: world.clock, context: world.context() })

test('holds and transactions are folded in their order, in one unit', async () => {
  const [held, tooMuch, fits] = await bookAll([reserve, pay('50.00'), pay('40.00')])
  expect([seen(held).hold?.remaining, tooMuch, seen(fits).hold]).toEqual([
    '60.00',
    'insufficient_funds',
    null,
  ])
  const hold = seen(held).id
  const [part, freed, paid, exceeded] = await bookAll([
    { kind: 'settle', key: 's', hold, amount: '10.00' },
    { kind: 'release', key: 'r', hold, amount: '20.00' },
    pay('20.00'),
    { kind: 'settle', key: 't', hold, amount: '30.01' },
  ])
  expect([seen(part).hold?.remaining, seen(freed).hold?.remaining, typeof seen(paid).id, exceeded]).toEqual([
    '50.00',
    '30.00',
    'string',
    'hold_exceeded',
  ])
  expect(await readHolds(view(), 'demo', [hold])).toEqual(new Map([[hold, 3_000n]]))
  const [rest] = await bookAll([{ kind: 'release', key: 'all', hold }])
  expect(seen(rest).hold).toMatchObject({ remaining: '0.00', status: 'released' })
  expect(await readBalances(view(), 'demo', wallet)).toEqual([
    { address: wallet, asset: 'EUR', exponent: 2, total: 3_000n, reserved: 0n },
  ])
})

test('a second call of the unit sees the holds of the first', async () => {
  const [held] = await bookAll([reserve])
  const hold = seen(held).id
  const outcomes = await bookAll(
    [{ kind: 'release', key: 'a', hold, amount: '59.00' }],
    [
      { kind: 'release', key: 'b', hold, amount: '1.01' },
      { kind: 'release', key: 'c', hold },
    ],
  )
  expect([seen(outcomes[0]).hold?.remaining, outcomes[1], seen(outcomes[2]).hold?.status]).toEqual([
    '1.00',
    'hold_exceeded',
    'released',
  ])
})

test('an identity can be booked once, whatever unit tries', async () => {
  const [first] = await bookAll([pay('1.00', { identity: 'market/trade/1' })])
  asked = [[pay('1.00', { identity: 'market/trade/1' })]]
  await expect(world.execute('desk.orders.book', {})).rejects.toMatchObject({ constraint: 'journal_id_key' })
  const [other] = await bookAll([pay('1.00', { identity: 'market/trade/2' })])
  expect(seen(other).id).not.toBe(seen(first).id)
  expect((await readBalances(view(), 'demo', wallet))[0]?.total).toBe(9_800n)
})

test('what is owed is booked on a frozen account, forced and with its reason, and nothing else is', async () => {
  await world.done(
    'ledger.account.freeze',
    { ledger: 'demo', address: wallet, asset: 'EUR', frozen: 'both' },
    { reason: 'A court order' },
  )
  const owed = { force: true, owed: true, reason: 'Executed before' }
  const outcomes = await bookAll([
    pay('1.00'),
    pay('2.00', { force: true, reason: 'No' }),
    pay('3.00', { owed: true }),
    pay('4.00', { force: true, owed: true }),
    pay('5.00', owed),
  ])
  expect(outcomes.slice(0, 4)).toEqual([
    'account_frozen',
    'account_frozen',
    'account_frozen',
    'reason_required',
  ])
  expect(seen(outcomes[4]).forced).toBe(true)
  expect((await readBalances(view(), 'demo', wallet))[0]?.total).toBe(9_500n)
})

test('movements tell of corrections and reversals', async () => {
  const [one, two] = await bookAll([pay('1.00'), pay('2.00')])
  const ids = [seen(one).id, seen(two).id]
  await bookAll([
    { kind: 'reverse', key: 'r', transaction: seen(one).id },
    {
      kind: 'correct',
      key: 'c',
      transaction: seen(two).id,
      postings: [{ debit: wallet, credit: 'revenue:fees', amount: '3.50', asset: 'EUR' }],
    },
  ])
  const found = await readMovements(view(), 'demo', ids)
  expect(
    [...found.values()].map(({ reversed, moves }) => [reversed, moves.map((move) => move.amount)]),
  ).toEqual([
    [true, ['1.00']],
    [false, ['2.00', '1.50']],
  ])
})
