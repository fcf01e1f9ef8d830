import { answer, Engine, enterOrder, massCancel, reason } from '@florin/orderbook'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contradiction, type OrderForm } from '../src/domain/order-form.ts'
import { enterWords, type OrderDraft, OrderFault } from '../src/domain/order-words.ts'
import { unitsOf } from '../src/domain/units.ts'

const units = unitsOf('0.01', '1', { instrument: 0, quote: 2 })
if (typeof units === 'string') throw new Error(units)

function fault(draft: OrderDraft): { code: string; message: string } | undefined {
  if (typeof units === 'string') throw new Error(units)
  try {
    enterWords(units, { account: 1, session: 0 }, draft)
    return undefined
  } catch (error) {
    if (!(error instanceof OrderFault)) throw error
    return { code: error.code, message: error.message }
  }
}

const limit: OrderDraft = { side: 'buy', price: '99.00', quantity: '1' }

test('what is wrong with an order is said in a sentence', () => {
  const wrong: [Partial<OrderDraft>, string, RegExp][] = [
    [{ price: '99.001' }, 'exchange_tick', /99\.001 is not a whole number of ticks of 0\.01/],
    [{ price: '999999999999999' }, 'exchange_price_bounds', /price is beyond/],
    [{ quantity: '1.5' }, 'exchange_lot', /1\.5 is not a whole number of lots/],
    [{ quantity: '999999999999999' }, 'exchange_quantity_bounds', /quantity is beyond/],
    [{ quantity: '0' }, 'exchange_malformed', /quantity must be above zero/],
    [{ time_in_force: 'good_till_date' }, 'exchange_malformed', /expires_at/],
    [{ expires_at: '2030-01-01T00:00:00Z' }, 'exchange_malformed', /expires_at/],
    [
      { time_in_force: 'good_till_date', expires_at: '9999-01-01T00:00:00Z' },
      'exchange_malformed',
      /expiry is beyond/,
    ],
    [{ type: 'stop' }, 'exchange_malformed', /needs a stop/],
    [{ stop: '98.00' }, 'exchange_malformed', /Only stop orders/],
    [{ type: 'stop_limit', stop: '101.00' }, 'exchange_malformed', /not below its stop/],
    [{ type: 'trailing_stop', stop: '0' }, 'exchange_malformed', /distance/],
    [{ type: 'market', time_in_force: 'day' }, 'exchange_malformed', /does not rest/],
    [{ type: 'stop', stop: '98.00', time_in_force: 'immediate' }, 'exchange_malformed', /waits/],
    [{ display: '1', time_in_force: 'immediate' }, 'exchange_malformed', /display/],
    [{ quantity: '1001', display: '1' }, 'exchange_malformed', /thousandth/],
    [{ minimum: '2' }, 'exchange_malformed', /more than the quantity/],
    [{ minimum: '1', post_only: 'reject' }, 'exchange_malformed', /no minimum/],
    [{ post_only: 'reject', time_in_force: 'fill_or_kill' }, 'exchange_malformed', /post_only/],
    [{ short: true }, 'exchange_malformed', /short/],
    [{ client_id: '9007199254740992' }, 'exchange_malformed', /2\^53/],
  ]
  expect(fault(limit)).toBeUndefined()
  for (const [change, code, message] of wrong)
    expect(fault({ ...limit, ...change }), JSON.stringify(change)).toEqual({
      code,
      message: expect.stringMatching(message),
    })
})

/** Mostly the usual, so that every rule meets orders that break no other. */
function usually<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )
}

const forms: fc.Arbitrary<OrderForm & { readonly price: number }> = fc.record({
  side: fc.constantFrom('buy', 'sell'),
  type: fc.constantFrom('limit', 'market', 'stop', 'stopLimit', 'trailingStop'),
  price: fc.integer({ min: -1, max: 5 }),
  stop: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 1 }),
  quantity: usually(2, 0, 1, 5_000),
  display: usually(0, 1, 5),
  minimum: usually(0, 1, 3),
  expiry: usually(0, 1_900_000_000),
  timeInForce: fc.constantFrom('day', 'goodTillCancelled', 'goodTillDate', 'immediate', 'fillOrKill'),
  postOnly: usually('no', 'reject', 'reprice'),
  short: usually(false, true),
})

const engine = new Engine({
  lowestPrice: 1,
  highestPrice: 10_000,
  orders: 1_000,
  accounts: 4,
  sessions: 4,
  clientIds: 0,
  largestPosition: 100_000,
  risk: false,
  digest: false,
})

/** The reason with which the engine answers; orders do not stay. */
function answered(form: OrderForm & { readonly price: number }): number {
  engine.apply(enterOrder({ ...form, stop: form.stop ?? 0, time: 0, account: 1 }), 0)
  const why = engine.records[answer.reason] ?? 0
  engine.apply(massCancel({ time: 0 }), 0)
  return why
}

test('an order contradicts itself exactly where an engine finds it malformed', () => {
  let malformed = 0
  fc.assert(
    fc.property(forms, (form) => {
      // To an engine a stop that is missing is a stop of 0.
      fc.pre(form.stop !== undefined || !form.type.toLowerCase().includes('stop'))
      const refused = answered(form) === reason.malformed
      if (refused) malformed++
      expect(contradiction(form) !== undefined).toBe(refused)
    }),
    { numRuns: 20_000 },
  )
  expect(malformed).toBeGreaterThan(1_000)
  expect(malformed).toBeLessThan(19_000)
})
