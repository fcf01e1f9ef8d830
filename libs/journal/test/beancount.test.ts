import { describe, expect, it } from 'vitest'
import { errors, leftOver, lines, read } from './help.ts'

const OPENS = ['Assets:A', 'Assets:B', 'Assets:Stock', 'Equity:E', 'Income:I', 'Expenses:X']
  .map((account) => `2020-01-01 open ${account}\n`)
  .join('')

function book(text: string, head = '') {
  const result = read('beancount', head + OPENS + text)
  expect(leftOver(result)).toEqual([])
  return result
}

describe('beancount: what is read', () => {
  it('takes accounts, dates, currencies and metadata from open and close', () => {
    const { accounts, errors: problems } = read(
      'beancount',
      '2020-01-01 open Assets:A USD, EUR "FIFO"\n  bank: "B\\"1\\""\n2021-01-01 close Assets:A\n',
    )
    expect(problems).toEqual([])
    expect(accounts).toEqual([
      {
        name: 'Assets:A',
        type: 'asset',
        opened: '2020-01-01',
        closed: '2021-01-01',
        metadata: { bank: 'B"1"', currencies: 'USD, EUR', booking: 'FIFO' },
        source: { file: 'main.beancount', line: 1 },
      },
    ])
  })

  it('takes payee, narration, tags, links, flags and metadata of transaction and posting', () => {
    const { transactions } = book(`pushtag #trip
pushmeta place: "Rome"
2020-02-01 ! "Ada" "Two
lines" #food ^inv-1
  ref: 12.50 USD
  ! Assets:A  1 USD ; a comment
    note: "n"
  Assets:B
popmeta place:
poptag #trip
`)
    expect(transactions[0]).toMatchObject({
      date: '2020-02-01',
      status: '!',
      payee: 'Ada',
      narration: 'Two\nlines',
      tags: ['food', 'trip'],
      links: ['inv-1'],
      metadata: { place: 'Rome', ref: '12.50 USD' },
      source: { line: 9 },
    })
    expect(transactions[0]?.lines[0]).toMatchObject({
      metadata: { flag: '!', note: 'n' },
      source: { line: 12 },
    })
  })

  it('follows the renamed roots', () => {
    const { accounts, errors: problems } = read(
      'beancount',
      'option "name_income" "Ertrag"\n2020-01-01 open Ertrag:Zinsen\n2020-01-01 open Income:Old\n',
    )
    expect(accounts.map(({ name, type }) => [name, type])).toContainEqual(['Ertrag:Zinsen', 'revenue'])
    expect(problems.map(({ code }) => code)).toEqual(['account_root', 'account_type'])
  })

  it('computes arithmetic', () => {
    const { transactions } = book('2020-02-01 * "x"\n  Assets:A  (1 + 2) * 3 / -2 USD\n  Assets:B\n')
    expect(lines(transactions[0])).toEqual(['Assets:A -4.5 USD', 'Assets:B 4.5 USD'])
  })

  it('reads included files, patterns too, and keeps their names', () => {
    const result = read('beancount', 'include "sub/*.beancount"\n', {
      'sub/a.beancount': `${OPENS}include "../b.beancount"\n`,
      'b.beancount': '2020-02-01 * "x"\n  Assets:A  1 USD\n  Assets:B\n',
    })
    expect(result.errors).toEqual([])
    expect(result.files).toEqual(['main.beancount', 'sub/a.beancount', 'b.beancount'])
    expect(result.transactions[0]?.source).toEqual({ file: 'b.beancount', line: 1 })
  })

  it('names what it does not represent', () => {
    const { notRepresented } = book(
      '2020-02-01 price USD 1 EUR\n2020-02-01 note Assets:A "n"\n2020-02-01 event "a" "b"\n' +
        '2020-02-01 query "a" "b"\n2020-02-01 custom "a" 1 USD TRUE\n2020-02-01 document Assets:A "f.pdf"\n' +
        'plugin "beancount.plugins.leafonly"\noption "title" "t"\n',
    )
    expect(notRepresented.map(({ line, what }) => `${line} ${what}`)).toEqual([
      '7 price',
      '8 note',
      '9 event',
      '10 query',
      '11 custom',
      '12 document',
      '13 plugin "beancount.plugins.leafonly"',
      '14 option "title"',
    ])
  })

  it('opens accounts for auto_accounts', () => {
    const { errors: problems, accounts } = read(
      'beancount',
      'plugin "beancount.plugins.auto_accounts"\n2020-02-01 * "x"\n  Assets:A  1 USD\n  Equity:E\n',
    )
    expect(problems).toEqual([])
    expect(accounts.map(({ opened }) => opened)).toEqual(['2020-02-01', '2020-02-01'])
  })
})

