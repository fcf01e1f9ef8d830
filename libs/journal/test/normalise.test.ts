import { expect, it } from 'vitest'
import { type JournalTransaction, normalise } from '../src/index.ts'
import { read } from './help.ts'

const BASE = `2024-01-01 * (c) p | x  ; tag:, k: v
    assets:a   1.50 EUR  ; m: n
    assets:a   0 EUR
    equity:e
`

function text(journal: string): string {
  const [first] = read('hledger', journal).transactions
  if (first === undefined) throw new Error('no transaction')
  return normalise(first)
}

it('the same content is the same text, wherever it stands and however it is spaced', () => {
  expect(text(`; moved\n\n${BASE}`)).toBe(text(BASE))
  expect(text(BASE.replaceAll('1.50', '1.500').replace('   0 EUR', '        0.00 EUR'))).toBe(text(BASE))
})

it.each([
  ['date', '2024-01-01', '2024-01-02'],
  ['status', '* ', '! '],
  ['code', '(c)', '(d)'],
  ['payee', 'p |', 'q |'],
  ['narration', 'x  ;', 'y  ;'],
  ['tag', 'tag:', 'tug:'],
  ['metadata', 'k: v', 'k: w'],
  ['account', 'assets:a   1', 'assets:b   1'],
  ['amount', '1.50', '1.51'],
  ['commodity', '1.50 EUR', '1.50 USD'],
  ['line metadata', 'm: n', 'm: o'],
  ['zero line', 'assets:a   0', 'assets:b   0'],
])('another %s is another text', (_, from, to) => {
  expect(text(BASE.replace(from, to))).not.toBe(text(BASE))
})

it('a file read twice gives the same texts in the same order', () => {
  const all = () => read('hledger', BASE + BASE).transactions.map((t: JournalTransaction) => normalise(t))
  expect(all()).toEqual(all())
  // Equal transactions of one file are told apart by their occurrence, which is the caller's to count.
  expect(new Set(all()).size).toBe(1)
})
