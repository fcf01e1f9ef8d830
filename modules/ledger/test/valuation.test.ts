import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { Rational, ROUNDING_MODES } from '@florin/money'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
let world: World

const templates = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  { address: 'customers:{id}', type: 'liability', overdraft: 'allowed', open_on_first_use: true },
  { address: 'revenue:{what}', type: 'revenue', overdraft: 'allowed', open_on_first_use: true },
]
const quoted = '2026-01-30T15:00:00.000Z'

beforeAll(async () => {
  world = await createWorld({ modules })
  await world.done('ledger.asset.register', { code: 'TOK', exponent: 18 })
  await world.done('ledger.rate.record', {
    source: 'ecb',
    rates: [
      { base: 'EUR', quote: 'USD', rate: '1.19', time: quoted },
      { base: 'EUR', quote: 'JPY', rate: '184.2', time: quoted },
      { base: 'TOK', quote: 'EUR', rate: '1/3', time: quoted },
    ],
  })
})
afterAll(() => world.close())

async function open(ledger: string): Promise<void> {
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
}
const post = (
  ledger: string,
  debit: string,
  credit: string,
  amount: string,
  asset: string,
  more: object = {},
) => world.done('ledger.transaction.post', { ledger, postings: [{ debit, credit, amount, asset }], ...more })
const value = async (ledger: string, more: object = {}) =>
  JSON.parse(
    JSON.stringify(
      await world.ask('ledger.valuation', {
        ledger,
        reporting_asset: 'EUR',
        source: 'ecb',
        rounding: 'half-even',
        inverse: true,
        ...more,
      }),
    ),
  )

