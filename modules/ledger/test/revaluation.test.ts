import { kernelModule, systemActor } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { reverseRevaluations } from '../src/workers.ts'

const modules = [kernelModule, ledgerModule]
const start = '2026-03-02T00:00:00.000Z'
let world: World

const always = { overdraft: 'allowed', open_on_first_use: true }
const templates = [
  { address: 'bank:{name}', type: 'asset', ...always },
  { address: 'loans:{name}', type: 'liability', ...always },
  { address: 'fx:{asset}', type: 'equity', ...always },
  { address: 'exchange:gain', type: 'revenue', ...always },
  { address: 'exchange:loss', type: 'expense', ...always },
]
const end = { jan: '2026-01-31T23:59:59.999Z', feb: '2026-02-28T23:59:59.999Z' }
const first = { feb: '2026-02-01T00:00:00.000Z', mar: '2026-03-01T00:00:00.000Z' }

beforeAll(async () => {
  world = await createWorld({ modules, start })
  const rate = (quote: string, value: string, time: string) => ({ base: 'EUR', quote, rate: value, time })
  await world.done('ledger.rate.record', {
    source: 'ecb',
    rates: [
      rate('USD', '1.25', '2026-01-30T15:00:00.000Z'),
      rate('JPY', '200', '2026-01-30T15:00:00.000Z'),
      rate('USD', '1.20', '2026-02-27T15:00:00.000Z'),
      rate('JPY', '180', '2026-02-27T15:00:00.000Z'),
    ],
  })
})
afterAll(() => world.close())

let opened = 0
async function openBook() {
  const ledger = `book-${opened++}`
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  const post = (valueTime: string, ...postings: (readonly [string, string, string, string])[]) =>
    world.done('ledger.transaction.post', {
      ledger,
      value_time: valueTime,
      postings: postings.map(([debit, credit, amount, asset]) => ({ debit, credit, amount, asset })),
    })
  const input = (more: object = {}) => ({
    ledger,
    positions: 'fx',
    monetary: ['bank', 'loans'],
    reporting_asset: 'EUR',
    source: 'ecb',
    inverse: true,
    rounding: 'half-even',
    value_time: end.jan,
    gain: 'exchange:gain',
    loss: 'exchange:loss',
    ...more,
  })
  const revalue = (more: object = {}) => world.execute('ledger.revaluation.post', input(more))
  /** Balances as of a value time, on the debit side, by address and asset. */
  const balances = async (valueTime: string) => {
    const answer = await world.ask('ledger.valuation', {
      ledger,
      reporting_asset: 'EUR',
      source: 'ecb',
      inverse: true,
      rounding: 'half-even',
      rate_time: first.mar,
      value_time: valueTime,
    })
    const { accounts } = plain(answer)
    return Object.fromEntries(
      accounts.map((a: { address: string; asset: string; balance: string }) => [
        `${a.address} ${a.asset}`,
        a.balance,
      ]),
    )
  }
  return { ledger, post, input, revalue, balances }
}
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
const shown = (answer: unknown) =>
  plain(answer).output.lines.map((l: Record<string, unknown>) => [
    l.position,
    l.held,
    l.value,
    l.carrying,
    l.difference,
  ])

/** 1,000 dollars are bought for 900 euros; 100,000 borrowed yen are sold for 550 euros. */
async function january({ post }: Awaited<ReturnType<typeof openBook>>): Promise<void> {
  await post(
    '2026-01-10T09:00:00.000Z',
    ['bank:main', 'fx:USD', '1000.00', 'USD'],
    ['fx:USD', 'bank:main', '900.00', 'EUR'],
  )
  await post(
    '2026-01-15T09:00:00.000Z',
    ['bank:main', 'loans:tokyo', '100000', 'JPY'],
    ['fx:JPY', 'bank:main', '100000', 'JPY'],
    ['bank:main', 'fx:JPY', '550.00', 'EUR'],
  )
}

