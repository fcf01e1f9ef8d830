import { defineModule, InvalidInput, Registry, Time } from '@florin/kernel'
import { arbitraryInput } from '@florin/kernel/testing'
import fc from 'fast-check'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { addDrop, createJar, tallyModule } from './tally/index.ts'

const input = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z]+$' }),
    at: Type.Optional(Time),
    parts: Type.Array(Type.Object({ n: Type.Integer() }, { additionalProperties: false })),
    who: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 3 })])),
    mode: Type.Optional(Type.Enum(['all', 'some'])),
  },
  { additionalProperties: false },
)
const operation = {
  ...createJar,
  name: 'tally.sample',
  input,
  http: { method: 'PUT', path: '/sample' },
} as const
const registry: Registry = new Registry([defineModule({ ...tallyModule, commands: [operation as never] })])

function issuesOf(value: unknown) {
  try {
    registry.validate(operation, value)
    return []
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues
    throw error
  }
}

test('every wrong place is named once, with what is wrong there', () => {
  expect(issuesOf({ parts: [{ n: 1.5 }, {}, { n: 1, m: 2 }], who: 'abcd', extra: 1 })).toEqual([
    { path: '/', message: 'lacks name' },
    { path: '/extra', message: 'is not a known member' },
    { path: '/parts/0/n', message: 'must be integer' },
    { path: '/parts/1', message: 'lacks n' },
    { path: '/parts/2/m', message: 'is not a known member' },
    ...issuesOf({ name: 'a', parts: [], who: 'abcd' }),
  ])
  expect(issuesOf({ name: 'A', parts: [] })).toEqual([{ path: '/name', message: 'must match ^[a-z]+$' }])
  expect(issuesOf(null)).toMatchObject([{ path: '/' }])
})

test('a hostile input gets a bounded answer', () => {
  const parts = Array.from({ length: 10_000 }, () => 'x')
  expect(issuesOf({ name: 'a', parts }).length).toBeLessThanOrEqual(20)
})

test.each(['2026-02-30T00:00:00Z', '2023-02-29T00:00:00Z', '0000-01-01T00:00:00Z', '2026-01-01T00:00:60Z'])(
  '%s is no time',
  (at) => {
    expect(issuesOf({ name: 'a', parts: [], at })).toMatchObject([{ path: '/at' }])
  },
)

test('generated inputs are valid', () => {
  for (const schema of [input, addDrop.input, createJar.input]) {
    fc.assert(
      fc.property(arbitraryInput(schema), (value) => {
        if (schema === input) expect(issuesOf(value)).toEqual([])
      }),
      { numRuns: 50 },
    )
  }
})

test('what cannot be told apart is refused at start', () => {
  const twice = { ...tallyModule, commands: [createJar, createJar] }
  expect(() => new Registry([twice])).toThrow('"tally.jar.create" is registered twice')
  const route = { ...createJar, name: 'tally.jar.make' }
  expect(() => new Registry([{ ...tallyModule, commands: [createJar, route] }])).toThrow(
    'Two operations answer POST /v1/jars',
  )
  const undeclared = { ...createJar, refusals: ['nobody_declared_this'] }
  expect(() => new Registry([{ ...tallyModule, commands: [undeclared] }])).toThrow('is not declared')
})

test('a value that is none of the allowed ones is told which they are', () => {
  expect(issuesOf({ name: 'a', parts: [], mode: 'none' })).toEqual([
    { path: '/mode', message: 'must be one of all, some' },
  ])
})

test('a malformed value is told in the words of its description, not as a regular expression', () => {
  const [issue] = issuesOf({ name: 'a', parts: [], at: 'yesterday' })
  expect(issue).toEqual({ path: '/at', message: expect.stringContaining('ISO 8601 in UTC') })
})