describe('a valuation', () => {
  test('shows every balance, its rate with time and source, its value and what rounding left over', async () => {
    await open('hand')
    await post('hand', 'bank:main', 'customers:1', '100.00', 'USD')
    await post('hand', 'bank:main', 'revenue:fees', '5.55', 'EUR')
    await post('hand', 'bank:main', 'customers:1', '1000', 'JPY')
    await post('hand', 'customers:1', 'bank:main', '1000', 'JPY')
    const answer = await value('hand')
    expect(answer).toMatchObject({ posted: false, reporting_asset: 'EUR', seq: '4', value_time: null })
    expect(
      answer.accounts.map((a: Record<string, unknown>) => [
        a.address,
        a.asset,
        a.balance,
        a.value,
        a.residue,
      ]),
    ).toEqual([
      ['bank:main', 'EUR', '5.55', '5.55', '0'],
      // 100 / 1.19 = 84.0336134… and 8403 cents leave 43/119 of a cent.
      ['bank:main', 'USD', '100.00', '84.03', '43/119'],
      ['customers:1', 'USD', '-100.00', '-84.03', '-43/119'],
      ['revenue:fees', 'EUR', '-5.55', '-5.55', '0'],
    ])
    expect(answer.accounts[1].rate).toEqual({
      base: 'USD',
      quote: 'EUR',
      rate: '100/119',
      derivation: 'inverse',
      source: 'ecb',
      time: quoted,
      quotes: [{ base: 'EUR', quote: 'USD', rate: '1.19', time: quoted }],
    })
    expect(answer.totals).toEqual([
      { type: 'asset', value: '89.58', residue: '43/119' },
      { type: 'liability', value: '84.03', residue: '43/119' },
      { type: 'revenue', value: '5.55', residue: '0' },
    ])
    expect(answer.difference).toEqual({ value: '0.00', residue: '0' })
  })

  test('as CSV has a row for each account and total', async () => {
    const input = {
      ledger: 'hand',
      reporting_asset: 'EUR',
      source: 'ecb',
      rounding: 'half-even',
      inverse: true,
    }
    const lines = (await world.askFor('text/csv', 'ledger.valuation', input)).split('\r\n')
    expect(lines.map((line) => line.replace(/,not posted.*$/, ''))).toEqual([
      'row,address,type,asset,balance,rate,rate_time,rate_source,value,reporting_asset,residue,note',
      'account,bank:main,asset,EUR,5.55,,,,5.55,EUR,0',
      `account,bank:main,asset,USD,100.00,100/119,${quoted},ecb,84.03,EUR,43/119`,
      `account,customers:1,liability,USD,-100.00,100/119,${quoted},ecb,-84.03,EUR,'-43/119`,
      'account,revenue:fees,revenue,EUR,-5.55,,,,-5.55,EUR,0',
      'total,,asset,,,,,,89.58,EUR,43/119',
      'total,,liability,,,,,,84.03,EUR,43/119',
      'total,,revenue,,,,,,5.55,EUR,0',
      'difference,,,,,,,,0.00,EUR,0',
      '',
    ])
  })

  test('posts nothing', async () => {
    const before = await world.digest()
    await value('hand')
    expect(await world.digest()).toBe(before)
  })

  test('rounds as it is told and names no default', async () => {
    expect((await value('hand', { rounding: 'ceiling' })).accounts[1]).toMatchObject({
      value: '84.04',
      residue: '-76/119',
    })
    await expect(value('hand', { rounding: undefined })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(value('hand', { rounding: 'nearest' })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('is of a sequence number, a booking time, or a value time', async () => {
    await open('times')
    const start = world.clock.now()
    const early = new Date(start - 10 * 86_400_000).toISOString()
    await post('times', 'bank:main', 'customers:1', '10.00', 'EUR')
    world.clock.advance(1_000)
    await post('times', 'bank:main', 'customers:1', '1.00', 'EUR', { value_time: early })
    const held = async (more: object) => (await value('times', more)).accounts[0]?.balance
    expect(await held({})).toBe('11.00')
    expect(await held({ seq: '1' })).toBe('10.00')
    expect(await held({ at: new Date(start).toISOString() })).toBe('10.00')
    expect(await held({ value_time: early })).toBe('1.00')
    expect(await held({ value_time: early, seq: '1' })).toBeUndefined()
    expect(await held({ value_time: new Date(start).toISOString() })).toBe('11.00')
  })

  test('is refused where a rate is missing or too old, and needs none for what is not there', async () => {
    await open('missing')
    await post('missing', 'bank:main', 'customers:1', '1.000', 'KWD')
    await expect(value('missing')).rejects.toMatchObject({
      code: 'rate_missing',
      details: { base: 'KWD', quote: 'EUR' },
    })
    expect(await value('missing', { seq: '0' })).toMatchObject({ accounts: [], totals: [] })
    await expect(value('hand', { max_age_seconds: 60 })).rejects.toMatchObject({ code: 'rate_missing' })
    await expect(value('hand', { inverse: false })).rejects.toMatchObject({ code: 'rate_missing' })
    await expect(value('hand', { reporting_asset: 'NOPE' })).rejects.toMatchObject({ code: 'asset_unknown' })
    await expect(value('nowhere')).rejects.toMatchObject({ code: 'ledger_not_found' })
  })

  test('is refused where a value outgrows 256 bits', async () => {
    await open('huge')
    const minor = String(2n ** 256n - 1n)
    await post('huge', 'bank:main', 'customers:1', minor, 'JPY')
    await expect(value('huge', { reporting_asset: 'TOK', via: 'EUR' })).rejects.toMatchObject({
      code: 'amount_out_of_range',
    })
  })
})

const movement = fc.record({
  debit: fc.constantFrom('bank:a', 'bank:b', 'customers:1', 'customers:2'),
  credit: fc.constantFrom('revenue:x', 'revenue:y', 'customers:3'),
  minor: fc.bigInt({ min: 1n, max: 10n ** 9n }),
  asset: fc.constantFrom('EUR', 'USD', 'JPY', 'TOK'),
})
const scale: Readonly<Record<string, bigint>> = { EUR: 100n, USD: 100n, JPY: 1n, TOK: 10n ** 18n }
const toEur: Readonly<Record<string, Rational>> = {
  EUR: Rational.ONE,
  USD: Rational.of(100n, 119n),
  JPY: Rational.of(10n, 1842n),
  TOK: Rational.of(1n, 3n),
}
let opened = 0

test('values and residues come to the exact value, whatever the books hold and however it is rounded', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(movement, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(...ROUNDING_MODES),
      async (movements, rounding) => {
        const ledger = `any-${opened++}`
        await open(ledger)
        const postings = movements.map(({ minor, ...rest }) => ({
          ...rest,
          amount: inMajor(minor, rest.asset),
        }))
        await world.done('ledger.transaction.post', { ledger, postings })
        const answer = await value(ledger, { rounding })
        for (const account of answer.accounts) {
          const exact = Rational.parse(account.balance).times(toEur[account.asset] ?? Rational.ZERO)
          expect(cents(account).equals(exact.times(Rational.of(100n)))).toBe(true)
          const residue = Rational.parse(account.residue)
          expect(residue.abs().compare(Rational.ONE)).toBe(-1)
        }
        // Debits equal credits in every asset, so over the whole books only rounding can be left.
        expect(cents(answer.difference).isZero()).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

/** Value and residue together, in cents. */
function cents(shown: { value: string; residue: string }): Rational {
  return Rational.parse(shown.value).times(Rational.of(100n)).plus(Rational.parse(shown.residue))
}

function inMajor(minor: bigint, asset: string): string {
  const unit = scale[asset] ?? 1n
  if (unit === 1n) return String(minor)
  return `${minor / unit}.${String(minor % unit).padStart(String(unit).length - 1, '0')}`
}
