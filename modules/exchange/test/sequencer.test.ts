import type { Database } from '@florin/kernel'
import { cutEverywhere, type World } from '@florin/kernel/testing'
import { answer, command, reason } from '@florin/orderbook'
import { afterEach, expect, test } from 'vitest'
import { type Block, eachCommand, eachResult, Follower, MarketLost, type Results } from '../src/index.ts'
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

test('cut before and after every statement, nothing is lost, doubled, or told before it is durable', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const { database } = world.secondEngine()
  const host = createHost(world, { database })
  await fund(await runBy(host, market))
  const published: Block[] = []
  let unknown = 0
  for (let seed = 1; seed <= 12; seed++) {
    const sequencer = await runBy(host, market)
    const end = sequencer.subscribe((block) => published.push(block))
    await world.done('exchange.market.reference', { market: market.code, price: `100.0${seed % 10}` })
    const cut = cutNext(database, seed % 3)
    const sent = sequencer.submit(orders(20, seed))
    sequencer.nudge()
    const failed = await sent.then(
      () => undefined,
      (error: unknown) => error,
    )
    database.interceptor = undefined
    if (failed !== undefined) {
      expect(failed).toBeInstanceOf(MarketLost)
      if (failed instanceof MarketLost && failed.unknown) unknown++
      expect(host.sequencer(market.id)).toBeUndefined()
    }
    expect(cut(), `seed ${seed}`).toBe(true)
    end()
  }
  expect(unknown).toBeGreaterThan(3)
  // What was lost to a cut and became durable nevertheless is carried out by the next owner, unpublished here.
  const sequencer = await runBy(host, market)
  await world.done('exchange.market.reference', { market: market.code, price: '100.00' })
  sequencer.nudge()
  await sequencer.submit(orders(1))
  const follower = Follower.fromStart(market)
  const digests = new Map<number, number>()
  await follower.read(world.database, 1_000_000, (seq, _command, _offset, records) =>
    digests.set(seq, records[answer.sequenceLow] ?? 0),
  )
  expect(follower.engine.digest()).toBe(sequencer.engine.digest())
  const seen = new Set<number>()
  for (const block of published)
    eachCommand(block, (seq) => {
      expect(seen.has(seq)).toBe(false)
      expect(digests.get(seq)).toBe(seq)
      seen.add(seq)
    })
  // Every command of the inbox once.
  const [taken] = await world.adminDatabase.query<{ count: bigint; seqs: bigint; waiting: bigint }>(
    `SELECT count(*), count(DISTINCT seq) AS seqs, (SELECT count(*) FROM exchange.waiting) AS waiting FROM exchange.taken`,
  )
  const [inbox] = await world.adminDatabase.query<{ count: bigint }>('SELECT count(*) FROM exchange.inbox')
  expect(taken).toEqual({ count: inbox?.count, seqs: inbox?.count, waiting: 0n })
  await host.stop()
})

test('one statement after another is cut, and the market comes back each time', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const { database } = world.secondEngine()
  const host = createHost(world, { database })
  const { done } = cutEverywhere(database, { hideCommit: false })
  for (let round = 0; round < 60 && !done(); round++) {
    await host.round().catch(() => undefined)
    await host.settled()
    await host
      .sequencer(market.id)
      ?.submit(orders(1, round))
      .catch(() => undefined)
  }
  database.interceptor = undefined
  const sequencer = await runBy(host, market)
  await sequencer.submit(orders(10))
  const follower = await Follower.open(world.database, market, sequencer.engine.sequence)
  expect(follower.engine.digest()).toBe(sequencer.engine.digest())
  await host.stop()
})

test('a full queue refuses at once, and what was refused is not done', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const host = createHost(world, { limits: { queued: 100 } })
  const sequencer = await runBy(host, market)
  // the last of what waits in the inbox is done with this one
  const before = (await sequencer.submit(orders(1))).firstSeq
  const first = sequencer.submit(orders(60))
  await expect(sequencer.submit(orders(41))).rejects.toMatchObject({ code: 'overloaded' })
  const second = sequencer.submit(orders(40))
  await Promise.all([first, second])
  expect(sequencer.engine.sequence).toBe(before + 100)
  await expect(sequencer.submit(orders(0))).rejects.toThrow(RangeError)
  await host.stop()
  await expect(sequencer.submit(orders(1))).rejects.toThrow(MarketLost)
})

