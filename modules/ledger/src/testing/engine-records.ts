import { expect, test } from 'vitest'
import {
  credit,
  expectConserved,
  expectOrderly,
  idOf,
  order,
  post,
  type Stage,
  transaction,
} from './contract.ts'

/** What is recorded, when, and how it is read back. */
export function testRecords({ site, open, funded }: Stage): void {
  test('a transaction is corrected, then reversed with its corrections, once', async () => {
    const ledger = await funded()
    const original = idOf(`${ledger}-fund`)
    const correct = (key: string, amount: string) =>
      order(`${ledger}-${key}`, {
        kind: 'correction',
        transaction: original,
        postings: [{ debit: 'bank:a', credit: 'cust:1', amount, asset: 'EUR' }],
      })
    const reverse = (key: string, of: string) =>
      order(`${ledger}-${key}`, { kind: 'reversal', transaction: of })
    expect(await post(site().engine, ledger, correct('c1', '110.00'), correct('c2', '110.00'))).toEqual([
      'booked',
      'nothing_to_correct',
    ])
    expect(
      await post(
        site().engine,
        ledger,
        reverse('r1', idOf(`${ledger}-c1`)),
        reverse('r2', original),
        reverse('r3', original),
        reverse('r4', idOf(`${ledger}-unknown`)),
      ),
    ).toEqual(['transaction_is_amendment', 'booked', 'transaction_reversed', 'transaction_not_found'])
    expect(await credit(site().engine, ledger, 'cust:1')).toBe(0n)
    const amended = (await site().engine.journal(ledger, 1n, 10)).filter(
      (record) => record.refusal === undefined,
    )
    expect(amended.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['correction', original],
      ['reversal', original],
    ])
  })

  test('booking times never fall, though the clock does; value times are kept as they are', async () => {
    const ledger = await funded()
    const start = site().clock.now()
    const early = start - 86_400_000
    for (const [i, ms] of [5, -3_000, 1, 10_000].entries()) {
      site().clock.advance(ms)
      const deposit = transaction(
        `${ledger}-${i}`,
        'bank:a < cust:1 1.00 EUR',
        i === 1 ? { valueTime: early } : {},
      )
      expect(await post(site().engine, ledger, deposit)).toEqual(['booked'])
    }
    expect(await expectOrderly(site().engine, ledger)).toBe(5)
    const records = await site().engine.journal(ledger, 1n, 10)
    expect(records.map((record) => record.bookedAt)).toEqual([start + 5, start + 5, start + 5, start + 7_006])
    expect(records[1]?.valueTime).toBe(early)
    expect(records[3]?.valueTime).toBe(start + 7_006)
  })

  test('balances can be read as they were after any record', async () => {
    const ledger = await open()
    const after: bigint[] = [0n]
    for (let i = 1; i <= 12; i++) {
      const postings = i % 3 === 0 ? 'cust:1 < cust:2 1.50 EUR' : `bank:a < cust:1 ${i}.00 EUR`
      expect(await post(site().engine, ledger, transaction(`${ledger}-${i}`, postings))).toEqual(['booked'])
      after.push(await credit(site().engine, ledger, 'cust:1'))
      site().clock.advance(1)
    }
    for (const [seq, balance] of after.entries())
      expect(await credit(site().other, ledger, 'cust:1', BigInt(seq)), `after ${seq}`).toBe(balance)
    for (const seq of [1n, 6n, 12n]) expectConserved(await site().engine.balances(ledger, { seq }))
  })

  test('amounts are exact up to 256 bits, and assets are kept apart', async () => {
    const ledger = await open()
    const most = 2n ** 256n - 1n
    const orders = [1, 2].map((i) => transaction(`${ledger}-${i}`, `bank:a < cust:1 ${most} JPY`))
    expect(await post(site().engine, ledger, ...orders)).toEqual(['booked', 'booked'])
    expect(await credit(site().engine, ledger, 'cust:1')).toBe(2n * most)
    expect(await post(site().engine, ledger, transaction(`${ledger}-3`, 'cust:1 < cust:2 0.01 EUR'))).toEqual(
      ['insufficient_funds'],
    )
  })

  test('a prefix means whole segments', async () => {
    const ledger = await open()
    const postings = ['bank:a < cust:1 1.00 EUR', 'bank:a < cust:10 2.00 EUR', 'bank:a < cust:1 3 JPY']
    await post(site().engine, ledger, transaction(`${ledger}-1`, postings))
    const accounts = await site().engine.balances(ledger, { prefix: 'cust:1' })
    expect(accounts.map(({ address, asset }) => `${address} ${asset}`)).toEqual(['cust:1 EUR', 'cust:1 JPY'])
  })
}
