import { canonicalJson, InvalidInput, payloadHash } from '@florin/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('canonical JSON (RFC 8785)', () => {
  test('sorts members by UTF-16 code units (section 3.2.3)', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    }
    expect(Object.values(JSON.parse(canonicalJson(value)))).toHaveLength(7)
    expect(canonicalJson(value).match(/(?<=:")[^"]+/g)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  test('writes the example of section 3.2.4', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  test.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e23, '1e+23'],
    [0.000001, '0.000001'],
    [-0.0000033333333333333333, '-0.0000033333333333333333'],
  ])('writes the number %d as appendix B does', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test('does not depend on the order of members', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reversed(member)]),
      )
    }
    fc.assert(
      fc.property(storable, (value) => {
        expect(payloadHash(reversed(value))).toEqual(payloadHash(value))
      }),
    )
  })

  test('survives a round trip, and tells different values apart', () => {
    fc.assert(
      fc.property(storable, storable, (a, b) => {
        const text = canonicalJson(a)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(text === canonicalJson(b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)))
      }),
    )
  })

  test('leaves out members that are undefined, as JSON does', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  test.each([
    ['U+0000', { a: ['x\0'] }, '/a/0'],
    ['U+0000 in a name', { 'a\0': 1 }, '/'],
    ['half a surrogate pair', '\ud800', '/'],
    ['infinity', { a: Number.POSITIVE_INFINITY }, '/a'],
    ['NaN', Number.NaN, '/'],
    ['bigint', 1n, '/'],
    ['undefined', [undefined], '/0'],
  ])('refuses %s and says where', (_what, value, path) => {
    expect(issuesOf(value)).toMatchObject([{ path }])
  })

  test('refuses what is nested without end instead of running out of stack', () => {
    expect(issuesOf(JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)))).toHaveLength(1)
    expect(issuesOf(JSON.parse('['.repeat(100) + ']'.repeat(100)))).toEqual([])
  })
})

/** JSON values that PostgreSQL can hold. */
const storable = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'grapheme' })
  .filter((value) => !JSON.stringify(value).includes('\\u0000') && JSON.stringify(value).isWellFormed())

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return { members: members.map(([name, member]) => [name, sorted(member)]) }
}

function issuesOf(value: unknown) {
  try {
    canonicalJson(value)
    return []
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues
    throw error
  }
}