test('two month ends, worked out by hand', async () => {
  const book = await openBook()
  await january(book)

  const jan = await book.revalue({ reverse_on: first.feb })
  expect(shown(jan)).toEqual([
    // 100,000 yen are owed: at 200 that is 500, and 550 was received for them. A gain.
    ['fx:JPY', '-100000', '-500.00', '-550.00', '50.00'],
    // 1,000 dollars at 1.25 are 800, and 900 was paid. A loss.
    ['fx:USD', '1000.00', '800.00', '900.00', '-100.00'],
  ])
  expect(await book.balances(end.jan)).toMatchObject({
    'exchange:gain EUR': '-50.00',
    'exchange:loss EUR': '100.00',
    'fx:USD EUR': '800.00',
    'fx:JPY EUR': '-500.00',
  })
  // February began long ago, so it is reversed on its first day already: positions are carried at cost again.
  expect(plain(jan).output.reversal).toEqual(expect.any(String))
  expect(await book.balances(first.feb)).toMatchObject({ 'fx:USD EUR': '900.00', 'fx:JPY EUR': '-550.00' })
  expect(await book.balances(first.feb)).not.toHaveProperty('exchange:gain EUR')

  // 400 of the dollars are sold for 350 euros.
  await book.post(
    '2026-02-20T09:00:00.000Z',
    ['fx:USD', 'bank:main', '400.00', 'USD'],
    ['bank:main', 'fx:USD', '350.00', 'EUR'],
  )
  const feb = await book.revalue({ value_time: end.feb, reverse_on: first.mar })
  expect(shown(feb)).toEqual([
    // 100,000 / 180 = 555.555…
    ['fx:JPY', '-100000', '-555.56', '-550.00', '-5.56'],
    // 10 lost on the 400 that were sold, 40 on the 600 that are left.
    ['fx:USD', '600.00', '500.00', '550.00', '-50.00'],
  ])
  expect(await book.balances(end.feb)).toMatchObject({ 'exchange:loss EUR': '55.56', 'fx:USD EUR': '500.00' })
  expect(await book.balances(first.mar)).toEqual({
    'bank:main USD': '600.00',
    'fx:JPY EUR': '-550.00',
    'fx:JPY JPY': '100000',
    'fx:USD EUR': '550.00',
    'fx:USD USD': '-600.00',
    'loans:tokyo JPY': '-100000',
  })
  expect(await world.verify()).toEqual([])
})

test('a revaluation is kept in full, and its transaction and reversal are linked', async () => {
  const book = await openBook()
  await january(book)
  const answer = plain(await book.revalue({ reverse_on: first.feb })).output
  const shownAgain = await world.ask('ledger.revaluation.get', {
    ledger: book.ledger,
    revaluation: answer.id,
  })
  expect(shownAgain).toEqual(answer)
  expect(await world.ask('ledger.revaluation.list', { ledger: book.ledger })).toEqual({
    items: [answer],
    next: null,
  })
  expect(
    await world.ask('ledger.transaction.get', { ledger: book.ledger, transaction: answer.transaction }),
  ).toMatchObject({
    value_time: end.jan,
    reversed_by: answer.reversal,
    metadata: { revaluation: answer.id },
  })
  expect(
    await world.ask('ledger.transaction.get', { ledger: book.ledger, transaction: answer.reversal }),
  ).toMatchObject({
    kind: 'reversal',
    value_time: first.feb,
  })
})

test('without a day of reversal the values are kept, and the next one books only what changed since', async () => {
  const book = await openBook()
  await january(book)
  expect(shown(await book.revalue())[1]).toEqual(['fx:USD', '1000.00', '800.00', '900.00', '-100.00'])
  const again = plain(await book.revalue()).output
  expect(again).toMatchObject({ number: '2', transaction: null, reversal: null })
  expect(shown(await book.revalue({ value_time: end.feb }))[1]).toEqual([
    'fx:USD',
    '1000.00',
    '833.33',
    '800.00',
    '33.33',
  ])
  await expect(
    world.execute('ledger.revaluation.reverse', { ledger: book.ledger, revaluation: again.id }),
  ).resolves.toMatchObject({ refusal: { code: 'revaluation_not_due' } })
})

test('what was dated back into the period is in the next revaluation of it', async () => {
  const book = await openBook()
  await january(book)
  await book.revalue()
  await book.post(
    '2026-01-20T09:00:00.000Z',
    ['bank:main', 'fx:USD', '10.00', 'USD'],
    ['fx:USD', 'bank:main', '9.00', 'EUR'],
  )
  expect(shown(await book.revalue())[1]).toEqual(['fx:USD', '1010.00', '808.00', '809.00', '-1.00'])
})

