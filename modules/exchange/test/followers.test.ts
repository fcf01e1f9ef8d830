import type { World } from '@florin/kernel/testing'
import { answer, Engine, words } from '@florin/orderbook'
import { Generator, NaiveMarket, type Profile, profiles, Random } from '@florin/orderbook/testing'
import { afterEach, expect, test } from 'vitest'
import { digestOf } from '../src/engine.ts'
import { findMarket, type MarketRecord } from '../src/index.ts'
import { readHead, takeOver } from '../src/store/heads.ts'
import { appendBatch } from '../src/store/journal.ts'
import { createMarket } from './lib/market.ts'

let world: World
afterEach(() => world.close())

const market = 'ACME-EUR'
const tables = ['orders', 'fills', 'candles', 'order_records', 'phase_events']

/** The market as if it had been opened with another engine. */
async function reconfigure({ config }: Profile): Promise<MarketRecord> {
  await world.adminDatabase.query('UPDATE exchange.markets SET config = $1', [
    JSON.stringify({ ...config, digest: true }),
  ])
  return findMarket(world.database, market)
}

/** Journals generated commands as an owner would, in rows of any length; `between` is called after each row. */
async function journal(
  record: MarketRecord,
  profile: Profile,
  random: Random,
  count: number,
  between: () => Promise<void>,
): Promise<void> {
  const naive = new NaiveMarket(profile.config)
  const generator = new Generator(random, profile, naive)
  const engine = new Engine(record.config)
  const epoch = await ownerEpoch(record)
  while (engine.sequence < count) {
    const length = 1 + random.below(40)
    const after = engine.sequence
    const digest = digestOf(engine)
    const commands = new Int32Array(length * words)
    let lastTime = 0
    for (let i = 0; i < length; i++) {
      commands.set(generator.next().words, i * words)
      naive.apply(commands, i * words)
      engine.apply(commands, i * words)
      lastTime =
        (engine.records[answer.timeHigh] ?? 0) * 2 ** 32 + ((engine.records[answer.timeLow] ?? 0) >>> 0)
    }
    const batch = { epoch, after, count: length, lastTime, commands, digest, taken: [] }
    expect(await appendBatch(world.adminDatabase, record.id, batch)).toBe(true)
    await between()
  }
}

async function ownerEpoch(record: MarketRecord): Promise<bigint> {
  const claim = { owner: 'test', address: undefined, clock: 'test clock' }
  const head = await takeOver(world.adminDatabase, await readHead(world.adminDatabase, record.id), claim)
  if (head === undefined) throw new Error('The market was not free')
  return head.epoch
}

async function write(): Promise<void> {
  for (const name of ['exchange.history.write', 'exchange.records.write']) await world.done(name, { market })
}

async function rowsOf(table: string): Promise<unknown> {
  const rows = await world.adminDatabase.query<{ row: string }>(
    `SELECT t::text AS row FROM exchange.${table} t ORDER BY 1`,
  )
  return rows.map(({ row }) => row)
}

async function state(): Promise<unknown> {
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await rowsOf(table)])))
}

async function forget(): Promise<void> {
  for (const table of [...tables, 'cursors']) await world.adminDatabase.query(`DELETE FROM exchange.${table}`)
}

const chosen = profiles.filter(({ name }) =>
  ['continuous trading', 'everything', 'stops', 'self-trades', 'risk'].includes(name),
)

test.each(chosen.map((profile) => [profile.name, profile] as const))(
  'what readers write is the same wherever they stop and go on: %s',
  async (_name, profile) => {
    world = await createMarket(0)
    const record = await reconfigure(profile)
    const random = new Random(7)
    await journal(record, profile, random, 1_200, async () => {
      if (random.oneIn(2)) await write()
    })
    await write()
    const inPieces = await state()
    await forget()
    await write()
    expect(await state()).toEqual(inPieces)
    expect(JSON.stringify(inPieces).length).toBeGreaterThan(50_000)
  },
)
