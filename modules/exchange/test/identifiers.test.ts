import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCfi, isIsin, isLei } from '../src/domain/identifiers.ts'

// Those of ISO 17442 and of public registers.
const leis = ['529900T8BM49AURSDO55', '5493001KJTIIGC8Y1R12', '969500AMLHB21RACL168', '1VUV7VQFKUOQSJ21A208']
const isins = ['US0378331005', 'DE000BAY0017', 'GB0002634946', 'AU0000XVGZA3', 'FR0000988040']

test.each(leis)('%s is an LEI', (lei) => {
  expect(isLei(lei)).toBe(true)
})

test.each(isins)('%s is an ISIN', (isin) => {
  expect(isIsin(isin)).toBe(true)
})

const alphabet = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ']

test('one character that is another is found in any LEI', () => {
  fc.assert(
    fc.property(fc.constantFrom(...leis), fc.nat(19), fc.constantFrom(...alphabet), (lei, place, other) => {
      fc.pre(lei[place] !== other)
      expect(isLei(lei.slice(0, place) + other + lei.slice(place + 1))).toBe(false)
    }),
  )
})

test('one digit that is another is found in any ISIN', () => {
  fc.assert(
    fc.property(fc.constantFrom(...isins), fc.nat(11), fc.nat(9), (isin, place, digit) => {
      fc.pre(/[0-9]/.test(isin[place] ?? '') && isin[place] !== String(digit))
      expect(isIsin(isin.slice(0, place) + digit + isin.slice(place + 1))).toBe(false)
    }),
  )
})

test.each([
  ['', false],
  ['529900T8BM49AURSDO5', false],
  ['529900T8BM49AURSDO5X', false],
  ['529900t8bm49aursdo55', false],
] as const)('%j as an LEI: %j', (text, is) => {
  expect(isLei(text)).toBe(is)
})

test('a CFI code is six letters, of a category of the standard', () => {
  expect(['ESVUFR', 'DBFUFR', 'TTXXXX', 'MMXXXX'].map(isCfi)).toEqual([true, true, true, true])
  expect(['ASVUFR', 'ESVUF', 'ESVUFR1', 'esvufr', ''].map(isCfi)).toEqual([false, false, false, false, false])
})
