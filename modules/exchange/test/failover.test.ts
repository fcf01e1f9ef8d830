import type { World } from '@florin/kernel/testing'
import { afterEach, expect, test } from 'vitest'
import { Follower, MarketLost } from '../src/index.ts'
import { acme, admitAll, createHost, createMarket, fund, orders, runBy } from './lib/market.ts'

let world: World
afterEach(() => world.close())

test('of two processes one runs a market; the other takes over what the first gave back', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const first = createHost(world)
  const second = createHost(world)
  await Promise.all([first.round(), second.round()])
  await Promise.all([first.settled(), second.settled()])
  const running = [first, second].filter((host) => host.sequencer(market.id) !== undefined)
  expect(running).toHaveLength(1)

  const [owner = first] = running
  const other = owner === first ? second : first
  await fund(await runBy(owner, market))
  await (await runBy(owner, market)).submit(orders(200))
  const digest = owner.sequencer(market.id)?.engine.digest()
  await owner.stop()
  const successor = await runBy(other, market)
  expect(successor.engine.digest()).toBe(digest)
  expect((await successor.submit(orders(1))).firstSeq).toBe(successor.engine.sequence)
  await other.stop()
})

test('an owner that fell silent is fenced: what it still wants to write is refused', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const sleeper = createHost(world)
  const old = await runBy(sleeper, market)
  await fund(old)
  await old.submit(orders(100))

  // It holds its lock and says nothing: to others that is a process that was stopped.
  const other = createHost(world, { silentMs: -1 })
  const successor = await runBy(other, market)
  expect(successor.epoch).toBe(old.epoch + 1n)
  const sequence = successor.engine.sequence
  await expect(old.submit(orders(5))).rejects.toThrow(MarketLost)
  expect(old.lost).toBe(true)
  expect(sleeper.sequencer(market.id)).toBeUndefined()

  await successor.submit(orders(50))
  expect(successor.engine.sequence).toBe(sequence + 50)
  expect((await Follower.open(world.database, market, sequence + 50)).engine.digest()).toBe(
    successor.engine.digest(),
  )
  // Awake again, it leaves the market to its successor, lock included.
  await sleeper.round()
  await sleeper.settled()
  expect(sleeper.sequencer(market.id)).toBeUndefined()
  await other.round()
  expect(await locks(world)).toBe(1n)
  await sleeper.stop()
  await other.stop()
})

test('an owner learns from its heartbeat that the market is another’s', async () => {
  world = await createMarket()
  const market = await acme(world)
  const sleeper = createHost(world)
  const old = await runBy(sleeper, market)
  const other = createHost(world, { silentMs: -1 })
  await runBy(other, market)
  await sleeper.round()
  expect(old.lost).toBe(true)
  await sleeper.stop()
  await other.stop()
})

test('a journal whose digest is another stops the market until an operator resumes it', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const first = createHost(world)
  const sequencer = await runBy(first, market)
  await fund(sequencer)
  for (const seed of [1, 2]) await sequencer.submit(orders(100, seed))
  await first.stop()
  await world.adminDatabase.query(
    `UPDATE exchange.journal SET commands = overlay(commands PLACING '\\x01' FROM 21 FOR 1)
     WHERE first_seq = (SELECT max(first_seq) FROM exchange.journal WHERE last_seq < $1)`,
    [sequencer.engine.sequence],
  )
  await world.adminDatabase.query('DELETE FROM exchange.snapshots')

  const second = createHost(world)
  await second.round()
  await second.settled()
  expect(second.sequencer(market.id)).toBeUndefined()
  const status = await world.ask('exchange.market.status', { market: market.code })
  expect(status).toMatchObject({ owner: null, stopped: expect.stringMatching(/digest/) })
  await second.round()
  await second.settled()
  expect(second.sequencer(market.id)).toBeUndefined()

  await world.done('exchange.market.resume', { market: market.code }, { reason: 'test' })
  await second.round()
  await second.settled()
  expect(await world.ask('exchange.market.status', { market: market.code })).toMatchObject({
    stopped: expect.stringMatching(/digest/),
  })
  await second.stop()
})

async function locks(of: World): Promise<bigint | undefined> {
  const [row] = await of.adminDatabase.query<{ count: bigint }>(
    `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )
  return row?.count
}
