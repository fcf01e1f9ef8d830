import { createLog } from '@florin/kernel'
import type { World } from '@florin/kernel/testing'
import { rulesVersion } from '@florin/orderbook'
import { afterEach, expect, test } from 'vitest'
import { exchangeModule, Follower, RulesDiffer, replayTwice } from '../src/index.ts'
import { verifyExchange } from '../src/verification/verify.ts'
import { createHost, orders, runBy } from './lib/market.ts'
import { Desk } from './settlement/desk.ts'

const market = 'ACME-EUR'
const reason = 'Florin was upgraded'
/** A version of the rules that no engine here has. */
const older = rulesVersion + 1_000

let desk: Desk
let world: World
afterEach(() => desk.close())

const allReaders = ['exchange.history.write', 'exchange.records.write', 'exchange.market.supervise']

/** A market on which something was traded, at rest, as if the version before had run it. */
async function restingOfOlderRules(readers: readonly string[] = [...allReaders]): Promise<number> {
  desk = await Desk.open()
  world = desk.world
  for (const account of ['a1', 'a2'])
    await desk.done('exchange.position.deposit', { account, market, quantity: '500', price: '100.00' })
  await desk.done('exchange.buying-power.allocate', { account: 'a2', market, amount: '50000.00' })
  await desk.settle()
  await desk.trade(1, 2, 5, 10_000)
  await desk.trade(1, 2, 3, 10_010)
  await desk.order(1, 'sell', 7, 10_050)
  await desk.settle()
  for (const reader of readers) await world.done(reader, { market })
  await desk.host.stop()
  await relabel(older)
  return desk.sequencer.engine.sequence
}

async function relabel(rules: number): Promise<void> {
  for (const table of ['heads', 'epochs', 'snapshots'])
    await world.adminDatabase.query(`UPDATE exchange.${table} SET rules = $1`, [rules])
}

const upgrade = (input: object = {}) =>
  world.execute('exchange.market.upgrade', { market, rules: rulesVersion, ...input }, { reason })

/** All that is kept of a market, as text. */
async function everything(): Promise<string> {
  const tables = ['heads', 'epochs', 'journal', 'snapshots', 'rules_changes', 'cursors']
  const rows = await Promise.all(
    tables.map((table) => world.adminDatabase.query(`SELECT t::text FROM exchange.${table} t ORDER BY 1`)),
  )
  return JSON.stringify(rows)
}

test('a process of other rules leaves a market alone, says so once, and answers with a stable code', async () => {
  const end = await restingOfOlderRules()
  const before = await everything()
  const logged: string[] = []
  const log = createLog('error', { write: (line) => logged.push(line) })
  const host = createHost(world, { log })
  for (let round = 0; round < 3; round++) {
    await host.round()
    await host.settled()
  }
  expect(host.sequencer(desk.market.id)).toBeUndefined()
  expect(logged).toHaveLength(1)
  expect(logged[0]).toContain(`version ${older} of the matching rules`)
  expect(logged[0]).toContain('exchange.market.upgrade')
  expect(await everything()).toBe(before)
  await host.stop()

  const differs = { code: 'other_version', message: expect.stringContaining(`version ${older}`) }
  await expect(world.ask('exchange.book.get', { market })).rejects.toMatchObject(differs)
  await expect(world.ask('exchange.book.at', { market, seq: end })).rejects.toMatchObject(differs)
  await expect(Follower.fromStart(desk.market).read(world.database, 1)).rejects.toMatchObject(differs)
  await expect(replayTwice(world.database, desk.market, () => 0)).rejects.toBeInstanceOf(RulesDiffer)
  expect(await world.ask('exchange.market.status', { market })).toMatchObject({
    rules: older,
    rules_after: '0',
    stopped: null,
  })
  expect(await verify()).toMatchObject([{ check: 'exchange.journal', found: differs.message }])
  expect(await everything()).toBe(before)
})

async function verify() {
  return world.database.transaction((db) =>
    verifyExchange({ db, clock: world.clock, context: world.context() }),
  )
}

test('a market goes on by new rules from the closing snapshot, and its old journal is never carried out again', async () => {
  const end = await restingOfOlderRules()
  const digest = desk.sequencer.engine.digest()
  expect(await upgrade()).toMatchObject({
    status: 'done',
    output: { market, before: older, rules: rulesVersion, after: end },
  })
  // What other rules made of the old commands can't be known: here they would come to something else.
  await world.adminDatabase.query(
    `UPDATE exchange.journal SET commands = decode(repeat('00', octet_length(commands)), 'hex'), digest = '\\x00'`,
  )
  const host = createHost(world, { limits: { snapshotCommands: 20 } })
  const sequencer = await runBy(host, desk.market)
  expect(sequencer.engine.digest()).toBe(digest)
  expect(sequencer.engine.sequence).toBe(end)
  // The order that rested is still there, and trades.
  await desk.world.done('exchange.buying-power.allocate', { account: 'a2', market, amount: '10000.00' })
  sequencer.nudge()
  for (let seed = 1; seed <= 8; seed++) {
    await sequencer.submit(orders(10, seed))
    await sequencer.settled()
    world.clock.advance(86_400_000)
    await world.adminDatabase.query(`UPDATE exchange.snapshots SET taken_at = taken_at - interval '1 hour'`)
  }
  while (((await world.done('exchange.fills.settle', { market })) as { commands: number }).commands > 0);
  const replay = await replayTwice(world.database, desk.market, () => 0)
  expect(replay).toMatchObject({ same: true, start: { from: end, digest: sequencer.engine.digest() } })
  expect(replay.snapshot.from).toBeGreaterThan(end)
  expect(await verify()).toEqual([])
  expect(await world.ask('exchange.book.at', { market, seq: end })).toMatchObject({ digest })
  await expect(world.ask('exchange.book.at', { market, seq: end - 1 })).rejects.toMatchObject({
    code: 'other_version',
    message: expect.stringContaining(`up to command ${end} is of version ${older}`),
  })
  expect(await snapshotAt(end)).toBe(true)
  await host.stop()

  // Without the snapshot that the rules began with nothing can be known.
  await world.adminDatabase.query('DELETE FROM exchange.snapshots')
  await expect(Follower.open(world.database, desk.market, end)).rejects.toThrow(/these rules began with/)
})

