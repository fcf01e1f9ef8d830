import type { World } from '@florin/kernel/testing'
import { answer, reason } from '@florin/orderbook'
import { afterEach, expect, test } from 'vitest'
import { eachResult, Follower } from '../src/index.ts'
import { acme, admitAll, createHost, createMarket, fund, orders, runBy } from './lib/market.ts'

let world: World
afterEach(() => world.close())

test('what is submitted is journalled, carried out in order, and a follower comes to the same', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const host = createHost(world)
  const sequencer = await runBy(host, market)
  await fund(sequencer)
  const results = await Promise.all([0, 1, 2].map((i) => sequencer.submit(orders(500, i))))

  expect(results.map(({ count }) => count)).toEqual([500, 500, 500])
  expect(results[1]?.firstSeq).toBe((results[0]?.firstSeq ?? 0) + 500)
  const reasons = new Set<number>()
  for (const result of results)
    eachResult(result, (records, at) => reasons.add(records[at + answer.reason] ?? -1))
  expect([...reasons]).toEqual([reason.none])

  const follower = await Follower.open(world.database, market, 0)
  let shown = 0
  await follower.read(world.database, 1_000_000, (seq, _command, _offset, records, count) => {
    shown++
    expect(seq).toBe(shown)
    expect(records[answer.count]).toBe(count)
  })
  expect(shown).toBe(sequencer.engine.sequence)
  expect(follower.engine.digest()).toBe(sequencer.engine.digest())
  await host.stop()
})
