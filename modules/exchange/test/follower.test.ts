import type { World } from '@florin/kernel/testing'
import { afterEach, expect, test } from 'vitest'
import { Follower, follow, type MarketRecord, type Sequencer } from '../src/index.ts'
import { acme, admitAll, createHost, createMarket, fund, inUnit, orders, runBy } from './lib/market.ts'

let world: World
afterEach(() => world.close())

async function load(
  limits: object,
  rounds: number,
): Promise<{ market: MarketRecord; digests: string[]; stop: () => Promise<void>; sequencer: Sequencer }> {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const host = createHost(world, { limits })
  const sequencer = await runBy(host, market)
  await fund(sequencer)
  const digests: string[] = []
  for (let seed = 1; seed <= rounds; seed++) {
    await sequencer.submit(orders(50, seed))
    digests[sequencer.engine.sequence] = sequencer.engine.digest()
    // A snapshot that is due while another one is written is left out; here none is.
    await sequencer.settled()
  }
  return { market, digests, sequencer, stop: () => host.stop() }
}

test('a follower opened anywhere stands where the market stood, with and without snapshots', async () => {
  const { market, digests, stop } = await load({ snapshotCommands: 200 }, 30)
  await stop()
  const [kept] = await world.adminDatabase.query<{ count: bigint }>('SELECT count(*) FROM exchange.snapshots')
  expect(kept?.count).toBe(3n)
  for (const clear of [false, true]) {
    if (clear) await world.adminDatabase.query('DELETE FROM exchange.snapshots')
    for (const [seq, digest] of digests.entries()) {
      if (digest === undefined) continue
      const follower = await Follower.open(world.database, market, seq)
      expect(follower.seq).toBe(seq)
      expect(follower.engine.digest()).toBe(digest)
    }
  }
})

test('a damaged snapshot, or one of another version, is passed over', async () => {
  const { market, digests, sequencer, stop } = await load({ snapshotCommands: 200 }, 20)
  await stop()
  const end = sequencer.engine.sequence
  await world.adminDatabase.query(
    `UPDATE exchange.snapshots SET state = overlay(state PLACING '\\x00ff00ff' FROM 100)`,
  )
  expect((await Follower.open(world.database, market, end)).engine.digest()).toBe(digests[end])
})

test('a snapshot that is not what was recorded is found', async () => {
  const { market, sequencer, stop } = await load({ snapshotCommands: 200 }, 20)
  await stop()
  await world.adminDatabase.query(`UPDATE exchange.snapshots SET digest = '\\x00'`)
  await expect(Follower.open(world.database, market, sequencer.engine.sequence)).rejects.toThrow(
    /the snapshot has 00/,
  )
})

test('a missing row of the journal is found', async () => {
  const { market, sequencer, stop } = await load({}, 10)
  await stop()
  await world.adminDatabase.query('DELETE FROM exchange.snapshots')
  await world.adminDatabase.query('DELETE FROM exchange.journal WHERE first_seq > 100 AND last_seq < 300')
  await expect(Follower.open(world.database, market, sequencer.engine.sequence)).rejects.toThrow(/is missing/)
  await expect(Follower.open(world.database, market, 1_000_000)).rejects.toThrow(/is missing/)
})

test('what a follower writes is written once, whatever is rolled back and whoever goes on', async () => {
  const { market, sequencer, stop } = await load({}, 10)
  const readers = [world.secondEngine().database, world.secondEngine().database]
  const seen: number[] = []
  for (let round = 0; seen.length < sequencer.engine.sequence; round++) {
    const reader = readers[round % 2] ?? world.database
    const batch: number[] = []
    const failing = round % 3 === 0
    const done = await inUnit(
      world,
      reader,
      (unit) => follow(unit, market.id, 'test', 70, (seq) => batch.push(seq)),
      failing,
    )
    expect(done).toBe(!failing)
    if (done) seen.push(...batch)
  }
  expect(seen).toEqual(Array.from({ length: sequencer.engine.sequence }, (_, i) => i + 1))
  await stop()
})
