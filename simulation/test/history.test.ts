import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { History } from '../../modules/ledger/test/model/history.ts'
import { histories } from '../../modules/ledger/test/model/steps.ts'
import { type PatientWorld, Site } from '../src/index.ts'

let site: Site
let world: PatientWorld
beforeEach(async () => {
  site = await Site.open({ database: { statementTimeoutMs: 2_000, acquireTimeoutMs: 1_000 } })
  world = await site.world()
  await world.done('ledger.asset.register', { code: 'TOK', exponent: 18 }, { key: 'TOK' })
})
afterEach(async () => {
  await world.close()
  await site.close()
})

/** Steps that put the clock back and forth are among the generated ones; booking times never fall for all that. */
test('generated histories come out as the model says while the wire is cut again and again', async () => {
  const other = world.secondEngine().engine
  let calls = 0
  const cutting = setInterval(() => site.proxy.cut(), 200)
  try {
    for (const [i, steps] of fc.sample(histories, { seed: 11, numRuns: 2 }).entries()) {
      await new History(world, other, `history-${i}`).tell(steps)
      calls += steps.length
    }
  } finally {
    clearInterval(cutting)
  }
  expect(calls).toBeGreaterThan(20)
})

test('a clock that jumps a year ahead and back again moves no booking time back', async () => {
  const ledger = 'clock'
  await world.done('ledger.open', { ledger })
  const templates = [{ address: 'a:{n}', type: 'asset', overdraft: 'allowed', open_on_first_use: true }]
  await world.done('ledger.chart.set', { ledger, templates })
  const times: string[] = []
  for (const jump_ms of [0, 365 * 86_400_000, -366 * 86_400_000, 1_000]) {
    world.clock.advance(jump_ms)
    const postings = [{ debit: 'a:1', credit: 'a:2', amount: '1.00', asset: 'EUR' }]
    const booked = await world.done('ledger.transaction.post', { ledger, postings })
    expect(booked).toMatchObject({ booked_at: expect.any(String) })
    times.push(JSON.stringify(booked).replace(/.*"booked_at":"([^"]*)".*/, '$1'))
  }
  expect(times).toEqual([...times].sort())
  expect(times[2]).toBe(times[1])
  expect(await world.verify()).toEqual([])
})
