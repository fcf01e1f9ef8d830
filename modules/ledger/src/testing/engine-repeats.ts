import { describe, expect, test } from 'vitest'
import { credit, expectOrderly, post, type Stage, transaction } from './contract.ts'

/** An order is answered once. */
export function testRepeats({ site, open, funded }: Stage): void {
  describe('the same order again', () => {
    test('gets its first outcome, whatever has happened since, and changes nothing', async () => {
      const ledger = await funded()
      const spend = transaction(`${ledger}-spend`, 'cust:1 < cust:2 100.00 EUR')
      const more = transaction(`${ledger}-more`, 'cust:1 < cust:2 0.01 EUR')
      expect(await post(site().engine, ledger, spend, more)).toEqual(['booked', 'insufficient_funds'])
      await post(site().engine, ledger, transaction(`${ledger}-again`, 'bank:a < cust:1 5.00 EUR'))
      expect(await post(site().other, ledger, more, spend)).toEqual([
        'insufficient_funds again',
        'booked again',
      ])
      expect(await expectOrderly(site().engine, ledger)).toBe(4)
    })

    test('is booked once where it stands twice in a call', async () => {
      const ledger = await open()
      const pay = transaction(`${ledger}-pay`, 'bank:a < cust:1 1.00 EUR')
      const other = transaction(`${ledger}-pay`, 'bank:a < cust:1 2.00 EUR')
      expect(await post(site().engine, ledger, pay, pay, other)).toEqual([
        'booked',
        'booked again',
        'key_reused',
      ])
      expect(await credit(site().engine, ledger, 'cust:1')).toBe(100n)
    })

    test('is booked once where it is sent many times at once, by several processes', async () => {
      const ledger = await open()
      const pay = transaction(`${ledger}-pay`, 'bank:a < cust:1 1.00 EUR')
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => post(i % 2 === 0 ? site().engine : site().other, ledger, pay)),
      )
      expect(outcomes.flat().sort()).toEqual(['booked', ...Array.from({ length: 7 }, () => 'booked again')])
      expect(await credit(site().engine, ledger, 'cust:1')).toBe(100n)
    })

    test('with another payload is told so, and nothing is recorded', async () => {
      const ledger = await funded()
      const other = transaction(`${ledger}-fund`, 'bank:a < cust:1 100.01 EUR')
      const fresh = transaction(`${ledger}-fresh`, 'bank:a < cust:2 1.00 EUR')
      expect(await post(site().engine, ledger, other, fresh)).toEqual(['key_reused', 'booked'])
      expect(await expectOrderly(site().engine, ledger)).toBe(2)
    })
  })
}