test('a position that was closed is worth nothing: what is left on it was realised, whatever the rate', async () => {
  const book = await openBook()
  await book.post(
    '2026-01-10T09:00:00.000Z',
    ['bank:main', 'fx:GBP', '100.00', 'GBP'],
    ['fx:GBP', 'bank:main', '115.00', 'EUR'],
  )
  await book.post(
    '2026-01-11T09:00:00.000Z',
    ['fx:GBP', 'bank:main', '100.00', 'GBP'],
    ['bank:main', 'fx:GBP', '117.00', 'EUR'],
  )
  // The source has no rate for pounds, and none is needed.
  const answer = await book.revalue()
  expect(shown(answer)).toEqual([['fx:GBP', '0.00', '0.00', '-2.00', '2.00']])
  expect(plain(answer).output.lines[0].rate).toBeNull()
})

test('money that came in without a price is found, and nothing is booked', async () => {
  const book = await openBook()
  await january(book)
  await book.post('2026-01-16T09:00:00.000Z', ['bank:main', 'exchange:gain', '5.00', 'USD'])
  const before = await world.state()
  expect(await book.revalue()).toMatchObject({
    refusal: { code: 'position_mismatch', details: { asset: 'USD', held: '1005.00', positions: '1000.00' } },
  })
  expect(await book.revalue({ monetary: ['loans'] })).toMatchObject({
    refusal: { code: 'position_mismatch' },
  })
  expect((await world.state())['ledger.postings']).toEqual(before['ledger.postings'])
})

test('two assets in one position, missing rates, closed accounts and odd times are refused', async () => {
  const book = await openBook()
  const code = async (more: object) => plain(await book.revalue(more)).refusal?.code
  await january(book)
  expect(await code({ value_time: '2026-03-02T00:00:00.001Z' })).toBe('revaluation_invalid')
  expect(await code({ reverse_on: end.jan })).toBe('revaluation_invalid')
  expect(await code({ inverse: false })).toBe('rate_missing')
  expect(await code({ value_time: '2026-01-29T00:00:00.000Z' })).toBe('rate_missing')
  expect(await code({ source: 'nobody' })).toBe('rate_missing')
  expect(await code({ reporting_asset: 'NOPE' })).toBe('asset_unknown')
  expect(await code({ gain: 'nowhere:at:all' })).toBe('address_not_in_chart')
  expect(await code({ ledger: 'nowhere' })).toBe('ledger_not_found')
  await world.done('ledger.account.freeze', {
    ledger: book.ledger,
    address: 'fx:USD',
    asset: 'EUR',
    frozen: 'both',
  })
  expect(await code({})).toBe('account_frozen')
  await world.done('ledger.account.freeze', {
    ledger: book.ledger,
    address: 'fx:USD',
    asset: 'EUR',
    frozen: 'no',
  })
  await book.post(end.jan, ['bank:main', 'fx:USD', '1', 'JPY'])
  expect(await code({})).toBe('position_shared')
})

test('the background role reverses on the day and not before, once', async () => {
  const book = await openBook()
  await january(book)
  const time = world.clock.now()
  const soon = new Date(time + 1_000).toISOString()
  const made = plain(await book.revalue({ reverse_on: soon })).output
  expect(made).toMatchObject({ reversal: null, reverse_on: soon })
  const reverse = { ledger: book.ledger, revaluation: made.id }
  expect(await world.execute('ledger.revaluation.reverse', reverse)).toMatchObject({
    refusal: { code: 'revaluation_not_due' },
  })
  const work = () =>
    world.database.snapshot((db) =>
      reverseRevaluations.run({
        view: { db, clock: world.clock, context: world.context() },
        context: (idempotencyKey) => world.context({ actor: systemActor('worker'), idempotencyKey }),
        execute: (command, input, context) => world.engine.execute(command, input, context),
      }),
    )
  expect(await work()).toBe(0)
  world.clock.advance(1_000)
  expect(await work()).toBe(1)
  expect(await work()).toBe(0)
  expect(await world.ask('ledger.revaluation.get', reverse)).toMatchObject({ reversal: expect.any(String) })
  expect(await world.execute('ledger.revaluation.reverse', reverse)).toMatchObject({
    refusal: { code: 'transaction_reversed' },
  })
})

test('the next revaluation reverses what is due before it reads the positions', async () => {
  const book = await openBook()
  await january(book)
  const soon = new Date(world.clock.now() + 1_000).toISOString()
  await book.revalue({ reverse_on: soon })
  world.clock.advance(1_000)
  const answer = await book.revalue({ value_time: soon, rate_time: end.feb })
  expect(shown(answer)[1]).toEqual(['fx:USD', '1000.00', '833.33', '900.00', '-66.67'])
})

