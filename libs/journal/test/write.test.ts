import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDecimal } from '../src/decimal.ts'
import {
  type AccountType,
  ExportError,
  type ExportJournal,
  type ExportTransaction,
  type JournalResult,
  normalise,
  writeBeancount,
  writeHledger,
} from '../src/index.ts'
import { read } from './help.ts'
import { accepts, hledgerBalances, ledgerBalances, ourBalances, scratchFile, tools } from './tools.ts'

const TOKEN = 'eip155:1/erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'
const TOKEN2 = 'eip155:10/erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'

const BOOKS: ExportJournal = {
  title: 'A "title"\nwith a line',
  accounts: [
    { address: 'customers:42:wallet', type: 'liability', opened: '2024-01-01' },
    { address: 'customers:42:Wallet', type: 'liability', opened: '2024-05-01' },
    { address: 'Assets:US:BofA:Checking', type: 'asset' },
    { address: 'Assets:US:BofA', type: 'asset', opened: '2023-01-01' },
    { address: 'assets:bank:checking account', type: 'asset' },
    { address: 'Income:Misplaced', type: 'expense' },
    { address: '(odd)  [one]; x', type: 'equity' },
    { address: 'never used', type: 'revenue' },
  ],
  assets: [
    { code: 'EUR', exponent: 2 },
    { code: 'JPY', exponent: 0 },
    { code: TOKEN, exponent: 18 },
    { code: TOKEN2, exponent: 6 },
    { code: 'TRUE', exponent: 0 },
    { code: 'x"y;z', exponent: 3 },
  ],
  transactions: [
    {
      date: '2024-02-01',
      description: 'harmless"\n2024-02-02 * "injected"\n  Assets:US:BofA  1000000 EUR ; | \\',
      reference: 'r (1)\n; x:y',
      tags: ['ok', 'not ok, at all'],
      metadata: {
        note: 'a\n    Assets:US:BofA  5 EUR',
        lineno: '7',
        'Odd key': 'date:2020-99-99',
        date: 'x',
        ok: 'fine',
      },
      lines: [
        {
          address: 'customers:42:wallet',
          asset: 'EUR',
          amount: '-12.30',
          metadata: { memo: '[2024-13-99], x' },
        },
        { address: 'Assets:US:BofA:Checking', asset: 'EUR', amount: '12.30' },
        { address: 'Assets:US:BofA', asset: TOKEN, amount: '0.000000000000000001' },
        { address: '(odd)  [one]; x', asset: TOKEN, amount: '-0.000000000000000001' },
      ],
    },
    {
      date: '2024-01-15',
      description: ' (code) ! leading',
      lines: [
        { address: 'customers:42:Wallet', asset: 'x"y;z', amount: '1.125' },
        { address: 'Income:Misplaced', asset: 'x"y;z', amount: '-1.125' },
        { address: 'assets:bank:checking account', asset: 'TRUE', amount: '5' },
        { address: 'Income:Misplaced', asset: 'TRUE', amount: '-5' },
        { address: 'assets:bank:checking account', asset: TOKEN2, amount: '5.5' },
        { address: 'Income:Misplaced', asset: TOKEN2, amount: '-5.5' },
      ],
    },
  ],
}

/** The books an import gave, in the shape of what was exported. */
function exported(result: JournalResult) {
  return {
    accounts: result.accounts
      .map(({ name, type, opened }) => ({ address: name, type, opened: opened ?? '' }))
      .sort((a, b) => (a.address < b.address ? -1 : 1)),
    assets: result.commodities
      .map(({ code, decimals, exponent }) => ({ code, exponent: exponent ?? decimals }))
      .sort((a, b) => (a.code < b.code ? -1 : 1)),
    transactions: result.transactions.map(({ date, narration, code, tags, metadata, lines }) => ({
      date,
      description: narration,
      reference: code ?? '',
      tags,
      metadata,
      lines: lines.map(({ account, commodity, amount, metadata: own }) => ({
        address: account,
        asset: commodity,
        amount,
        metadata: own,
      })),
    })),
  }
}

