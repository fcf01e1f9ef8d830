import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chartFault, matchTemplate, type Template } from '../src/domain/chart.ts'

function template(address: string): Template {
  return { address, type: 'asset', overdraft: 'forbidden', open_on_first_use: true }
}

function chartOf(...addresses: string[]) {
  return { version: 1, templates: addresses.map(template) }
}

describe('matching', () => {
  test.each([
    ['a:b', ['a:b', 'a:{x}', '{x}:b', '{x*}'], 'a:b'],
    ['a:c', ['a:b', 'a:{x}', '{x}:c', '{x*}'], 'a:{x}'],
    ['d:c', ['a:b', 'a:{x}', '{x}:c', '{x*}'], '{x}:c'],
    ['d:e', ['a:b', 'a:{x}', '{x}:c', '{x*}'], '{x*}'],
    ['a:q:b', ['a:{x*}', 'a:{x}:b'], 'a:{x}:b'],
    ['a:q', ['a:{x*}', 'a:{x}'], 'a:{x}'],
    ['a:q:r:s', ['a:{x*}', 'a:q:{x*}'], 'a:q:{x*}'],
    ['a', ['a:{x*}'], undefined],
    ['a:b:c', ['a:{x}'], undefined],
    ['a', ['a:{x}'], undefined],
    ['A', ['a'], undefined],
  ])('%s among %j falls under %s', (address, templates, wanted) => {
    expect(matchTemplate(chartOf(...templates), address)?.address).toBe(wanted)
    expect(matchTemplate(chartOf(...templates.toReversed()), address)?.address).toBe(wanted)
  })

  const part = fc.constantFrom('a', 'b', '{x}')
  const pattern = fc
    .tuple(fc.array(part, { minLength: 0, maxLength: 3 }), fc.constantFrom('a', 'b', '{x}', '{r*}'))
    .map(([parts, last]) => [...parts, last].map((each, i) => each.replace('x', `x${i}`)).join(':'))

  test('does what a naive matcher does', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(pattern, { minLength: 1, maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }),
        (patterns, segments) => {
          const chart = chartOf(...patterns)
          if (chartFault(chart.templates) !== undefined) return
          const address = segments.join(':')
          expect(matchTemplate(chart, address)?.address).toBe(naiveMatch(patterns, address))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

/** Fits by regular expression; of those that fit, segment by segment, literal before one before many. */
function naiveMatch(patterns: readonly string[], address: string): string | undefined {
  const fits = patterns.filter((pattern) =>
    new RegExp(`^${pattern.replaceAll(/\{\w+\*\}/g, '.+').replaceAll(/\{\w+\}/g, '[^:]+')}$`).test(address),
  )
  const kind = (segment: string | undefined): number =>
    segment === undefined ? -1 : segment.endsWith('*}') ? 2 : segment.startsWith('{') ? 1 : 0
  return fits.toSorted((left, right) => {
    const [l, r] = [left.split(':'), right.split(':')]
    for (let i = 0; i < Math.max(l.length, r.length); i++) {
      if (kind(l[i]) !== kind(r[i])) return kind(l[i]) - kind(r[i])
    }
    return 0
  })[0]
}

describe('faults', () => {
  test.each([
    [['a:{x}', 'a:{y}'], /"a:\{x\}" and "a:\{y\}" fit the same/],
    [['a', 'a'], /fit the same/],
    [['a:{x*}', 'a:{y*}'], /fit the same/],
    [['{x*}:a'], /must be the last/],
    [['{x}:{x}'], /occurs twice/],
    [['a{x}'], /neither a name nor a placeholder/],
    [['{X}'], /neither/],
    [['{}'], /neither/],
    [['{x**}'], /neither/],
  ])('%j', (addresses, message) => {
    expect(chartFault(addresses.map(template))).toMatch(message)
  })

  test('none where every address has one place', () => {
    expect(chartFault(['a', 'a:{x}', 'a:{x*}', 'a:b', '{x}:a', '{x*}'].map(template))).toBeUndefined()
  })
})
