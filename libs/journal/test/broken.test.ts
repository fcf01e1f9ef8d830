import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalFormat } from '../src/index.ts'
import { errors, leftOver, read } from './help.ts'
import { accepts, PATIENCE, readDisk, scratch, tools } from './tools.ts'

const O = '2020-01-01 open Assets:A\n2020-01-01 open Assets:B\n'

/** [what is wrong, text, expected `line code`s]; the real tool must refuse the text too. */
const BEANCOUNT: [string, string, string[]][] = [
  [
    'an unbalanced transaction',
    `${O}2020-01-02 * "x"\n  Assets:A  1 USD\n  Assets:B  -2 USD\n`,
    ['3 unbalanced'],
  ],
  [
    'two elided postings',
    `${O}2020-01-02 * "x"\n  Assets:A  1 USD\n  Assets:B\n  Assets:B\n`,
    ['6 too_many_elided'],
  ],
  ['a false balance', `${O}2020-01-02 balance Assets:A  1 USD\n`, ['3 assertion']],
  ['an account never opened', `${O}2020-01-02 * "x"\n  Assets:A  1 USD\n  Assets:C\n`, ['5 account_unknown']],
  [
    'an account not open yet',
    `${O}2019-01-02 * "x"\n  Assets:A  1 USD\n  Assets:B\n`,
    ['4 account_not_open', '5 account_not_open'],
  ],
  [
    'a closed account',
    `${O}2020-01-02 close Assets:A\n2020-01-03 * "x"\n  Assets:A  1 USD\n  Assets:B\n`,
    ['5 account_closed'],
  ],
  ['a second open', `${O}2020-01-02 open Assets:A\n`, ['3 duplicate_open']],
  ['a close without open', `${O}2020-01-02 close Assets:C\n`, ['3 close_unopened']],
  [
    'a forbidden currency',
    '2020-01-01 open Assets:A EUR\n2020-01-01 open Assets:B\n2020-01-02 * "x"\n  Assets:A  1 USD\n  Assets:B\n',
    ['4 currency_not_allowed'],
  ],
  ['an unused pad', `${O}2020-01-02 pad Assets:A Assets:B\n`, ['3 unused_pad']],
  ['a wrong root', `${O}2020-01-02 open Foo:A\n`, ['3 account_root', '3 account_type']],
  ['no such day', '2020-02-30 open Assets:A\n', ['1 syntax']],
  ['an unknown directive', `${O}2020-01-02 frobnicate Assets:A\n`, ['3 syntax']],
  ['a word at the top', `${O}hello world\n`, ['3 syntax']],
  ['an unknown option', `${O}option "frob" "1"\n`, ['3 option']],
  ['an unclosed string', `${O}2020-01-02 * "x\n  Assets:A  1 USD\n  Assets:B\n`, ['3 syntax']],
  ['a wrong number', `${O}2020-01-02 * "x"\n  Assets:A  1,00,0.50 USD\n  Assets:B\n`, ['4 syntax']],
  [
    'two errors',
    `${O}2020-01-02 * "x"\n  Assets:A  .5 USD\n  Assets:B  ? USD\n2020-01-03 foo\n`,
    ['4 syntax', '5 syntax', '6 syntax'],
  ],
  [
    'a posting after a blank line',
    `${O}2020-01-02 * "x"\n  Assets:A  1 USD\n\n  Assets:B\n`,
    ['3 unbalanced', '6 syntax'],
  ],
  ['unbalanced tags', `${O}poptag #a\n`, ['3 unbalanced_tag']],
  [
    'a negative price',
    `${O}2020-01-02 * "x"\n  Assets:A  1 USD @ -2 EUR\n  Assets:B\n`,
    ['4 negative_price'],
  ],
  [
    'cost and price apart',
    `${O}2020-01-02 * "x"\n  Assets:A  1 XX {1 USD} @ 2 EUR\n  Assets:B\n`,
    ['4 cost_price_currency'],
  ],
  ['a missing include', `${O}include "nowhere.beancount"\n`, ['3 include_not_found']],
]

