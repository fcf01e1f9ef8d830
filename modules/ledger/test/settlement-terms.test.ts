import fc from 'fast-check'
import { expect, test } from 'vitest'
import { termsOf } from '../src/domain/settlement-terms.ts'

const prefix = fc.constantFrom('a', 'a:b', 'a:b:c', 'ab', 'a:bb')
const asset = fc.constantFrom('EUR', 'USD')
const all = fc.uniqueArray(
  fc.record({ prefix, asset: fc.option(asset, { nil: undefined }), businessDays: fc.nat(9) }),
  { selector: (terms) => `${terms.prefix} ${terms.asset}` },
)

test('an account follows the longest prefix of whole segments, and there its asset’s own terms, in any order of them', () => {
  fc.assert(
    fc.property(
      all,
      fc.constantFrom('a', 'a:b', 'a:b:c:d', 'ab:c', 'a:bbb', 'b'),
      asset,
      (some, address, of) => {
        const terms = some.map((one, version) => ({ ...one, version }))
        const segments = address.split(':')
        const candidates = segments
          .map((_, i) => segments.slice(0, segments.length - i).join(':'))
          .flatMap((at) => [`${at} ${of}`, `${at} undefined`])
        const expected = candidates
          .map((key) => terms.find((one) => `${one.prefix} ${one.asset}` === key))
          .find((one) => one !== undefined)
        expect(termsOf(terms, address, of)).toBe(expected)
      },
    ),
  )
})
