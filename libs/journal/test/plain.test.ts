import { describe, expect, it } from 'vitest'
import { errors, leftOver, lines, read } from './help.ts'

describe('hledger: what is read', () => {
  it('takes date, secondary date, status, code, payee, note, tags and comments', () => {
    const { transactions, errors: problems } = read(
      'hledger',
      `2024/1/5=2024/1/7 ! (c-1) Ada | lunch  ; trip:, who: Bob
    ; seen by Eve
    expenses:food   $1.50  ; kind: fruit, date:2024-01-06
    * assets:cash
`,
    )
    expect(problems).toEqual([])
    expect(transactions[0]).toMatchObject({
      date: '2024-01-05',
      secondaryDate: '2024-01-07',
      status: '!',
      code: 'c-1',
      payee: 'Ada',
      narration: 'lunch',
      tags: ['trip'],
      metadata: { who: 'Bob', comment: 'seen by Eve' },
    })
    expect(transactions[0]?.lines.map(({ metadata }) => metadata)).toEqual([
      { kind: 'fruit', date: '2024-01-06' },
      { status: '*' },
    ])
    expect(lines(transactions[0])).toEqual(['expenses:food 1.50 USD', 'assets:cash -1.50 USD'])
  })

  it('reads symbols as currencies, says so, and lets the caller decide', () => {
    const text = '2024-01-01 x\n  assets:a  $1\n  assets:a  -2 €\n  equity:e\n'
    const told = read('hledger', text)
    expect(told.notices.map(({ message }) => message)).toEqual(['$ is read as USD', '€ is read as EUR'])
    const mapped = read('hledger', text, {}, { commodities: { $: 'AUD' } })
    expect(mapped.commodities.map(({ code }) => code)).toEqual(['AUD', 'EUR'])
  })

  it.each([
    ['1,000.50 EUR', '1000.50'],
    ['1.000,50 EUR', '1000.50'],
    ['1,000 EUR', '1.000'],
    ['1 000 000.5 EUR', '1000000.5'],
    ['1,000,000 EUR', '1000000'],
    ['-EUR 1.5', '-1.5'],
    ['EUR -1.5', '-1.5'],
    ['.5 EUR', '0.5'],
    ['1.2E3 EUR', '1200'],
    ['5E-3 EUR', '0.005'],
  ])('reads the number %s', (text, amount) => {
    const { transactions } = read('hledger', `2024-01-01 x\n  assets:a  ${text}\n  equity:e\n`)
    expect(transactions[0]?.lines[0]).toMatchObject({ amount, commodity: 'EUR' })
  })

  it('learns decimal marks from directives', () => {
    const text = '2024-01-01 x\n  assets:a  1.000 EUR\n  equity:e\n'
    const first = (head: string) => read('hledger', head + text).transactions[0]?.lines[0]?.amount
    expect(first('commodity 1.000,00 EUR\n')).toBe('1000')
    expect(first('decimal-mark ,\n')).toBe('1000')
    expect(first('D 1.000,00 EUR\n')).toBe('1000')
    expect(first('')).toBe('1.000')
  })

  it('takes account types from roots, directives (inherited) and the caller', () => {
    const { accounts, errors: problems } = read(
      'hledger',
      `account store  ; type: A
2024-01-01 x
  store:shelf   1 EUR
  Revenues:r   -1 EUR
  debts:d       1 EUR
  who:knows    -1 EUR
`,
      {},
      { types: { who: 'equity' } },
    )
    expect(problems).toEqual([])
    expect(accounts.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'store asset',
      'store:shelf asset',
      'Revenues:r revenue',
      'debts:d liability',
      'who:knows equity',
    ])
  })

  it('applies aliases, account prefixes and the default year, within their file', () => {
    const { transactions, errors: problems } = read(
      'hledger',
      `Y2023
include sub.journal
2/1 x
  assets:a  1 EUR
  equity:e
`,
      {
        'sub.journal':
          'alias a=assets:a\napply account sub\n1/2 y\n  a  1 EUR\n  b\nend apply account\n2/2 z\n  a  1 EUR\n  equity:e\n',
      },
    )
    expect(problems.map(({ code }) => code)).toEqual(['account_type', 'account_type'])
    expect(transactions.map(({ date }) => date)).toEqual(['2023-01-02', '2023-02-01', '2023-02-02'])
    expect(transactions[0]?.lines.map(({ account }) => account)).toEqual(['sub:a', 'sub:b'])
    expect(transactions[2]?.lines[0]?.account).toBe('assets:a')
  })

  it('names what it does not represent', () => {
    const { notRepresented, errors: problems } = read(
      'hledger',
      'P 2024-01-01 USD 1 EUR\npayee Ada\ntag x\n~ monthly\n  a  1 EUR\n  b\n= assets\n  (x)  1\n',
    )
    expect(problems).toEqual([])
    expect(notRepresented.map(({ line, what }) => `${line} ${what}`)).toEqual([
      '1 P',
      '2 payee',
      '3 tag',
      '4 periodic transaction',
      '7 auto posting rule',
    ])
  })
})

