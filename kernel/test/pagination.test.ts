import { csv, defineList, integerKey, kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tallyModule } from './tally/index.ts'

const listDrops = defineList({
  name: 'tally.drop.list',
  summary: 'List drops, the largest first',
  http: { method: 'GET', path: '/v1/drops' },
  input: Type.Object(
    { jar: Type.String(), more_than: Type.Optional(Type.Integer()) },
    { additionalProperties: false },
  ),
  item: Type.Object({ seq: Type.String(), amount: Type.String() }, { additionalProperties: false }),
  permission: 'tally.drop.list',
  refusals: [],
  example: { input: { jar: 'blue' } },
  formats: [
    {
      mediaType: 'text/csv',
      write: (view, input) =>
        csv(
          ['filters', 'drops'],
          [[Object.keys(input).sort().join(' '), view.clock.now() === 0 ? 'none' : 'some']],
        ),
    },
  ],
  async page(view, input, page) {
    const rows = await view.db.query<{ seq: bigint; amount: bigint }>(
      `SELECT seq, amount FROM tally.drops WHERE jar = $1 AND amount > $2
         AND ($3::bigint IS NULL OR (-amount, seq) > ($3, $4)) ORDER BY -amount, seq LIMIT $5`,
      [input.jar, input.more_than ?? 0, integerKey(page, 0) ?? null, integerKey(page, 1) ?? null, page.fetch],
    )
    return {
      rows: rows.map((row) => ({
        item: { seq: String(row.seq), amount: String(row.amount) },
        key: [String(-row.amount), String(row.seq)],
      })),
    }
  },
})

interface PageOf<T> {
  readonly items: readonly T[]
  readonly next: string | null
}
type Drops = PageOf<{ seq: string; amount: string }>

const modules = [kernelModule, { ...tallyModule, queries: [listDrops] }]
let world: World
beforeAll(async () => {
  world = await createWorld({ modules })
})
afterAll(() => world.close())

let jars = 0

async function jarWith(amounts: readonly number[]): Promise<string> {
  const jar = `jar${String.fromCharCode(97 + (jars % 26))}${'x'.repeat(jars++)}`
  await world.adminDatabase.query('INSERT INTO tally.jars (name, total) VALUES ($1, 0)', [jar])
  await add(jar, amounts)
  return jar
}

async function add(jar: string, amounts: readonly number[]): Promise<void> {
  await world.adminDatabase.query(
    'INSERT INTO tally.drops (jar, amount, total) SELECT $1, a, 0 FROM unnest($2::bigint[]) a',
    [jar, amounts],
  )
}

async function pageOf(input: Record<string, unknown>): Promise<Drops> {
  return (await world.ask('tally.drop.list', input)) as Drops
}

const amountsOf = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 })

test('the pages put together are the whole list, whatever is added meanwhile', async () => {
  const run = async (before: number[], limit: number, meanwhile: number[]): Promise<void> => {
    const jar = await jarWith(before)
    const whole = await pageOf({ jar, limit: 1_000 })
    expect(whole.next).toBeNull()
    expect(whole.items.map((item) => Number(item.amount))).toEqual(before.toSorted((a, b) => b - a))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Drops = await pageOf({ jar, limit, ...(cursor === null ? {} : { cursor }) })
      expect(page.items.length).toBeLessThanOrEqual(limit)
      seen.push(...page.items.map((item) => item.seq))
      cursor = page.next
      await add(jar, meanwhile.splice(0, 1))
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(seen.length)
    const known = new Set(whole.items.map((item) => item.seq))
    expect(seen.filter((seq) => known.has(seq))).toEqual(whole.items.map((item) => item.seq))
  }
  await fc.assert(fc.asyncProperty(amountsOf, fc.integer({ min: 1, max: 8 }), amountsOf, run), {
    numRuns: 25,
  })
})

const forge = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

test('forged cursors, and those of other lists or filters, are invalid input', async () => {
  const jar = await jarWith([1, 2, 3])
  const { next } = await pageOf({ jar, limit: 1 })
  if (next === null) throw new Error('There should be a second page')
  const [scope] = JSON.parse(Buffer.from(next, 'base64url').toString())
  const cursors = [
    'x',
    '%',
    forge([]),
    forge([scope]),
    forge([scope, '1']),
    forge([scope, 'one', '2']),
    forge([scope, '1', '2; DROP TABLE']),
    forge([scope, '9'.repeat(40), '2']),
    forge([scope, 1, 2]),
    forge({ scope }),
    forge(['AAAAAAAA', '1', '2']),
  ]
  for (const cursor of cursors)
    await expect(pageOf({ jar, cursor }), cursor).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(pageOf({ jar, more_than: 1, cursor: next })).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(world.ask('kernel.audit.list', { cursor: next })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  const textKey = forge([await scopeOfKeys(), 'a\0'])
  await expect(world.ask('kernel.key.list', { cursor: textKey })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  expect((await pageOf({ jar, limit: 5, cursor: next })).items).toHaveLength(2)
})

async function scopeOfKeys(): Promise<string> {
  for (const name of ['a', 'b']) await world.done('kernel.key.create', { name, permissions: ['x'] })
  const { next } = (await world.ask('kernel.key.list', { limit: 1 })) as PageOf<unknown>
  return JSON.parse(Buffer.from(String(next), 'base64url').toString())[0]
}

test('limits are bounded', async () => {
  const jar = await jarWith([])
  for (const limit of [0, -1, 1.5, 1_001])
    await expect(pageOf({ jar, limit })).rejects.toMatchObject({ code: 'invalid_input' })
})

test('a format of a list gives the whole of it, without pages', async () => {
  const ask = (input: object) => world.askFor('text/csv', 'tally.drop.list', input)
  expect(await ask({ jar: 'any', more_than: 1 })).toBe('filters,drops\r\njar more_than,some\r\n')
  await expect(ask({ jar: 'any', limit: 5 })).rejects.toMatchObject({
    issues: [{ path: '/limit', message: 'is for pages; text/csv is the whole list' }],
  })
})
