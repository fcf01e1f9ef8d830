import { Database, migrate } from '@florin/kernel'
import { createWorld, World } from '@florin/kernel/testing'
import { startTestServer, type TestServer } from '@florin/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modules } from './tally/index.ts'

/** Two clusters; the second has given out far fewer transaction ids than the first. */
let older: TestServer
let younger: TestServer
beforeAll(async () => {
  const starting = [startTestServer(), startTestServer()] as const
  older = await starting[0]
  younger = await starting[1]
})
afterAll(async () => {
  await older.stop()
  await younger.stop()
})

interface Events {
  readonly items: readonly { readonly seq: string; readonly subject: string }[]
  readonly next: string | null
}

async function events(world: World, cursor?: string): Promise<Events> {
  return (await world.ask('kernel.event.list', {
    limit: 2,
    ...(cursor === undefined ? {} : { cursor }),
  })) as Events
}

/** Everything a follower sees from its cursor on, and where it stands then. */
async function follow(
  world: World,
  cursor?: string,
): Promise<{ seen: string[]; cursor: string | undefined }> {
  const seen: string[] = []
  for (let at = cursor; ; ) {
    const page = await events(world, at)
    seen.push(...page.items.map((item) => item.subject))
    if (page.next === null) return { seen, cursor: at }
    at = page.next
  }
}

async function useUpIds(url: string, count: number): Promise<void> {
  const database = new Database(url)
  await database.query(
    `DO $$ BEGIN FOR i IN 1..${count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
  )
  await database.close()
}

/** What a logical dump restored into an empty database of another cluster makes: the rows as they are. */
async function carryOver(from: World, to: string): Promise<void> {
  const target = new Database(to)
  for (const table of [
    'kernel.clusters',
    'kernel.requests',
    'kernel.outcomes',
    'kernel.audit',
    'kernel.outbox',
    'tally.jars',
    'tally.drops',
  ]) {
    await target.query(`DELETE FROM ${table}`)
    const [rows] = await from.adminDatabase.query<{ rows: unknown }>(
      `SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text AS rows FROM ${table} t`,
    )
    await target.query(
      `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::text::jsonb)`,
      [rows?.rows],
    )
  }
  for (const [table, column] of [
    ['kernel.audit', 'seq'],
    ['kernel.outbox', 'seq'],
    ['tally.drops', 'seq'],
  ]) {
    await target.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), (SELECT max(${column}) FROM ${table}))`,
    )
  }
  await target.close()
}

async function tell(world: World, ...names: string[]): Promise<void> {
  for (const name of names) {
    await world.done('tally.jar.create', { name })
    await world.done('tally.drop.add', { jar: name, amount: 1 })
  }
}

async function dumped(world: World): Promise<World> {
  const storage = await younger.createDatabase()
  const owner = new Database(storage.url)
  await migrate(owner, modules)
  await carryOver(world, storage.url)
  await migrate(owner, modules)
  await owner.close()
  return new World({ modules, seed: 2 }, storage)
}

test('followers go on, without a gap, after a dump was restored into a younger cluster', async () => {
  await useUpIds(older.adminUrl, 5_000)
  const source = await createWorld({ modules, createDatabase: (options) => older.createDatabase(options) })
  await tell(source, 'a', 'b', 'c', 'd', 'e')
  const before = await follow(source)
  expect([...new Set(before.seen)]).toEqual(['a', 'b', 'c', 'd', 'e'])

  const world = await dumped(source)
  const [ids] = await world.adminDatabase.query<{ ahead: boolean }>(
    'SELECT max(xid) > pg_current_xact_id() AS ahead FROM kernel.outbox',
  )
  expect(ids).toEqual({ ahead: true })
  // from the start, and from the cursor of before
  expect([...new Set((await follow(world)).seen)]).toEqual(['a', 'b', 'c', 'd', 'e'])
  await tell(world, 'f', 'g', 'h')
  expect([...new Set((await follow(world)).seen)]).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  const after = await follow(world, before.cursor)
  expect([...new Set(after.seen)].slice(-3)).toEqual(['f', 'g', 'h'])
  expect(after.seen).not.toContain('a')
  // a second start in the same cluster begins nothing anew
  await migrate(world.adminDatabase, modules)
  expect(await world.adminDatabase.query('SELECT epoch FROM kernel.clusters')).toEqual([
    { epoch: 1 },
    { epoch: 2 },
  ])
  const audit = (await world.ask('kernel.audit.list', {})) as Events
  expect(audit.items).toHaveLength(16)
  expect(await world.verify()).toEqual([])
  await world.close()
  await source.close()
})

test('ids from the future are noticed even where the cluster says nothing of itself', async () => {
  const storage = await younger.createDatabase()
  const owner = new Database(storage.url)
  await migrate(owner, modules)
  const world = new World({ modules }, storage)
  await tell(world, 'a', 'b')
  await owner.query(`UPDATE kernel.outbox SET xid = (xid::text::bigint + 1000000)::text::xid8`)
  await owner.query('UPDATE kernel.clusters SET system_identifier = NULL, timeline = NULL')
  expect((await follow(world)).seen).toEqual([])
  await migrate(owner, modules)
  await tell(world, 'c')
  expect([...new Set((await follow(world)).seen)]).toEqual(['a', 'b', 'c'])
  await owner.close()
  await world.close()
})
