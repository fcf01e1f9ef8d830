import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { type PostedTotals, postedByValueTime } from '../src/store/value-time.ts'

let world: World

beforeAll(async () => {
  world = await createWorld({ modules: [kernelModule, ledgerModule] })
})
afterAll(() => world?.close())

/** What the totals are by definition: the sum of everything booked by then that is of that time. */
async function naively(ledgerId: bigint, seq: bigint, valueTime: number): Promise<PostedTotals[]> {
  const total = (side: string): string => `(SELECT coalesce(sum(p.amount), 0) FROM ledger.postings p
    WHERE p.${side}_account = a.id AND p.seq <= $2 AND p.value_time <= $3)`
  const rows = await world.database.query<Omit<PostedTotals, 'accountId'> & { id: bigint }>(
    `SELECT a.id, a.address, a.asset, a.exponent, a.type, ${total('debit')} AS debits, ${total('credit')} AS credits
     FROM ledger.accounts a WHERE a.ledger_id = $1 ORDER BY a.address, a.asset`,
    [ledgerId, seq, new Date(valueTime)],
  )
  return rows.map(({ id, ...row }) => ({ accountId: id, ...row }))
}

const minute = 60_000
const hour = 60 * minute

/** A posting some time after the one before, of another time or of its own. */
const postings = fc.array(
  fc.record({
    waits: fc.constantFrom(0, 1, minute, 5 * hour, 30 * hour),
    back: fc.constantFrom(undefined, 0, 1, minute, 7 * hour, 24 * hour, 50 * hour, 400 * 24 * hour),
    debit: fc.nat(2),
    credit: fc.nat(2),
  }),
  { minLength: 1, maxLength: 12 },
)
const points = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { minLength: 4, maxLength: 10 })

let told = 0

test('totals by value time, as any record knew them, are the sums over the postings', {
  timeout: 400_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(postings, points, async (steps, asked) => {
      const ledger = `times-${told++}`
      await world.done('ledger.open', { ledger })
      await world.done('ledger.chart.set', {
        ledger,
        templates: [{ address: 'a:{n}', type: 'asset', overdraft: 'allowed', open_on_first_use: true }],
      })
      const times: number[] = []
      for (const { waits, back, debit, credit } of steps) {
        world.clock.advance(waits)
        const now = world.clock.now()
        const valueTime = back === undefined ? undefined : new Date(now - back).toISOString()
        await world.done('ledger.transaction.post', {
          ledger,
          postings: [
            {
              debit: `a:${debit}`,
              credit: `a:${debit === credit ? 9 : credit}`,
              amount: '1.00',
              asset: 'EUR',
            },
          ],
          ...(valueTime === undefined ? {} : { value_time: valueTime }),
        })
        times.push(now, now - (back ?? 0), now - 1, endOfDay(now - (back ?? 0)))
      }
      const [row] = await world.database.query<{ id: bigint }>(
        'SELECT id FROM ledger.ledgers WHERE name = $1',
        [ledger],
      )
      const id = row?.id ?? 0n
      for (const [record, pick] of asked) {
        const seq = BigInt(record % (steps.length + 1))
        const valueTime = times[pick % times.length] ?? 0
        const found = await postedByValueTime(world.database, id, {}, { seq, valueTime })
        expect(found, `as of ${seq} at ${new Date(valueTime).toISOString()}`).toEqual(
          await naively(id, seq, valueTime),
        )
      }
    }),
    { numRuns: 60 },
  )
})

function endOfDay(ms: number): number {
  return Math.floor(ms / (24 * hour)) * 24 * hour + 24 * hour - 1
}