async function snapshotAt(seq: number): Promise<boolean> {
  const rows = await world.adminDatabase.query('SELECT FROM exchange.snapshots WHERE seq = $1', [seq])
  return rows.length > 0
}

test('an upgrade is refused until the version before has left everything in order', async () => {
  const end = await restingOfOlderRules(['exchange.history.write'])
  const refusal = async (): Promise<string> => {
    const answer = await upgrade()
    if (answer.status !== 'refused') throw new Error(`it was ${answer.status}`)
    return `${answer.refusal.code}: ${answer.refusal.message}`
  }
  expect(await refusal()).toBe(
    `market_not_at_rest: ${market} was not read to its end by records, supervision`,
  )
  await relabel(rulesVersion)
  for (const reader of allReaders) await world.done(reader, { market })
  await relabel(older)
  await world.adminDatabase.query(`UPDATE exchange.heads SET owner = 'the old one'`)
  expect(await refusal()).toContain('is run by the old one')
  await world.adminDatabase.query(`UPDATE exchange.heads SET owner = NULL, stopped = 'it is broken'`)
  expect(await refusal()).toContain('was stopped: it is broken')
  await world.adminDatabase.query('UPDATE exchange.heads SET stopped = NULL')

  const state = await world.adminDatabase.query<{ state: Buffer; digest: Buffer }>(
    'SELECT state, digest FROM exchange.snapshots WHERE seq = $1',
    [end],
  )
  const spoil = (column: string) =>
    world.adminDatabase.query(`UPDATE exchange.snapshots SET ${column} WHERE seq = $1`, [end])
  await spoil(`digest = '\\x00'`)
  expect(await refusal()).toContain('that is another one’s')
  await spoil(`state = '\\x00'`)
  expect(await refusal()).toContain('that this version can’t read')
  await world.adminDatabase.query('DELETE FROM exchange.snapshots WHERE seq = $1', [end])
  expect(await refusal()).toContain('was not stopped in order')
  await world.adminDatabase.query(
    'INSERT INTO exchange.snapshots (market_id, seq, digest, state, rules) VALUES ($1, $2, $3, $4, $5)',
    [desk.market.id, end, state[0]?.digest, state[0]?.state, older],
  )
  expect(await upgrade({ rules: older })).toMatchObject({ refusal: { code: 'rules_not_here' } })
  expect(await upgrade()).toMatchObject({ status: 'done', output: { before: older, after: end } })
  // Once more changes nothing.
  expect(await upgrade()).toMatchObject({ output: { before: rulesVersion, rules: rulesVersion, after: end } })
  const changes = await world.adminDatabase.query('SELECT FROM exchange.rules_changes')
  expect(changes).toHaveLength(1)
})

test('the schema is not migrated either while only the version before can finish a market', async () => {
  const end = await restingOfOlderRules()
  const asked = () => exchangeModule.notYet?.(world.adminDatabase)
  expect(await asked()).toBeUndefined()
  await world.adminDatabase.query(`UPDATE exchange.heads SET owner = 'the old one'`)
  expect(await asked()).toContain(`version ${older} of the matching rules`)
  expect(await asked()).toContain('is run by the old one')
  await world.adminDatabase.query(`UPDATE exchange.heads SET owner = NULL`)
  await world.adminDatabase.query(`UPDATE exchange.cursors SET seq = seq - 1 WHERE name = 'history'`)
  expect(await asked()).toContain('was not read to its end by history')
  await world.adminDatabase.query(`UPDATE exchange.cursors SET seq = seq + 1 WHERE name = 'history'`)
  await world.adminDatabase.query('DELETE FROM exchange.snapshots WHERE seq = $1', [end])
  expect(await asked()).toContain(`has no snapshot of command ${end}, its last`)
  // Of its own rules a market may be in any state.
  await relabel(rulesVersion)
  expect(await asked()).toBeUndefined()
  // Before versions were kept there was no such column.
  await world.adminDatabase.query('ALTER TABLE exchange.heads DROP COLUMN rules')
  expect(await asked()).toBeUndefined()
})

test('a replica that reads on does not carry out what other rules journalled meanwhile', async () => {
  desk = await Desk.open()
  world = desk.world
  const follower = await Follower.open(world.database, desk.market, desk.sequencer.engine.sequence)
  await desk.order(1, 'sell', 1, 10_000)
  await world.adminDatabase.query('UPDATE exchange.epochs SET rules = $1', [older])
  await expect(follower.read(world.database, 10)).rejects.toMatchObject({ code: 'other_version' })
})