const HLEDGER: [string, string, string[]][] = [
  ['an unbalanced transaction', '2020-01-02 x\n  assets:a  1 USD\n  assets:b  -2 USD\n', ['1 unbalanced']],
  ['two commodities of one sign', '2020-01-02 x\n  assets:a  1 USD\n  assets:b  2 EUR\n', ['1 unbalanced']],
  ['two elided postings', '2020-01-02 x\n  assets:a  1 USD\n  assets:b\n  assets:c\n', ['4 too_many_elided']],
  ['a false assertion', '2020-01-02 x\n  assets:a  1 USD = 2 USD\n  assets:b\n', ['2 assertion']],
  [
    'an assertion with other commodities',
    '2020-01-02 x\n  assets:a  1 USD\n  assets:a  1 EUR == 1 EUR\n  assets:b\n',
    ['3 assertion'],
  ],
  ['no such day', '2020-02-30 x\n  assets:a  1 USD\n  assets:b\n', ['1 syntax']],
  ['a wrong amount', '2020-02-03 x\n  assets:a  1 USD EUR\n  assets:b\n', ['2 syntax']],
  ['a posting after a blank line', '2020-01-02 x\n  assets:a  0 USD\n\n  assets:b\n', ['4 syntax']],
  ['an unknown directive', 'frobnicate\n', ['1 unsupported_directive']],
  ['a missing include', 'include nowhere.journal\n', ['1 include_not_found']],
  [
    'a decimal mark twice',
    'decimal-mark .\n2020-02-03 x\n  assets:a  1,000.000.00 USD\n  assets:b\n',
    ['3 syntax'],
  ],
]

