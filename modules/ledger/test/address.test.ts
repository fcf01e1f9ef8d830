import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressPattern, prefixRange } from '../src/domain/address.ts'

const segment = fc.stringMatching(/^[A-Za-z0-9éßЖ中][A-Za-z0-9_.,;'&()/+#@%!?*éßЖ中-]{0,5}$/)
const anyAddress = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(':'))

function comesBefore(left: string, right: string): boolean {
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0
}

test('the range of a prefix is exactly the addresses below it, in byte order', () => {
  fc.assert(
    fc.property(
      anyAddress,
      fc.oneof(anyAddress, segment),
      fc.constantFrom('', ':', '-', ';', '.'),
      (prefix, rest, joint) => {
        const { self, from, before } = prefixRange(prefix)
        for (const address of [prefix, `${prefix}${joint}${rest}`, rest, `${prefix}${joint}`]) {
          const within = !comesBefore(address, from) && comesBefore(address, before)
          expect(within || address === self, address).toBe(
            address === prefix || address.startsWith(`${prefix}:`),
          )
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  ['customers:42:wallet', true],
  ['Assets:US:BofA:Checking', true],
  ['Ausgaben:Büro & Material', true],
  ['a', true],
  ['', false],
  [':a', false],
  ['a:', false],
  ['a::b', false],
  ['a  b', false],
  [' a', false],
  ['a ', false],
  ['{a}', false],
  ['a"b', false],
  ['a\nb', false],
  ['a\u0000', false],
])('%j is an address: %s', (address, is) => {
  expect(new RegExp(addressPattern, 'u').test(address)).toBe(is)
})
