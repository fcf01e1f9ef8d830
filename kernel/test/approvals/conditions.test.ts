import fc from 'fast-check'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { meets } from '../../src/approvals/conditions.ts'
import { hasPath } from '../../src/approvals/schema-paths.ts'

const posting = (amount: unknown, asset = 'EUR') => ({ debit: 'bank', credit: 'till', amount, asset })
const above = (limit: string, asset?: string) => [
  { path: '/postings/*/amount', above: limit, ...(asset === undefined ? {} : { asset }) },
]

test('a threshold is about all amounts together', () => {
  const input = { postings: [posting('600.00'), posting('400')] }
  expect(meets(above('999.99'), input)).toBe(true)
  expect(meets(above('1000'), input)).toBe(false)
  expect(meets(above('1000.000'), { postings: [...input.postings, posting('0.001')] })).toBe(true)
  expect(meets(above('999.99', 'USD'), input)).toBe(false)
  expect(meets(above('599', 'EUR'), { postings: [posting('600'), posting('900', 'USD')] })).toBe(true)
})

test('signs do not help, and what is no decimal counts as more', () => {
  expect(meets(above('1000'), { postings: [posting('-600'), posting('600')] })).toBe(true)
  for (const odd of ['1e9', ' 1', '1,000', '', null, {}, [], 1.5, true, '9'.repeat(200)])
    expect(meets(above('1000'), { postings: [posting(odd)] }), String(odd)).toBe(true)
  expect(meets(above('1000'), { postings: [posting(1001)] })).toBe(true)
  expect(meets(above('1000'), { postings: [posting(1000)] })).toBe(false)
})

test('what is not there is not above, equal to nothing, and absent', () => {
  for (const input of [{}, { postings: [] }, { postings: 'x' }, { postings: [{}] }, null, 'x']) {
    expect(meets(above('0'), input)).toBe(false)
    expect(meets([{ path: '/postings/*/amount', equals: null }], input)).toBe(false)
    expect(meets([{ path: '/postings/*/amount', present: true }], input)).toBe(false)
    expect(meets([{ path: '/postings/*/amount', present: false }], input)).toBe(true)
  }
  expect(meets([{ path: '/constructor', present: true }], {})).toBe(false)
})

test('all conditions must hold, and values are equal only as they are', () => {
  const input = { market: 'USDC-EUR', on: false, limits: { a: 1, b: 'x' } }
  expect(meets([], input)).toBe(true)
  expect(meets([{ path: '/on', equals: false }], input)).toBe(true)
  expect(meets([{ path: '/on', equals: 'false' }], input)).toBe(false)
  expect(meets([{ path: '/limits/*', equals: 'x' }], input)).toBe(true)
  expect(meets([{ path: '/limits/*', equals: 1 }], input)).toBe(true)
  const both = [
    { path: '/market', equals: 'USDC-EUR' },
    { path: '/on', equals: true },
  ] as const
  expect(meets([...both], input)).toBe(false)
  expect(meets(both.slice(0, 1), input)).toBe(true)
})

test('decimals are compared as the numbers they are', () => {
  const cents = fc.bigInt({ min: 0n, max: 10n ** 30n })
  const text = (value: bigint, zeros: number): string =>
    `${value / 100n}.${String(value % 100n).padStart(2, '0')}${'0'.repeat(zeros)}`
  fc.assert(
    fc.property(fc.array(cents, { maxLength: 5 }), cents, fc.nat(20), (amounts, limit, zeros) => {
      const sum = amounts.reduce((a, b) => a + b, 0n)
      const input = { postings: amounts.map((amount, i) => posting(text(amount, (i * zeros) % 7))) }
      for (const near of [limit, sum, sum + 1n, sum - 1n])
        if (near >= 0n) expect(meets(above(text(near, zeros)), input)).toBe(sum > near)
    }),
  )
})

test('any input and any path are answered', () => {
  const path = fc.array(fc.constantFrom('*', 'a', 'b', '0'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.jsonValue(), path, (input, steps) => {
      const where = `/${steps.join('/')}`
      const there = meets([{ path: where, present: true }], input)
      expect(meets([{ path: where, present: false }], input)).toBe(!there)
      if (!there) expect(meets([{ path: where, above: '0' }], input)).toBe(false)
    }),
  )
})

test('a path that no input has is known from the schema', () => {
  const schema = Type.Object({
    ledger: Type.String(),
    postings: Type.Optional(Type.Array(Type.Object({ amount: Type.String() }))),
    either: Type.Union([Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })]),
    metadata: Type.Record(Type.String({ pattern: '^[a-z]+$' }), Type.String()),
    anything: Type.Unknown(),
  })
  for (const good of [
    '/ledger',
    '/postings',
    '/postings/*',
    '/postings/*/amount',
    '/*',
    '/either/b',
    '/metadata/x',
    '/metadata/*',
    '/anything/at/all',
  ])
    expect(hasPath(schema, good.split('/').slice(1)), good).toBe(true)
  for (const bad of [
    '/ledgr',
    '/ledger/x',
    '/postings/amount',
    '/postings/*/amounts',
    '/either/c',
    '/metadata/X',
    '/metadata/x/y',
  ])
    expect(hasPath(schema, bad.split('/').slice(1)), bad).toBe(false)
})