function wanted(journal: ExportJournal) {
  const transactions = [...journal.transactions].sort((a, b) =>
    a.date < b.date ? -1 : a.date > b.date ? 1 : 0,
  )
  return {
    accounts: journal.accounts
      .map(({ address, type, opened }) => ({ address, type, opened: opened ?? '' }))
      .sort((a, b) => (a.address < b.address ? -1 : 1)),
    assets: [...journal.assets].sort((a, b) => (a.code < b.code ? -1 : 1)),
    transactions: transactions.map((t) => ({
      date: t.date,
      description: t.description,
      reference: t.reference ?? '',
      tags: [...new Set(t.tags ?? [])].sort(),
      metadata: t.metadata ?? {},
      lines: t.lines.map((line) => ({ ...line, metadata: line.metadata ?? {} })),
    })),
  }
}

describe('writing', () => {
  it('comes back exactly, whatever names and texts say', () => {
    const bean = read('beancount', writeBeancount(BOOKS))
    expect(bean.errors).toEqual([])
    expect(exported(bean)).toEqual(wanted(BOOKS))
    const plain = read('hledger', writeHledger(BOOKS))
    expect(plain.errors).toEqual([])
    expect(exported(plain)).toEqual(wanted(BOOKS))
  })

  it.skipIf(!tools.beanCheck)('is accepted by bean-check, which checks the balances too', () => {
    const text = writeBeancount(BOOKS)
    expect(accepts('bean-check', scratchFile('x.beancount', text))).toBe('')
    const wrong = text.replace(
      /balance Assets:US:BofA:Checking {2}12\.30/,
      'balance Assets:US:BofA:Checking  12.31',
    )
    expect(accepts('bean-check', scratchFile('x.beancount', wrong))).toContain('Balance failed')
  })

  it.skipIf(!tools.hledger)('is accepted by hledger check --strict, which checks the balances too', () => {
    const text = writeHledger(BOOKS)
    expect(accepts('hledger', '-f', scratchFile('x.journal', text), 'check', '--strict')).toBe('')
    expect(
      accepts('hledger', '-f', scratchFile('x.journal', text.replace('= 12.30', '= 12.31')), 'check'),
    ).not.toBe('')
    expect(hledgerBalances(scratchFile('x.journal', text)).get('customers:42:wallet')).toEqual(
      new Map([['EUR', '-12.3']]),
    )
  })

  it.skipIf(!tools.ledger)('is read by ledger', () => {
    const path = scratchFile('x.journal', writeHledger(BOOKS))
    expect(accepts('ledger', '-f', path, 'bal')).toBe('')
    expect(ledgerBalances(path).get('customers:42:wallet')).toEqual(new Map([['EUR', '-12.3']]))
  })

  it('keeps names that are valid and maps the others injectively', () => {
    const text = writeBeancount(BOOKS)
    expect(text).toMatch(/open Assets:US:BofA:Checking\n/)
    expect(text).toMatch(
      /open Liabilities:Customers:42:Wallet\n.*customers:42:Wallet|open Liabilities:Customers:42:Wallet\n/,
    )
    expect(text).toMatch(/open Liabilities:Customers:42:Wallet-2\n/)
    expect(text).toMatch(/open Expenses:Income:Misplaced\n/)
    const commodities = [...text.matchAll(/^1970-01-01 commodity (\S+)$/gm)].map((m) => m[1])
    expect(new Set(commodities).size).toBe(BOOKS.assets.length)
    // The same accounts in another order get the same names.
    const names = (journal: ExportJournal) =>
      [...writeBeancount(journal).matchAll(/^\S+ open (\S+)(?:\n {2}florin-address: (.*))?/gm)]
        .map(([, name, address]) => `${name} ${address}`)
        .sort()
    expect(names({ ...BOOKS, accounts: [...BOOKS.accounts].reverse() })).toEqual(names(BOOKS))
  })

  it('refuses books that are none', () => {
    const [first] = BOOKS.transactions
    const bad = (change: Partial<ExportTransaction>) => () =>
      writeBeancount({
        ...BOOKS,
        transactions: [{ date: '2024-01-01', description: '', lines: [], ...first, ...change }],
      })
    const line = { address: 'customers:42:wallet', asset: 'EUR', amount: '1' }
    expect(bad({ lines: [line] })).toThrow(ExportError)
    expect(bad({ lines: [{ ...line, address: 'nobody' }] })).toThrow('nobody')
    expect(bad({ lines: [{ ...line, asset: 'XXX' }] })).toThrow('XXX')
    expect(bad({ lines: [{ ...line, amount: '1e3' }] })).toThrow('1e3')
    expect(bad({ date: '2024-01-01\n' })).toThrow(ExportError)
  })
})

