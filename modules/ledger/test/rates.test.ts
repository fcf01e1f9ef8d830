import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { Rational } from '@florin/money'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exactText } from '../src/domain/rates.ts'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
let world: World

beforeAll(async () => {
  world = await createWorld({ modules })
  await world.done('ledger.asset.register', { code: 'TOK', exponent: 18 })
})
afterAll(() => world.close())

const noon = '2026-01-30T12:00:00.000Z'
const record = (source: string, rates: readonly object[], more: object = {}, reason?: string) =>
  world.execute('ledger.rate.record', { source, rates, ...more }, reason === undefined ? {} : { reason })
const rate = (base: string, quote: string, value: string, time = noon, more: object = {}) => ({
  base,
  quote,
  rate: value,
  time,
  ...more,
})
const ask = (input: object) => world.ask('ledger.rate.get', input)
const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: { code?: unknown }) => error.code,
  )

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

/** The rates of all pages of a list. */
async function pagesOf(filter: object): Promise<string[]> {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const input = { limit: 300, ...filter, ...(cursor === undefined ? {} : { cursor }) }
    const page = plain(await world.ask('ledger.rate.list', input))
    seen.push(...page.items.map((item: { rate: string }) => item.rate))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return seen
}

describe('recording', () => {
  test('the same rate again is known, also written another way; another one is refused and nothing is recorded', async () => {
    expect(await record('rec', [rate('EUR', 'USD', '1.20')])).toMatchObject({
      output: { recorded: 1, known: 0 },
    })
    expect(await record('rec', [rate('EUR', 'USD', '6/5'), rate('EUR', 'JPY', '184')])).toMatchObject({
      output: { recorded: 1, known: 1, rates: [{ base: 'EUR', quote: 'JPY', rate: '184' }] },
    })
    const refused = await record('rec', [rate('EUR', 'GBP', '0.86'), rate('EUR', 'USD', '1.21')])
    expect(refused).toMatchObject({
      refusal: { code: 'rate_conflict', details: { sent: '1.21', recorded: '1.20' } },
    })
    expect(await world.ask('ledger.rate.list', { source: 'rec' })).toMatchObject({
      items: [{ quote: 'JPY' }, { quote: 'USD' }],
      next: null,
    })
  })

  test('a correction keeps what it corrects, counts from then on, and can itself be corrected', async () => {
    await record('cor', [rate('EUR', 'USD', '1.02')])
    await record('cor', [rate('EUR', 'USD', '1.20')], { correct: true }, 'digits swapped')
    await record('cor', [rate('EUR', 'USD', '1.19')], { correct: true }, 'read again')
    expect(await world.ask('ledger.rate.list', { source: 'cor', base: 'EUR', quote: 'USD' })).toMatchObject({
      items: [
        { rate: '1.02', revision: 1, reason: null },
        { rate: '1.20', revision: 2, reason: 'digits swapped' },
        { rate: '1.19', revision: 3, reason: 'read again' },
      ],
    })
    expect(await ask({ source: 'cor', base: 'EUR', quote: 'USD', at: noon })).toMatchObject({ rate: '1.19' })
  })

  test('repeats within one call count once, contradictions not at all', async () => {
    const twice = [rate('CHF', 'USD', '1.1'), rate('CHF', 'USD', '1.10')]
    expect(await record('rep', twice)).toMatchObject({ output: { recorded: 1 } })
    const later = '2026-01-30T12:00:00.001Z'
    const against = [rate('CHF', 'USD', '1.1', later), rate('CHF', 'USD', '1.2', later)]
    expect(await record('rep', against)).toMatchObject({ refusal: { code: 'rate_conflict' } })
  })

  test('eight calls at once with overlapping rates in any order record each rate once', async () => {
    const all = ['USD', 'JPY', 'GBP', 'CHF'].map((quote, i) => rate('EUR', quote, `${i + 1}`))
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => record('race', i % 2 === 0 ? all : all.toReversed())),
    )
    const outputs = answers.map((answer) => JSON.parse(JSON.stringify(answer)).output)
    expect(outputs.reduce((sum, output) => sum + output.recorded, 0)).toBe(4)
    expect(outputs.every((output) => output.recorded + output.known === 4)).toBe(true)
  })

  test('of two different rates at once exactly one is recorded', async () => {
    const answers = await Promise.all(
      ['1.1', '1.2', '1.3'].map((value) => record('duel', [rate('EUR', 'USD', value)])),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual(['done', 'refused', 'refused'])
  })

  test.each([
    ['0', 'zero'],
    ['0.00', 'zero'],
    ['-1', 'negative'],
    ['1e3', 'exponent'],
    ['1,2', 'comma'],
    ['1/0', 'no denominator'],
    ['٣', 'digits of another script'],
    ['', 'empty'],
    [`1${'0'.repeat(40)}`, 'huge'],
  ])('the rate "%s" is invalid input: %s', async (value) => {
    expect(await codeOf(record('bad', [rate('EUR', 'USD', value)]))).toBe('invalid_input')
  })

  test('numbers of JSON, too many rates, none, an end before the beginning', async () => {
    expect(await codeOf(record('bad', [{ ...rate('EUR', 'USD', ''), rate: 1.2 }]))).toBe('invalid_input')
    expect(await codeOf(record('bad', []))).toBe('invalid_input')
    expect(
      await codeOf(
        record(
          'bad',
          Array.from({ length: 1_001 }, () => rate('EUR', 'USD', '1')),
        ),
      ),
    ).toBe('invalid_input')
    expect(await record('bad', [rate('EUR', 'USD', '1', noon, { valid_until: noon })])).toMatchObject({
      refusal: { code: 'rate_invalid' },
    })
  })

  test('a thousand rates at once are listed page by page', async () => {
    const many = Array.from({ length: 1_000 }, (_, i) =>
      rate('EUR', 'USD', `1.${String(i).padStart(4, '0')}`, new Date(Date.parse(noon) + i).toISOString()),
    )
    expect(await record('many', many)).toMatchObject({ output: { recorded: 1_000 } })
    const filters = [
      { source: 'many' },
      { source: 'many', base: 'EUR' },
      { source: 'many', base: 'EUR', quote: 'USD' },
    ]
    for (const filter of filters) expect(await pagesOf(filter)).toEqual(many.map((each) => each.rate))
  })

  test('pages without a source go through all sources, each rate once', async () => {
    const whole = plain(await world.ask('ledger.rate.list', { quote: 'JPY', limit: 1_000 })).items
    expect(new Set(whole.map((item: { source: string }) => item.source)).size).toBeGreaterThan(1)
    expect(await pagesOf({ quote: 'JPY', limit: 1 })).toEqual(
      whole.map((item: { rate: string }) => item.rate),
    )
  })
})

