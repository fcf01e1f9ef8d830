import { describe, expect, test } from 'vitest'
import { credit, idOf, order, post, type Stage, transaction } from './contract.ts'

/** Reserve, settle, release, expire; late and out of order. */
export function testHolds({ site, funded }: Stage): void {
  describe('a hold', () => {
    const reserve = (ledger: string, key: string, amount: string, expiresAt?: number) =>
      order(`${ledger}-${key}`, {
        kind: 'hold',
        debit: 'cust:1',
        credit: 'bank:a',
        amount,
        asset: 'EUR',
        expiresAt,
      })
    const settle = (ledger: string, key: string, hold: string, amount: string | undefined, final = false) =>
      order(`${ledger}-${key}`, {
        kind: 'settlement',
        hold: idOf(`${ledger}-${hold}`),
        amount,
        debit: undefined,
        credit: undefined,
        final,
      })
    const release = (ledger: string, key: string, hold: string, amount?: string) =>
      order(`${ledger}-${key}`, { kind: 'release', hold: idOf(`${ledger}-${hold}`), amount })
    const expire = (ledger: string, key: string, hold: string) =>
      order(`${ledger}-${key}`, { kind: 'expiry', hold: idOf(`${ledger}-${hold}`) })
    const pending = async (ledger: string): Promise<bigint> => {
      const [account] = await site().engine.balances(ledger, { prefix: 'cust:1' })
      return account?.pendingDebits ?? 0n
    }

    test('keeps its amount from everything else and is settled in parts, the rest given back', async () => {
      const ledger = await funded()
      expect(await post(site().engine, ledger, reserve(ledger, 'h', '80.00'))).toEqual(['booked'])
      expect(await pending(ledger)).toBe(8_000n)
      expect(
        await post(site().engine, ledger, transaction(`${ledger}-x`, 'cust:1 < cust:2 20.01 EUR')),
      ).toEqual(['insufficient_funds'])
      expect(
        await post(
          site().engine,
          ledger,
          settle(ledger, 's1', 'h', '30.00'),
          settle(ledger, 's2', 'h', '50.01'),
          settle(ledger, 's3', 'h', '10.00', true),
          settle(ledger, 's4', 'h', '1.00'),
        ),
      ).toEqual(['booked', 'hold_exceeded', 'booked', 'hold_not_open'])
      expect(await pending(ledger)).toBe(0n)
      expect(await credit(site().engine, ledger, 'cust:1')).toBe(6_000n)
    })

    test('is released in parts, and once', async () => {
      const ledger = await funded()
      await post(site().engine, ledger, reserve(ledger, 'h', '80.00'))
      expect(
        await post(
          site().engine,
          ledger,
          release(ledger, 'r1', 'h', '30.00'),
          release(ledger, 'r2', 'h', '50.01'),
          release(ledger, 'r3', 'h'),
          release(ledger, 'r4', 'h'),
          release(ledger, 'r5', 'unknown'),
        ),
      ).toEqual(['booked', 'hold_exceeded', 'booked', 'hold_not_open', 'hold_not_found'])
      expect(await credit(site().engine, ledger, 'cust:1')).toBe(10_000n)
    })

    test('holds until the instant of its expiry and nothing from then on', async () => {
      const ledger = await funded()
      const at = site().clock.now() + 1_000
      await post(site().engine, ledger, reserve(ledger, 'h', '100.00', at))
      expect(await post(site().engine, ledger, reserve(ledger, 'late', '1.00', site().clock.now()))).toEqual([
        'expiry_in_past',
      ])
      site().clock.advance(999)
      expect(await post(site().engine, ledger, expire(ledger, 'e1', 'h'))).toEqual(['hold_not_due'])
      expect(await pending(ledger)).toBe(10_000n)
      site().clock.advance(1)
      expect(await pending(ledger)).toBe(0n)
      expect(
        await post(site().engine, ledger, expire(ledger, 'e2', 'h'), settle(ledger, 's', 'h', '1.00')),
      ).toEqual(['booked', 'hold_not_open'])
      expect(
        await post(site().engine, ledger, transaction(`${ledger}-x`, 'cust:1 < cust:2 100.00 EUR')),
      ).toEqual(['booked'])
    })

    test('is settled once where settlements race', async () => {
      const ledger = await funded()
      await post(site().engine, ledger, reserve(ledger, 'h', '60.00'))
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          post(i % 2 === 0 ? site().engine : site().other, ledger, settle(ledger, `s${i}`, 'h', undefined)),
        ),
      )
      expect(outcomes.flat().sort()).toEqual(['booked', ...Array.from({ length: 5 }, () => 'hold_not_open')])
      expect(await credit(site().engine, ledger, 'cust:1')).toBe(4_000n)
    })
  })
}