const TYPES: AccountType[] = ['asset', 'liability', 'equity', 'revenue', 'expense']
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'ab:;,|=[](){}"\\\n\t *!-_.#@0 9é'), maxLength: 12 }),
)
const name = fc.oneof(
  fc.constantFrom(
    'Assets:Bank',
    'Assets:Bank:Sub',
    'customers:1:w',
    'customers:1:W',
    'assets:a b',
    'Income:X',
    'a',
  ),
  fc.string({ unit: fc.constantFrom(...'ab:AB ;[(é-0'), minLength: 1, maxLength: 8 }),
)
const date = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .map((d) => d.toISOString().slice(0, 10))
const metadata = fc.dictionary(
  fc.oneof(
    text.filter((t) => t !== '__proto__'),
    fc.constantFrom('ok', 'date', 'lineno', 'type'),
  ),
  text,
  { maxKeys: 3 },
)

const journal: fc.Arbitrary<ExportJournal> = fc
  .record({
    accounts: fc.uniqueArray(fc.record({ address: name, type: fc.constantFrom(...TYPES), opened: date }), {
      selector: ({ address }) => address,
      minLength: 2,
      maxLength: 6,
    }),
    assets: fc.uniqueArray(
      fc.record({
        code: fc.oneof(
          fc.constantFrom('EUR', 'JPY', TOKEN, TOKEN2, 'NULL', 'V'),
          text.filter((t) => t.trim() !== ''),
        ),
        exponent: fc.constantFrom(0, 2, 3, 18),
      }),
      { selector: ({ code }) => code, minLength: 1, maxLength: 4 },
    ),
    seeds: fc.array(
      fc.record({
        date,
        description: text,
        reference: text,
        tags: fc.array(text, { maxLength: 2 }),
        metadata,
        moves: fc.array(
          fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.bigInt({ min: 1n, max: 10n ** 30n }), metadata),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ accounts, assets, seeds }) => ({
    accounts,
    assets,
    transactions: seeds.map(({ moves, tags, ...rest }) => ({
      ...rest,
      tags: [...new Set(tags)],
      lines: moves.flatMap(([from, to, which, n, own]) => {
        const asset = assets[which % assets.length] ?? { code: 'EUR', exponent: 2 }
        const address = (i: number) => accounts[i % accounts.length]?.address ?? ''
        // Books never move anything from an account to itself.
        const other = from + 1 + (to % (accounts.length - 1))
        return [
          {
            address: address(from),
            asset: asset.code,
            amount: formatDecimal({ n: -n, s: asset.exponent }),
            metadata: own,
          },
          { address: address(other), asset: asset.code, amount: formatDecimal({ n, s: asset.exponent }) },
        ]
      }),
    })),
  }))

describe('properties of writing', () => {
  it('what is written reads back as it was, in both formats', () => {
    fc.assert(
      fc.property(journal, (books) => {
        for (const result of [
          read('beancount', writeBeancount(books)),
          read('hledger', writeHledger(books)),
        ]) {
          expect(result.errors).toEqual([])
          expect(exported(result)).toEqual(wanted(books))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('normalise tells equal transactions from others, in both formats alike', () => {
    fc.assert(
      fc.property(journal, (books) => {
        const one = read('beancount', writeBeancount(books)).transactions.map(normalise)
        const two = read('beancount', `\n\n; moved\n${writeBeancount(books)}`).transactions.map(normalise)
        expect(two).toEqual(one)
        const contents = new Set(wanted(books).transactions.map((t) => JSON.stringify(t)))
        expect(new Set(one).size).toBeLessThanOrEqual(contents.size)
      }),
      { numRuns: 50 },
    )
  })

  it.skipIf(!tools.beanCheck || !tools.hledger)('the real tools accept what is generated', () => {
    for (const books of fc.sample(journal, { numRuns: 6, seed: 42 })) {
      const bean = scratchFile('x.beancount', writeBeancount(books))
      expect(accepts('bean-check', bean), bean).toBe('')
      const plain = scratchFile('x.journal', writeHledger(books))
      expect(accepts('hledger', '-f', plain, 'check', '--strict'), plain).toBe('')
      // Same money in both.
      const sum = (r: JournalResult) => [...ourBalances(r)].sort()
      expect(sum(read('hledger', writeHledger(books)))).toEqual(sum(read('beancount', writeBeancount(books))))
    }
  })
})