describe('beancount: booking', () => {
  it('sends trades at cost through the conversion account', () => {
    const { transactions, commodities } = book(`2020-02-01 * "buy"
  Assets:Stock  10 HOOL {1.25 USD}
  Assets:A
2020-02-02 * "sell"
  Assets:Stock  -4 HOOL {} @ 2 USD
  Assets:A  8.00 USD
  Income:I
`)
    expect(lines(transactions[0])).toEqual([
      'Assets:Stock 10 HOOL',
      'Assets:A -12.50 USD',
      '~Equity:Conversions -10 HOOL',
      '~Equity:Conversions 12.50 USD',
    ])
    expect(lines(transactions[1])).toContain('Income:I -3.00 USD')
    expect(transactions[1]?.lines[0]?.metadata).toEqual({ cost: '1.25 USD, 2020-02-01', price: '@ 2 USD' })
    expect(commodities.map(({ code, decimals }) => `${code} ${decimals}`)).toEqual(['HOOL 0', 'USD 2'])
  })

  const LOTS = `2020-02-01 * "a"
  Assets:Stock  5 HOOL {10 USD}
  Assets:A
2020-02-02 * "b"
  Assets:Stock  5 HOOL {{60 USD}}
  Assets:A
`
  const SALE = '2020-02-03 * "c"\n  Assets:Stock  -6 HOOL {}\n  Assets:A  100 USD\n  Income:I\n'

  it.each([
    ['FIFO', '-38'],
    ['LIFO', '-30'],
  ])('matches lots by %s', (method, gain) => {
    const { transactions, errors: problems } = book(LOTS + SALE, `option "booking_method" "${method}"\n`)
    expect(problems).toEqual([])
    expect(lines(transactions[2])).toContain(`Income:I ${gain} USD`)
  })

  it('refuses an ambiguous lot in STRICT, takes all of them, or the one named', () => {
    expect(errors(book(LOTS + SALE))).toEqual(['14 ambiguous_lot'])
    expect(errors(book(LOTS + SALE.replace('-6', '-10')))).toEqual([])
    const named = book(LOTS + SALE.replace('-6 HOOL {}', '-3 HOOL {2020-02-02}'))
    expect(lines(named.transactions[2])).toContain('Income:I -64 USD')
    expect(errors(book(LOTS + SALE.replace('-6 HOOL {}', '-3 HOOL {11 USD}')))).toEqual(['14 no_lot'])
    expect(errors(book(LOTS + SALE.replace('-6 HOOL {}', '-6 HOOL {10 USD}')))).toEqual([
      '14 not_enough_lots',
    ])
  })

  it('finds the cost, the price or the units that are left out', () => {
    const { transactions, errors: problems } = book(`2020-02-01 * "cost"
  Assets:Stock  4 HOOL {}
  Assets:A  -10 USD
2020-02-02 * "price"
  Assets:A  4 EUR @ USD
  Assets:B  -10 USD
2020-02-03 * "units"
  Assets:A  EUR @ 2.5 USD
  Assets:B  -10 USD
2020-02-03 * "currency"
  Assets:A  7
  Assets:B  -7 USD
`)
    expect(problems).toEqual([])
    expect(transactions[0]?.lines[0]?.metadata.cost).toBe('2.5 USD, 2020-02-01')
    expect(lines(transactions[2])).toContain('Assets:A 4 EUR')
    expect(lines(transactions[3])).toEqual(['Assets:A 7 USD', 'Assets:B -7 USD'])
  })

  it('rounds interpolated amounts by the tolerance and books the residue', () => {
    const { transactions, errors: problems } = book(
      '2020-02-01 * "x"\n  Assets:Stock  1.234 FUND {3.333 USD}\n  Assets:A  -1.00 USD\n  Assets:B\n',
    )
    expect(problems).toEqual([])
    expect(lines(transactions[0])).toEqual([
      'Assets:Stock 1.234 FUND',
      'Assets:A -1.00 USD',
      'Assets:B -3.11 USD',
      '~Equity:Conversions -1.234 FUND',
      '~Equity:Conversions 4.11 USD',
    ])
  })

  it('gives an elided posting every commodity, and keeps one that has nothing to take up', () => {
    const { transactions } = book(`2020-02-01 * "x"
  Assets:A  1 USD
  Assets:A  2 EUR
  Assets:B
2020-02-02 * "y"
  Assets:A  1 USD
  Assets:A  -1 USD
  Assets:A  0 USD
  Assets:B
`)
    expect(lines(transactions[0])).toEqual(expect.arrayContaining(['Assets:B -1 USD', 'Assets:B -2 EUR']))
    expect(
      transactions[1]?.zeroLines.map(({ account, commodity, source }) => [account, commodity, source.line]),
    ).toEqual([
      ['Assets:B', undefined, 15],
      ['Assets:A', 'USD', 14],
    ])
  })

  it('pads', () => {
    const {
      transactions,
      assertions,
      errors: problems,
    } = book('2020-02-01 pad Assets:A Equity:E\n2020-02-02 balance Assets:A 10.00 USD\n')
    expect(problems).toEqual([])
    expect(assertions).toBe(1)
    expect(transactions[0]).toMatchObject({ kind: 'pad', date: '2020-02-01', source: { line: 7 } })
    expect(lines(transactions[0])).toEqual(['Assets:A 10.00 USD', 'Equity:E -10.00 USD'])
  })

  it('checks balances at the start of the day, with subaccounts and tolerance', () => {
    const text = (amount: string) =>
      `2020-01-01 open Assets:A:Sub\n2020-02-01 * "x"\n  Assets:A:Sub  1.005 USD\n  Equity:E\n2020-02-01 balance Assets:A 0 USD\n2020-02-02 balance Assets:A ${amount} USD\n`
    expect(errors(book(text('1.005')))).toEqual([])
    expect(errors(book(text('1.01')))).toEqual([])
    expect(errors(book(text('1.01 ~ 0.004')))).toEqual(['12 assertion'])
    expect(book(text('2.00')).errors[0]).toMatchObject({
      file: 'main.beancount',
      line: 12,
      account: 'Assets:A',
      commodity: 'USD',
      expected: '2.00',
      found: '1.005',
    })
  })
})