describe('broken journals', () => {
  it.each(BEANCOUNT)('beancount: %s', (_, text, expected) => {
    expect(errors(read('beancount', text))).toEqual(expected)
  })

  it.each(HLEDGER)('hledger: %s', (_, text, expected) => {
    expect(errors(read('hledger', text))).toEqual(expected)
  })

  it.skipIf(!tools.beanCheck)(
    'bean-check refuses the same files',
    () => {
      const folder = scratch()
      for (const [what, text] of BEANCOUNT) {
        const path = join(folder, 'x.beancount')
        writeFileSync(path, text)
        expect(accepts('bean-check', path), what).not.toBe('')
      }
    },
    120_000,
  )

  it.skipIf(!tools.hledger)('hledger refuses the same files', () => {
    const folder = scratch()
    for (const [what, text] of HLEDGER) {
      const path = join(folder, 'x.journal')
      writeFileSync(path, text)
      expect(accepts('hledger', '-f', path, 'check'), what).not.toBe('')
    }
  })

  it('refuses what would need other books, with file and line', () => {
    expect(errors(read('hledger', '2020-01-01 x\n  assets:a  1\n  equity:e\n'))).toEqual(['2 no_commodity'])
    expect(errors(read('hledger', '1/2 x\n  assets:a  1 EUR\n  equity:e\n'))).toEqual(['1 date_without_year'])
    expect(errors(read('ledger', '2020-01-01 x\n  Assets:A  ($1 * 2)\n  Equity:E\n'))).toEqual([
      '2 value_expression',
    ])
    expect(errors(read('ledger', 'i 2020/01/01 10:00:00 A\n'))).toEqual(['1 unsupported_directive'])
    expect(errors(read('ledger', 'C 1.00 Kb = 1024 b\n'))).toEqual(['1 unsupported_directive'])
    expect(errors(read('beancount', 'plugin "my.own"\n'))).toEqual(['1 plugin'])
    expect(errors(read('beancount', 'option "booking_method" "AVERAGE"\n'))).toEqual([])
  })

  it('refuses two names that claim one original', () => {
    const text =
      '2020-01-01 open Assets:A\n  florin-address: "x"\n2020-01-01 open Assets:B\n  florin-address: "x"\n'
    expect(errors(read('beancount', text))).toEqual(['3 merged_names'])
    expect(errors(read('beancount', `${O}2020-01-01 open Assets:C\n  florin-address: "Assets:A"\n`))).toEqual(
      ['3 merged_names'],
    )
  })

  it('survives what is far too long', () => {
    expect(errors(read('beancount', `2020-01-01 open Assets:A "${'x'.repeat(3_000_000)}`))).toEqual([
      '1 syntax',
    ])
    const digits = '9'.repeat(2_000_000)
    expect(errors(read('beancount', `${O}2020-01-02 balance Assets:A ${digits} USD\n`))).toEqual(['3 syntax'])
    expect(errors(read('hledger', `2020-01-01 x\n  assets:a  ${digits} EUR\n  equity:e\n`))).toEqual([
      '2 syntax',
    ])
    expect(
      errors(read('beancount', `${O}2020-01-02 balance Assets:A ${'('.repeat(100_000)}1 USD\n`)),
    ).toEqual(['3 syntax'])
  })

  it('refuses include cycles', () => {
    const files = { 'a.journal': 'include main.journal\n', 'main.journal': '' }
    expect(errors(read('hledger', 'include a.journal\n', files))).toEqual(['1 include_cycle'])
    const beans = { 'a.beancount': 'include "main.beancount"\n', 'main.beancount': '' }
    expect(errors(read('beancount', 'include "a.beancount"\n', beans))).toEqual(['1 include_twice'])
  })

  it.each<JournalFormat>(['beancount', 'hledger', 'ledger'])(
    '%s: CRLF, BOM, unicode, huge numbers, NUL',
    (format) => {
      const digits = '9'.repeat(300)
      const bean = `\ufeff2020-01-01 open Assets:Ünïcode\r\n2020-01-01 open Equity:E\r\n2020-01-02 * "é😀"\r\n  Assets:Ünïcode  ${digits}.000000000000000001 USD\r\n  Equity:E\r\n`
      const plain = `\ufeff2020-01-02 é😀\r\n  Assets:Ünïcode 银行  ${digits}.000000000000000001 USD\r\n  Equity:E\r\n`
      const text = format === 'beancount' ? bean : plain
      const result = read(format, text)
      expect(result.errors).toEqual([])
      expect(result.transactions[0]?.narration).toBe('é😀')
      expect(result.transactions[0]?.lines[1]?.amount).toBe(`-${digits}.000000000000000001`)
      expect(read(format, `${text}\0`).errors.map(({ code }) => code)).toContain('nul_byte')
    },
  )

  it('never throws, whatever is cut or changed, and what it books balances', () => {
    const bean = `${O}2020-01-02 * "p" "x" #t ^l\n  k: "v"\n  Assets:A  10 HOOL {1.5 USD, 2020-01-01, "l"} @ 2 USD\n  Assets:B\n2020-01-03 balance Assets:A (1+2)*3 ~ 0.1 HOOL\n2020-01-03 pad Assets:A Assets:B\noption "a" "b"\n`
    const plain = `alias a=b\n2020-01-02=2020-01-03 * (c) p | x ; t: v\n  [assets:a]  10 "HO OL" {$1.5} [2020-01-01] @@ $2 = 3 X\n  [assets:b]\ncommodity $1,000.00\naccount a ; type: A\nD 1.0 EUR\n~ monthly\n= x\n`
    fc.assert(
      fc.property(
        fc.constantFrom<[JournalFormat, string]>(['beancount', bean], ['hledger', plain], ['ledger', plain]),
        fc.array(
          fc.tuple(fc.nat(300), fc.nat(3), fc.constantFrom(...'{}()[]@=*"\'\\;:#^~-+/.,0 9\n\t\0😀Aa$|')),
        ),
        ([format, text], edits) => {
          let changed = text
          for (const [at, length, insert] of edits)
            changed = changed.slice(0, at) + insert + changed.slice(at + length)
          const result = read(format, changed)
          expect(leftOver(result)).toEqual([])
          for (const { file, line } of result.errors) {
            expect(file).not.toBe('')
            expect(line).toBeGreaterThan(0)
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  it.skipIf(!tools.beanExample)('a file cut off anywhere is read to its end', () => {
    const text = execFileSync(
      'bean-example',
      ['--seed', '7', '--date-begin', '2023-01-01', '--date-end', '2023-06-01'],
      { ...PATIENCE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    for (let cut = 1000; cut < text.length; cut += Math.floor(text.length / 25)) {
      const path = join(scratch(), 'cut.beancount')
      writeFileSync(path, text.slice(0, cut))
      expect(leftOver(readDisk(path))).toEqual([])
    }
  })
})
