import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { World } from '@florin/kernel/testing'
import { afterEach, expect, test } from 'vitest'
import { Follower, type MarketHost, type MarketRecord, type Sequencer } from '../src/index.ts'
import { acme, admitAll, createHost, createMarket, orders } from './lib/market.ts'

let world: World
let child: Child | undefined
afterEach(async () => {
  child?.process.kill('SIGKILL')
  child = undefined
  await world.close()
})

interface Child {
  readonly process: ChildProcess
  /** Digests by sequence number, as they were acknowledged. */
  readonly acknowledged: Map<number, string>
  readonly lost: Promise<unknown>
  /** Resolves once so many more submissions were acknowledged. */
  more(count: number): Promise<void>
}

function startOwner(url: string): Child {
  const script = fileURLToPath(new URL('lib/owner.ts', import.meta.url))
  const process_ = spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged = new Map<number, string>()
  const lines = createInterface({ input: process_.stdout })
  lines.on('line', (line) => {
    const [seq, digest] = line.split(' ')
    if (digest !== undefined) acknowledged.set(Number(seq), digest)
  })
  return {
    process: process_,
    acknowledged,
    lost: new Promise((resolve) => lines.on('line', (line) => line === 'lost' && resolve(true))),
    async more(count) {
      const enough = acknowledged.size + count
      while (acknowledged.size < enough) await once(lines, 'line')
    },
  }
}

async function takeOver(host: MarketHost, market: MarketRecord): Promise<Sequencer> {
  for (;;) {
    await host.round()
    await host.settled()
    const sequencer = host.sequencer(market.id)
    if (sequencer !== undefined) return sequencer
  }
}

/** Every acknowledged command is in the journal, which comes to the very digest that was told. */
async function comesTo(market: MarketRecord, acknowledged: ReadonlyMap<number, string>): Promise<void> {
  const follower = Follower.fromStart(market)
  for (const [seq, digest] of acknowledged) {
    await follower.read(world.database, seq - follower.seq)
    expect(follower.seq).toBe(seq)
    expect(follower.engine.digest()).toBe(digest)
  }
}

test('a process killed under load leaves a market that another takes over as it was', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  child = startOwner(world.url)
  await child.more(50)
  child.process.kill('SIGKILL')
  const host = createHost(world, { quietMs: 200 })
  const sequencer = await takeOver(host, market)
  expect(sequencer.engine.sequence).toBeGreaterThanOrEqual(Math.max(...child.acknowledged.keys()))
  await comesTo(market, child.acknowledged)
  await sequencer.submit(orders(100))
  const replica = Follower.fromStart(market)
  await replica.read(world.database, 10_000_000)
  expect(replica.engine.digest()).toBe(sequencer.engine.digest())
  await host.stop()
})

test('a process that was stopped for a while finds itself fenced, and has written nothing since', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  child = startOwner(world.url)
  await child.more(20)
  child.process.kill('SIGSTOP')
  const host = createHost(world, { silentMs: 300 })
  const sequencer = await takeOver(host, market)
  const after = sequencer.engine.sequence
  await sequencer.submit(orders(100))
  child.process.kill('SIGCONT')
  await child.lost
  await sequencer.submit(orders(100, 2))
  await comesTo(market, child.acknowledged)
  const rows = await world.adminDatabase.query<{ epoch: bigint }>(
    'SELECT DISTINCT epoch FROM exchange.journal WHERE last_seq > $1',
    [after],
  )
  expect(rows).toEqual([{ epoch: sequencer.epoch }])
  expect(Math.max(...child.acknowledged.keys())).toBeLessThanOrEqual(after)
  await host.stop()
})