describe('the rate of a time', () => {
  const day = (n: number, hour = '12') => `2026-01-${String(n).padStart(2, '0')}T${hour}:00:00.000Z`

  beforeAll(async () => {
    await record('ecb', [
      rate('EUR', 'USD', '1.10', day(10)),
      rate('EUR', 'USD', '1.12', day(12)),
      rate('EUR', 'JPY', '180', day(10)),
      rate('USD', 'CHF', '0.9', day(10), { valid_until: day(11) }),
      rate('TOK', 'USD', '1/3', day(10)),
    ])
  })

  test('is the newest at or before it, to the millisecond', async () => {
    const at = (time: string) => ask({ source: 'ecb', base: 'EUR', quote: 'USD', at: time })
    expect(await at(day(12))).toMatchObject({ rate: '1.12', derivation: 'quoted', time: day(12) })
    expect(await at('2026-01-12T11:59:59.999Z')).toMatchObject({ rate: '1.1', time: day(10) })
    expect(await codeOf(at('2026-01-10T11:59:59.999Z'))).toBe('rate_missing')
  })

  test('is none where it is too old or has expired, and the refusal says what was found', async () => {
    const found = (input: object) => ask({ source: 'ecb', ...input }).catch((error) => error.details.found)
    const old = { base: 'EUR', quote: 'USD', at: day(14), max_age_seconds: 2 * 86_400 - 1 }
    expect(await found(old)).toEqual([{ pair: 'EUR/USD', time: day(12), unusable: 'too old' }])
    expect(await found({ ...old, max_age_seconds: 2 * 86_400 })).toMatchObject({ rate: '1.12' })
    expect(await found({ base: 'USD', quote: 'CHF', at: day(11) })).toEqual([
      { pair: 'USD/CHF', time: day(10), unusable: 'expired' },
    ])
    expect(await found({ base: 'EUR', quote: 'USD', at: day(1) })).toEqual([
      { pair: 'EUR/USD', time: day(10), unusable: 'not yet quoted' },
    ])
    expect(await codeOf(ask({ source: 'other', base: 'EUR', quote: 'USD', at: day(14) }))).toBe(
      'rate_missing',
    )
  })

  test('is turned round and crossed only when asked to, exactly, and says from what', async () => {
    const usdJpy = { source: 'ecb', base: 'USD', quote: 'JPY', at: day(12) }
    expect(await codeOf(ask(usdJpy))).toBe('rate_missing')
    expect(await codeOf(ask({ ...usdJpy, via: 'EUR' }))).toBe('rate_missing')
    expect(await codeOf(ask({ ...usdJpy, inverse: true }))).toBe('rate_missing')
    expect(await ask({ ...usdJpy, via: 'EUR', inverse: true })).toEqual({
      base: 'USD',
      quote: 'JPY',
      rate: '1125/7', // 180 / 1.12
      derivation: 'cross',
      source: 'ecb',
      time: day(12),
      quotes: [
        { base: 'EUR', quote: 'USD', rate: '1.12', time: day(12) },
        { base: 'EUR', quote: 'JPY', rate: '180', time: day(10) },
      ],
    })
    expect(await ask({ source: 'ecb', base: 'USD', quote: 'TOK', inverse: true, at: day(12) })).toMatchObject(
      {
        rate: '3',
        derivation: 'inverse',
      },
    )
  })

  test('a quoted rate is preferred to a derived one', async () => {
    await record('both', [
      rate('EUR', 'USD', '1.1'),
      rate('USD', 'EUR', '0.9'),
      rate('EUR', 'GBP', '0.8'),
      rate('USD', 'GBP', '0.7'),
    ])
    const terms = { source: 'both', via: 'GBP', inverse: true, at: noon }
    expect(await ask({ ...terms, base: 'USD', quote: 'EUR' })).toMatchObject({
      rate: '0.9',
      derivation: 'quoted',
    })
  })

  test('needs two assets that are known', async () => {
    expect(await codeOf(ask({ source: 'ecb', base: 'EUR', quote: 'EUR' }))).toBe('rate_invalid')
    expect(await codeOf(ask({ source: 'ecb', base: 'EUR', quote: 'NOPE' }))).toBe('asset_unknown')
    expect(await codeOf(ask({ source: 'ecb', base: 'EUR', quote: 'USD', via: 'NOPE' }))).toBe('asset_unknown')
  })
})

test('exact numbers are written so that they read back the same, as decimals where there is one', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.bigInt({ min: 1n, max: 10n ** 20n }),
      (n, d) => {
        const value = Rational.of(n, d)
        const text = exactText(value)
        expect(Rational.parse(text).equals(value)).toBe(true)
        if (value.denominator === 1n) expect(text).not.toContain('.')
      },
    ),
  )
  expect(exactText(Rational.parse('-0.05'))).toBe('-0.05')
  expect(exactText(Rational.parse('2/3'))).toBe('2/3')
})