test('two at once: the second finds the work done', async () => {
  const book = await openBook()
  await january(book)
  const answers = plain(await Promise.all([book.revalue(), book.revalue()]))
  const booked = answers.filter(
    (answer: { output: { transaction: unknown } }) => answer.output.transaction !== null,
  )
  expect(booked).toHaveLength(1)
})

test('verify finds a revaluation that was not posted as it says', async () => {
  const own = await createWorld({ modules, start })
  await own.done('ledger.open', { ledger: 'one' })
  const add = (lines: string) =>
    own.adminDatabase.query(
      `INSERT INTO ledger.revaluations (id, ledger_id, number, transaction, value_time, reporting_asset, positions, source,
         rate_time, rounding, lines, seq, booked_at)
       VALUES (gen_random_uuid(), 1, (SELECT count(*) FROM ledger.revaluations), gen_random_uuid(), $1, 'EUR', 'fx', 'ecb', $1,
         'half-even', $2, 0, $1)`,
      [end.jan, lines],
    )
  await add('[{"position":"fx:USD","difference":"0.00"}]')
  expect(await own.verify()).toEqual([])
  await add('[{"position":"fx:USD","difference":"-100.10"}]')
  expect(await own.verify()).toMatchObject([
    { check: 'ledger.revaluations-posted-as-worked-out', expected: '-100.1', found: '0' },
  ])
  await own.close()
})

const exchange = fc.record({
  asset: fc.constantFrom('USD', 'JPY'),
  buys: fc.boolean(),
  foreign: fc.bigInt({ min: 1n, max: 10n ** 9n }),
  euros: fc.bigInt({ min: 1n, max: 10n ** 9n }),
  day: fc.integer({ min: 1, max: 31 }),
})
const centsPer: Readonly<Record<string, { num: bigint; den: bigint; decimals: number }>> = {
  // One cent is 0.8 euro cents; one yen is half a cent.
  USD: { num: 4n, den: 5n, decimals: 2 },
  JPY: { num: 1n, den: 2n, decimals: 0 },
}
const text = (minor: bigint, decimals: number): string =>
  decimals === 0 ? String(minor) : `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`
const cents = (amount: string): bigint => BigInt(amount.replace('.', ''))

test('whatever was exchanged: difference = worth − cost, and after the reversal the books are as before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(exchange, { minLength: 1, maxLength: 10 }), async (exchanges) => {
      const book = await openBook()
      const model = new Map<string, { held: bigint; cost: bigint }>()
      for (const { asset, buys, foreign, euros, day } of exchanges) {
        const fx = `fx:${asset}`
        const [amount, price] = [text(foreign, centsPer[asset]?.decimals ?? 0), text(euros, 2)]
        const when = `2026-01-${String(day).padStart(2, '0')}T09:00:00.000Z`
        if (buys) await book.post(when, ['bank:main', fx, amount, asset], [fx, 'bank:main', price, 'EUR'])
        else await book.post(when, [fx, 'bank:main', amount, asset], ['bank:main', fx, price, 'EUR'])
        const { held, cost } = model.get(fx) ?? { held: 0n, cost: 0n }
        model.set(
          fx,
          buys ? { held: held + foreign, cost: cost + euros } : { held: held - foreign, cost: cost - euros },
        )
      }
      const before = await book.balances(first.feb)
      const { lines } = plain(await book.revalue({ reverse_on: first.feb })).output
      for (const line of lines) {
        const { held, cost } = model.get(line.position) ?? { held: 0n, cost: 0n }
        const { num = 0n, den = 1n } = centsPer[line.asset] ?? {}
        expect([cents(line.held), cents(line.carrying)]).toEqual([held, cost])
        // Within half a cent of the exact worth.
        const off = 2n * (cents(line.value) * den - held * num)
        expect(off <= den && -off <= den).toBe(true)
        expect(cents(line.difference)).toBe(cents(line.value) - cost)
      }
      const then = await book.balances(end.jan)
      for (const line of lines) expect(cents(then[`${line.position} EUR`] ?? '0.00')).toBe(cents(line.value))
      expect(await book.balances(first.feb)).toEqual(before)
    }),
    { numRuns: 25 },
  )
  expect(await world.verify()).toEqual([])
})
