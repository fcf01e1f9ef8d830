import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  chart,
  credit,
  type EngineSite,
  expectConserved,
  expectOrderly,
  type MakeSite,
  post,
  type Stage,
  transaction,
} from './contract.ts'
import { testHistories } from './engine-histories.ts'
import { testHolds } from './engine-holds.ts'
import { testRecords } from './engine-records.ts'
import { testRepeats } from './engine-repeats.ts'

/**
 * What every posting engine must do, as tests: to be called at the top of a test file. `makeSite` gives an engine on
 * fresh books; ledgers are opened as the tests need them.
 */
export function describePostingEngine(name: string, makeSite: MakeSite): void {
  describe(`the posting engine ${name}`, () => {
    let site: EngineSite
    let ledgers = 0
    beforeAll(async () => {
      site = await makeSite()
    })
    afterAll(async () => {
      await site.check()
      await site.close()
    })
    const open = async (): Promise<string> => {
      const ledger = `contract-${ledgers++}`
      await site.open(ledger, chart)
      return ledger
    }
    /** A ledger in which the customer 1 has 100 euros. */
    const funded = async (): Promise<string> => {
      const ledger = await open()
      await post(site.engine, ledger, transaction(`${ledger}-fund`, 'bank:a < cust:1 100.00 EUR'))
      return ledger
    }

    const stage: Stage = { site: () => site, open, funded }

    test('orders of a call are carried out in their order, each with its own outcome', async () => {
      const ledger = await open()
      const outcomes = await post(
        site.engine,
        ledger,
        transaction(`${ledger}-1`, 'cust:1 < cust:2 1.00 EUR'),
        transaction(`${ledger}-2`, 'bank:a < cust:1 1.00 EUR'),
        transaction(`${ledger}-3`, 'cust:1 < cust:2 1.00 EUR'),
        transaction(`${ledger}-4`, 'cust:1 < cust:2 0.01 EUR'),
      )
      expect(outcomes).toEqual(['insufficient_funds', 'booked', 'booked', 'insufficient_funds'])
      expect(await credit(site.engine, ledger, 'cust:2')).toBe(100n)
      expect(await expectOrderly(site.engine, ledger)).toBe(4)
    })

    test('a transaction is booked as a whole or not at all; its balances are judged at its end', async () => {
      const ledger = await funded()
      const torn = ['cust:1 < cust:2 60.00 EUR', 'cust:2 < cust:3 60.00 EUR', 'cust:1 < cust:3 60.00 EUR']
      expect(await post(site.engine, ledger, transaction(`${ledger}-a`, torn))).toEqual([
        'insufficient_funds',
      ])
      expect(await credit(site.engine, ledger, 'cust:3')).toBe(0n)
      const netted = ['cust:1 < cust:2 150.00 EUR', 'cust:2 < cust:1 60.00 EUR']
      expect(await post(site.engine, ledger, transaction(`${ledger}-b`, netted))).toEqual(['booked'])
      expect(await credit(site.engine, ledger, 'cust:1')).toBe(1_000n)
    })

    test('an empty call is answered with nothing', async () => {
      const ledger = await open()
      expect(await site.engine.post(ledger, [])).toEqual([])
      expect(await site.engine.journal(ledger, 0n, 10)).toEqual([])
    })

    test('orders on a ledger that is not there are refused, and stay so', async () => {
      const lost = transaction('nowhere-1', 'bank:a < cust:1 1.00 EUR')
      expect(await post(site.engine, 'nowhere', lost)).toEqual(['ledger_not_found'])
      expect(await post(site.other, 'nowhere', lost)).toEqual(['ledger_not_found again'])
    })

    /** Each has everything wrong that those before it have not. */
    const wrongs: readonly (readonly [
      string,
      Parameters<typeof transaction>[1],
      Parameters<typeof transaction>[2],
    ])[] = [
      [
        'reason_required',
        'nowhere < cust:1 0.001 NOPE',
        { force: true, valueTime: Date.parse('2999-01-01') },
      ],
      ['value_time_in_future', 'nowhere < cust:1 0.001 NOPE', { valueTime: Date.parse('2999-01-01') }],
      ['asset_unknown', ['cust:1 < cust:1 0.001 EUR', 'cust:1 < cust:2 1 NOPE'], {}],
      ['amount_too_many_decimals', ['nowhere < cust:1 1.00 EUR', 'cust:1 < cust:2 0.001 EUR'], {}],
      ['amount_out_of_range', ['nowhere < cust:1 0.00 EUR', `bank:a < cust:1 ${10n ** 77n} EUR`], {}],
      ['amount_zero', ['nowhere < cust:1 1.00 EUR', 'cust:1 < cust:2 0.00 EUR'], {}],
      ['address_not_in_chart', ['cost:x < bank:a 1 JPY', 'nowhere < cust:1 900.00 EUR'], {}],
      ['asset_not_allowed', ['held:1 < bank:a 1.00 EUR', 'cost:x < bank:a 1 JPY'], {}],
      ['account_not_found', ['held:1 < bank:a 1.00 EUR', 'cust:1 < cust:1 1.00 EUR'], {}],
      [
        'condition_failed',
        ['cust:1 < cust:1 1.00 EUR', 'cust:1 < cust:2 900.00 EUR'],
        { conditions: [{ account: 'cust:1', asset: 'EUR', available_min: '100.01' }] },
      ],
      ['same_account', ['cust:1 < cust:1 1.00 EUR', 'cust:1 < cust:2 900.00 EUR'], {}],
      ['insufficient_funds', 'cust:1 < cust:2 100.01 EUR', {}],
      ['booked', 'cust:1 < cust:2 100.00 EUR', {}],
    ]
    test.each(wrongs)('of several reasons the first is told: %s', async (code, postings, more) => {
      const ledger = await funded()
      expect(await post(site.engine, ledger, transaction(`${ledger}-${code}`, postings, more))).toEqual([
        code,
      ])
      expect((await site.engine.journal(ledger, 1n, 10)).map((record) => record.refusal)).toEqual([
        code === 'booked' ? undefined : code,
      ])
    })

    test('of withdrawals that race for the same money, only those pass that it is enough for', async () => {
      const ledger = await funded()
      const outcomes = await Promise.all(
        Array.from({ length: 24 }, (_, i) =>
          post(
            i % 2 === 0 ? site.engine : site.other,
            ledger,
            transaction(`${ledger}-race-${i}`, `cust:1 < cust:${2 + (i % 3)} 9.00 EUR`),
          ),
        ),
      )
      expect(outcomes.flat().filter((outcome) => outcome === 'booked')).toHaveLength(11)
      expect(await credit(site.engine, ledger, 'cust:1')).toBe(100n)
      expectConserved(await site.engine.balances(ledger, {}))
      expect(await expectOrderly(site.engine, ledger)).toBe(25)
    })

    test('an overdraft has its limit, and money may always come in', async () => {
      const ledger = await open()
      const spend = (key: string, amount: string, more = {}) =>
        post(site.engine, ledger, transaction(`${ledger}-${key}`, `vip:1 < bank:a ${amount} EUR`, more))
      expect(await spend('a', '5.01')).toEqual(['insufficient_funds'])
      expect(await spend('b', '5.00')).toEqual(['booked'])
      expect(await spend('c', '20.00', { force: true, reason: 'chargeback' })).toEqual(['booked'])
      expect(await post(site.engine, ledger, transaction(`${ledger}-d`, 'bank:a < vip:1 0.01 EUR'))).toEqual([
        'booked',
      ])
      expect(await spend('e', '0.01')).toEqual(['insufficient_funds'])
    })

    testRepeats(stage)
    testHolds(stage)
    testRecords(stage)
    testHistories(makeSite)
  })
}