test('blocks are published after the commit, and those missed are shown from memory while it reaches', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  const host = createHost(world, { limits: { recentWords: 10_000 } })
  const sequencer = await runBy(host, market)
  const start = sequencer.engine.sequence
  const shown: number[] = []
  const results: Results[] = []
  sequencer.subscribe((block) => shown.push(block.lastSeq))
  for (let seed = 1; seed <= 20; seed++) {
    results.push(await sequencer.submit(orders(30, seed)))
    const [head] = await world.adminDatabase.query<{ last_seq: bigint }>(
      'SELECT last_seq FROM exchange.heads',
    )
    expect(Number(head?.last_seq)).toBeGreaterThanOrEqual(shown.at(-1) ?? 0)
  }
  expect(shown).toEqual(results.map(({ firstSeq, count }) => firstSeq + count - 1))
  const last = sequencer.engine.sequence
  const missed: number[] = []
  expect(sequencer.since(last - 45, (seq) => missed.push(seq))).toBe(true)
  expect(missed).toEqual(Array.from({ length: 45 }, (_, i) => last - 44 + i))
  expect(sequencer.since(start, (seq) => missed.push(seq))).toBe(false)
  expect(missed).toHaveLength(45)
  expect(sequencer.since(last, () => missed.push(0))).toBe(true)
  await host.stop()
})

test('a subscriber that fails harms nobody', async () => {
  world = await createMarket()
  const market = await acme(world)
  const host = createHost(world)
  const sequencer = await runBy(host, market)
  const shown: number[] = []
  sequencer.subscribe(() => {
    throw new Error('defect')
  })
  sequencer.subscribe((block) => shown.push(block.lastSeq))
  await sequencer.submit(orders(1))
  expect(shown).toEqual([sequencer.engine.sequence])
  await host.stop()
})

/** Cuts the connection at the next write of the journal: before it, after it, or (2) before the look into the inbox. */
function cutNext(database: Database, where: number): () => boolean {
  let done = false
  database.interceptor = (text, stage, cut) => {
    const isHere =
      where === 2
        ? stage === 'before' && text.includes('FROM exchange.waiting')
        : stage === (where === 0 ? 'before' : 'after') && text.includes('INSERT INTO exchange.journal')
    if (done || !isHere) return
    done = true
    cut()
    throw Object.assign(new Error('Connection cut'), { code: 'ECONNRESET' })
  }
  return () => done
}

test('what comes into the inbox is carried out at once, whichever process brought it', async () => {
  world = await createMarket()
  const market = await acme(world)
  // Without a round after the first: a notification brings it from another process, the commit itself from this one.
  for (const database of [world.secondEngine().database, world.database]) {
    const host = createHost(world, { database })
    const sequencer = await runBy(host, market)
    const carriedOut = new Promise<number>((resolve) => {
      sequencer.subscribe((block) => resolve(block.commands[command.price] ?? 0))
    })
    const price = database === world.database ? '101.00' : '102.00'
    await world.done('exchange.market.reference', { market: market.code, price })
    expect(await carriedOut).toBe(database === world.database ? 10_100 : 10_200)
    expect(sequencer.engine.referencePrice).toBe(await carriedOut)
    await host.stop()
  }
})

test('times rise with the commands, whatever the clock does', async () => {
  world = await createMarket()
  const market = await acme(world)
  const host = createHost(world)
  const sequencer = await runBy(host, market)
  const times: number[] = []
  for (const ms of [0, 5, -60_000, 1]) {
    world.clock.advance(ms)
    await sequencer.submit(orders(3))
    times.push(sequencer.engine.timeUs)
  }
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  await host.stop()
  // The next owner goes on from there, though its clock is behind.
  world.clock.advance(-3_600_000)
  const next = createHost(world)
  const successor = await runBy(next, market)
  await successor.submit(orders(1))
  expect(successor.engine.timeUs).toBeGreaterThanOrEqual(times.at(-1) ?? 0)
  await next.stop()
})

test('a snapshot is put off until taking it costs no more than its share of the time', async () => {
  world = await createMarket()
  await admitAll(world)
  const market = await acme(world)
  // Whatever is timed takes a millisecond, and so does every commit.
  let ms = 0
  const host = createHost(world, {
    limits: { snapshotCommands: 50, snapshotShare: 1 / 10 },
    elapsedMs: () => ++ms,
  })
  const sequencer = await runBy(host, market)
  const end = sequencer.engine.sequence + 33 * 50
  for (let seed = 1; sequencer.engine.sequence < end; seed++) {
    await sequencer.submit(orders(50, seed))
    await sequencer.settled()
  }
  const rows = await world.adminDatabase.query<{ seq: bigint }>(
    'SELECT seq FROM exchange.snapshots ORDER BY seq',
  )
  const seqs = rows.map(({ seq }) => Number(seq))
  expect(seqs).toHaveLength(3)
  for (const [i, seq] of seqs.slice(1).entries()) expect(seq - (seqs[i] ?? 0)).toBeGreaterThanOrEqual(9 * 50)
  await host.stop()
})
