import { insertKey, payloadHash } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { insertEvents } from '../src/pipeline/records.ts'
import { modules } from './tally/index.ts'

let world: World
beforeEach(async () => {
  world = await createWorld({ modules })
})
afterEach(() => world.close())

type Items = readonly Record<string, unknown>[]
interface PageOf {
  readonly items: Items
  readonly next: string | null
  readonly resume?: string | null
}

async function list(name: string, input: Record<string, unknown> = {}): Promise<PageOf> {
  return (await world.ask(name, input)) as PageOf
}

test('the audit trail says who did what, when, why, before and after', async () => {
  const reason = 'the old one broke'
  await world.execute('tally.jar.create', { name: 'blue' }, { key: 'k1', reason })
  const { items } = await list('kernel.audit.list')
  expect(items).toMatchObject([
    {
      action: 'tally.jar.create',
      outcome: 'done',
      code: null,
      actor: 'admin',
      at: '2026-01-31T12:00:00.000Z',
      idempotency_key: 'k1',
      reason,
      input: { name: 'blue' },
      changes: [{ subject: 'blue', before: null, after: { total: '0' } }],
    },
  ])
  const [row] = await world.adminDatabase.query<{ payload_hash: Buffer }>(
    'SELECT payload_hash FROM kernel.audit',
  )
  expect(row?.payload_hash).toEqual(payloadHash({ name: 'blue' }))
})

test('what a refused command said did not happen', async () => {
  await world.done('tally.jar.create', { name: 'blue' })
  await world.execute('tally.jar.create', { name: 'blue' })
  const audit = await list('kernel.audit.list', { outcome: 'refused' })
  expect(audit.items).toMatchObject([{ code: 'jar_exists', changes: null, input: { name: 'blue' } }])
  expect((await list('kernel.event.list')).items).toHaveLength(1)
})

test('in a batch each call has its own record, change and event', async () => {
  await world.done('tally.jar.create', { name: 'blue' })
  const add = (key: string, amount: number) =>
    world.execute('tally.drop.add', { jar: 'blue', amount }, { key, reason: `for ${key}` })
  await Promise.all([add('a', 3), add('b', 90), add('c', 4)])
  const { items } = await list('kernel.audit.list', { action: 'tally.drop.add' })
  const change = (before: string, after: string) => [
    { subject: 'blue', before: { total: before }, after: { total: after } },
  ]
  expect(items).toMatchObject([
    { idempotency_key: 'a', reason: 'for a', outcome: 'done', changes: change('0', '3') },
    { idempotency_key: 'b', reason: 'for b', outcome: 'refused', code: 'jar_full', changes: null },
    { idempotency_key: 'c', reason: 'for c', outcome: 'done', changes: change('3', '7') },
  ])
  const events = (await list('kernel.event.list', { type: 'tally.added' })).items
  expect(events.map((event) => [event.data, event.request_id])).toEqual([
    [{ amount: 3 }, items[0]?.request_id],
    [{ amount: 4 }, items[2]?.request_id],
  ])
})

test('the audit trail is filtered by actor, action, outcome and time', async () => {
  await world.done('tally.jar.create', { name: 'a' })
  world.clock.advance(1_000)
  await world.done('tally.jar.create', { name: 'b' })
  await world.done('tally.drop.add', { jar: 'b', amount: 1 })
  const found = async (input: Record<string, unknown>) =>
    (await list('kernel.audit.list', input)).items.length
  expect(await found({ actor: 'admin' })).toBe(3)
  expect(await found({ actor: 'nobody' })).toBe(0)
  expect(await found({ action: 'tally.jar.create' })).toBe(2)
  expect(await found({ from: '2026-01-31T12:00:01Z' })).toBe(2)
  expect(await found({ to: '2026-01-31T12:00:01Z' })).toBe(1)
})

function event(subject: string) {
  const context = world.context()
  const [id = ''] = [context.requestId]
  return { id, type: 'tally.added', subject, data: {}, context }
}

test('events of overlapping transactions are read without gap, whichever ends first', async () => {
  const { database, clock } = world
  const seen: unknown[] = []
  let cursor: string | undefined
  const read = async (): Promise<void> => {
    const page = await list('kernel.event.list', { limit: 1, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map((item) => item.subject))
    cursor = page.resume ?? undefined
    if (page.next !== null) await read()
  }
  const begun: (() => void)[] = []
  /** A transaction that has its number, waits to write, then waits to commit. */
  const open = async (subject: string) => {
    const steps = { write: () => {}, commit: () => {}, done: Promise.resolve(), written: Promise.resolve() }
    const started = new Promise<void>((resolve) => begun.push(resolve))
    const toWrite = new Promise<void>((resolve) => {
      steps.write = resolve
    })
    const toCommit = new Promise<void>((resolve) => {
      steps.commit = resolve
    })
    let wrote = (): void => {}
    steps.written = new Promise<void>((resolve) => {
      wrote = resolve
    })
    steps.done = database.transaction(async (db) => {
      await db.query('SELECT pg_current_xact_id()')
      begun.at(-1)?.()
      await toWrite
      await insertEvents(db, [event(subject), event(`${subject}, too`)], clock.now())
      wrote()
      await toCommit
    })
    await started
    return steps
  }
  const older = await open('older')
  const younger = await open('younger')
  // The younger one draws the lower number, the older one commits first.
  younger.write()
  await younger.written
  older.write()
  await older.written
  await database.transaction((db) => insertEvents(db, [event('quick')], clock.now()))
  await read()
  expect(seen).toEqual([])
  older.commit()
  await older.done
  await database.transaction((db) => insertEvents(db, [event('later')], clock.now()))
  await read()
  younger.commit()
  await younger.done
  await database.transaction((db) => insertEvents(db, [event('last')], clock.now()))
  await read()
  expect(seen).toEqual(['older', 'older, too', 'younger', 'younger, too', 'quick', 'later', 'last'])
})

test('a follower of the outbox reads every event once, also from an empty page on', async () => {
  const announce = (subject: string) =>
    world.database.transaction((db) => insertEvents(db, [event(subject)], world.clock.now()))
  expect(await list('kernel.event.list')).toEqual({ items: [], next: null, resume: null })
  await announce('first')
  const first = await list('kernel.event.list')
  expect(first.items).toMatchObject([{ subject: 'first' }])
  expect(first.next).toBeNull()
  const cursor = first.resume ?? ''
  expect(await list('kernel.event.list', { cursor })).toEqual({ items: [], next: null, resume: cursor })
  await announce('second')
  await announce('third')
  const second = await list('kernel.event.list', { cursor, limit: 1 })
  expect(second.items).toMatchObject([{ subject: 'second' }])
  expect(second.next).toBe(second.resume)
  const third = await list('kernel.event.list', { cursor: second.next, limit: 1 })
  expect(third).toMatchObject({ items: [{ subject: 'third' }], next: null })
  // The audit trail can be read to its end; nobody follows it.
  expect(await list('kernel.audit.list')).not.toHaveProperty('resume')
})

test('a key can be put in without a command, once', async () => {
  const key = {
    id: '00000000-0000-8000-8000-000000000001',
    name: 'first',
    secret: 'florin_x',
    permissions: ['*'],
    expiresAt: null,
    createdBy: 'system:start',
  }
  expect(await insertKey(world.database, key, world.clock.now())).toBe(true)
  expect(await insertKey(world.database, key, world.clock.now())).toBe(false)
})
