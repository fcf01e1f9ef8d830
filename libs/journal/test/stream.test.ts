import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { largeJournal } from '../src/generator/index.ts'
import {
  type JournalFormat,
  JournalStream,
  type JournalTransaction,
  NotStreamable,
  type ReadOptions,
  readJournal,
} from '../src/index.ts'
import { CORPUS } from '../src/testing/index.ts'

/** Reads a text in pieces of these sizes, in turn. */
function inPieces(
  name: string,
  format: JournalFormat,
  text: string,
  sizes: readonly number[],
  options?: ReadOptions,
) {
  const read = (learned?: unknown) => {
    const stream = new JournalStream(name, format, options, learned)
    const transactions: JournalTransaction[] = []
    for (let at = 0, i = 0; at < text.length; i++) {
      const size = sizes[i % sizes.length] ?? text.length
      transactions.push(...stream.read(text.slice(at, at + size)))
      at += size
    }
    transactions.push(...stream.end())
    return { ...stream.result(), transactions }
  }
  const first = read()
  return first.again ? read(first.learned) : first
}

const byName = (a: { name?: string; code?: string }, b: { name?: string; code?: string }) =>
  (a.name ?? a.code ?? '') < (b.name ?? b.code ?? '') ? -1 : 1

/** The same transactions, accounts and remarks as the reader of whole files. */
function expectSame(
  name: string,
  format: JournalFormat,
  text: string,
  sizes: readonly number[],
  options?: ReadOptions,
) {
  const whole = readJournal({ name, content: text }, { ...options, format })
  const { learned: _l, again: _a, untold, ...streamed } = inPieces(name, format, text, sizes, options)
  expect(untold).toBe(0)
  const sorted = (result: typeof whole) => ({
    ...result,
    accounts: [...result.accounts].sort(byName),
    commodities: [...result.commodities].sort(byName),
  })
  expect(sorted(streamed)).toEqual(sorted(whole))
}

const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 })

describe('a journal in pieces is what it is as a whole', () => {
  test.each(['beancount', 'hledger', 'ledger'] as const)('generated, %s', (format) => {
    const text = [...largeJournal({ format, transactions: 300, seed: 7, accounts: 20, perDay: 25 })].join('')
    fc.assert(
      fc.property(sizes, (pieces) => expectSame('large', format, text, pieces)),
      { numRuns: 20 },
    )
  })

  test.each([
    ['features.ledger', 'ledger'],
    ['business.ledger', 'ledger'],
    ['business.beancount', 'beancount'],
    ['business.journal', 'hledger'],
    ['comma.journal', 'hledger'],
    ['features.journal', 'hledger'],
  ] as const)('%s, unless it says that it needs the whole', (name, format) => {
    const text = readFileSync(`${CORPUS}/${name}`, 'utf8')
    try {
      expectSame(name, format, text, [37, 1, 500])
    } catch (error) {
      expect(error).toBeInstanceOf(NotStreamable)
    }
  })

  test('strings over several lines, comments with quotes, line ends of all kinds, a byte order mark', () => {
    const text = `\ufeff; don't say "hi\n2026-01-01 open Assets:A\r\n2026-01-01 open Equity:E\r2026-01-02 * "two\nlines\n\n2026-01-03 not a date" "x"\n  Assets:A  1.00 EUR\n  note: "a\nb"\n  Equity:E\n2026-01-03 balance Assets:A 1.00 EUR`
    fc.assert(fc.property(sizes, (pieces) => expectSame('x', 'beancount', text, pieces)))
  })

  test('accounts opened early or late, assertions of parents, lots', () => {
    const text = `2030-01-01 open Assets:Late
2020-01-01 open Assets:A:B
2020-01-01 open Assets:A
2020-01-01 open Equity:E
2020-01-02 * "buy"
  Assets:A:B  10 HOOL {5.00 EUR}
  Equity:E
2020-01-03 balance Assets:A 10 HOOL
2020-01-03 * "sell"
  Assets:A:B  -4 HOOL {5.00 EUR} @ 6.00 EUR
  Assets:A  24.00 EUR
  Equity:E
2020-01-04 balance Assets:A 24.00 EUR
2020-01-04 balance Assets:A:B 6 HOOL
2030-01-02 * "x"
  Assets:Late  1 EUR
  Equity:E
2030-01-03 close Assets:Late
`
    fc.assert(fc.property(sizes, (pieces) => expectSame('x', 'beancount', text, pieces)))
  })

  test('comment blocks, rounding that only the end of the file allows, conversions', () => {
    const text = `comment
2026-01-01 nothing
end comment
2026-01-01 * round
  assets:a  3 X @ 0.333 EUR
  assets:b  -1.00 EUR
2026-01-02 * convert
  assets:a  5 Y
  assets:b  -7.5 EUR
2026-01-02 * more digits
  assets:a  1.0005 Z
  Equity:c
`
    fc.assert(fc.property(sizes, (pieces) => expectSame('x', 'hledger', text, pieces)))
  })

  test('errors have their lines', () => {
    const broken = [
      ...largeJournal({ format: 'beancount', transactions: 60, seed: 3, accounts: 5, perDay: 20 }),
    ]
      .join('')
      .replace(/(balance Assets:Bank:Main {2}\d+)\d\./, '$17.')
      .replace('Sale', 'Sale" "of" "too much')
    expectSame('x', 'beancount', broken, [100, 3])
    expect(inPieces('x', 'beancount', broken, [50]).errors.length).toBeGreaterThan(1)
  })
})

describe('needs the whole', () => {
  const opens = '2026-01-01 open Assets:A\n2026-01-01 open Equity:E\n'
  test.each([
    [
      'beancount',
      'dates out of order',
      `${opens}2026-01-03 * "x"\n  Assets:A 1 EUR\n  Equity:E\n2026-01-02 * "y"\n  Assets:A 1 EUR\n  Equity:E\n`,
    ],
    ['beancount', 'a pad', `${opens}2026-01-03 pad Assets:A Equity:E\n2026-01-04 balance Assets:A 1 EUR\n`],
    ['beancount', 'an include', `include "x"\n${opens}`],
    [
      'beancount',
      'a late option',
      `${opens}2026-01-03 * "x"\n  Assets:A 1 EUR\n  Equity:E\noption "booking_method" "FIFO"\n`,
    ],
    ['hledger', 'an include', 'include x.journal\n'],
    ['hledger', 'a posting’s own date', '2026-01-01 x\n  a  1 EUR  ; date:2026-01-05\n  b\n'],
    ['ledger', 'dates out of order', '2026-01-02 x\n  a  1 EUR\n  b\n2026-01-01 x\n  a  1 EUR\n  b\n'],
    ['ledger', 'what is no text', 'a\0b'],
  ] as const)('%s: %s', (format, _what, text) => {
    expect(() => inPieces('x', format, text, [10])).toThrow(NotStreamable)
  })
})