describe('hledger: completing', () => {
  it('balances prices, total prices and implied conversions through the conversion account', () => {
    const result = read(
      'hledger',
      `2024-01-01 unit
  assets:a   3 X @ 1.50 EUR
  assets:b
2024-01-02 total
  assets:a  -3 X @@ 5 EUR
  assets:b
2024-01-03 implied
  assets:a   10 USD
  assets:b   -9 EUR
`,
    )
    expect(result.errors).toEqual([])
    expect(leftOver(result)).toEqual([])
    expect(lines(result.transactions[0])).toEqual([
      'assets:a 3 X',
      'assets:b -4.50 EUR',
      '~equity:conversions -3 X',
      '~equity:conversions 4.50 EUR',
    ])
    expect(lines(result.transactions[1])).toContain('assets:b 5 EUR')
  })

  it('assigns balances by date and checks assertions of every kind', () => {
    const result = read(
      'hledger',
      `2024-01-03 last in time
  assets:a    = 10 EUR
  equity:e
2024-01-01 first in time
  assets:a:s   4 EUR = 4 EUR
  assets:a     1 USD
  equity:e
2024-01-02 second
  assets:a     3 EUR =* 7 EUR
  equity:e
2024-01-04 all
  assets:a     == 2 EUR
  equity:e
`,
    )
    expect(result.errors).toEqual([])
    expect(lines(result.transactions[2])).toEqual(['assets:a 7 EUR', 'equity:e -7 EUR'])
    expect(lines(result.transactions[3]).slice(0, 2)).toEqual(['assets:a -8 EUR', 'assets:a -1 USD'])
  })

  it('balances bracketed postings among themselves and refuses lone ones', () => {
    const text = '2024-01-01 x\n  assets:a  1 EUR\n  equity:e\n  [assets:b]  2 EUR\n'
    expect(errors(read('hledger', `${text}  [assets:c]\n`))).toEqual([])
    expect(errors(read('hledger', text))).toEqual(['1 unbalanced'])
    expect(errors(read('hledger', `${text}  [assets:c]\n  (assets:d)  1 EUR\n`))).toEqual([
      '6 unbalanced_virtual',
    ])
  })
})

describe('ledger', () => {
  it('weighs lots at their cost, not at the selling price', () => {
    const { transactions, errors: problems } = read(
      'ledger',
      '2024/01/01 sale\n  Assets:S  -5 AAPL {$30.00} [2023/01/01] (l1) @ $50.00\n  Assets:C  $250.00\n  Income:G\n',
    )
    expect(problems).toEqual([])
    expect(lines(transactions[0])).toContain('Income:G -100.00 USD')
    expect(transactions[0]?.lines[0]?.metadata).toEqual({
      cost: '{$30.00}',
      'lot-date': '[2023/01/01]',
      'lot-note': '(l1)',
      price: '@ $50.00',
    })
  })

  it('groups thousands by comma, and learns a decimal comma', () => {
    const amounts = (...texts: string[]) =>
      read(
        'ledger',
        texts.map((t) => `2024-01-01 x\n  Assets:A  ${t}\n  Equity:E\n`).join(''),
      ).transactions.map(({ lines: [first] }) => first?.amount)
    expect(amounts('1,000 EUR', '1.000 EUR')).toEqual(['1000', '1.000'])
    expect(amounts('1,50 EUR', '1.000 EUR', '1.000 USD')).toEqual(['1.50', '1000', '1.000'])
  })

  it('takes tags, metadata, the bucket, and refuses automated transactions', () => {
    const { transactions, errors: problems } = read(
      'ledger',
      `bucket Assets:A
2024-01-01 x
  ; :one:two:
  ; Key: a value, with comma
  Expenses:E  $1
= /E/
  (Liabilities:T)  1
`,
    )
    expect(problems.map(({ line, code }) => `${line} ${code}`)).toEqual(['6 automated'])
    expect(transactions[0]).toMatchObject({ tags: ['one', 'two'], metadata: { Key: 'a value, with comma' } })
    expect(lines(transactions[0])).toEqual(['Expenses:E 1 USD', 'Assets:A -1 USD'])
  })
})
