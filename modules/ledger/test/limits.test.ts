import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { aimed, groups, sendGroup, templates } from './watches/drive.ts'
import { accounts, cents, NaiveLedger, type NaiveLimit, type Op } from './watches/naive.ts'

const modules = [kernelModule, ledgerModule]
let world: World
let other: World['engine']
let told = 0

beforeAll(async () => {
  world = await createWorld({ modules })
  other = world.secondEngine().engine
})
afterAll(() => world.close())

async function openLedger(): Promise<string> {
  const ledger = `limits-${told++}`
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  return ledger
}

async function setLimit(ledger: string, limit: NaiveLimit): Promise<void> {
  const { name, prefix, amount, count, seconds } = limit
  const input = {
    ledger,
    limit: name,
    prefix,
    asset: 'EUR',
    window_seconds: seconds,
    ...(amount === undefined ? {} : { amount: cents(amount) }),
    ...(count === undefined ? {} : { count }),
  }
  await world.done('ledger.limit.set', input, { reason: 'test' })
}

interface Usage {
  readonly limits: readonly Record<string, unknown>[]
}

async function usage(ledger: string, address: string): Promise<Usage['limits']> {
  return ((await world.ask('ledger.limit.usage', { ledger, address, asset: 'EUR' })) as Usage).limits
}

const limits: readonly NaiveLimit[] = [
  { name: 'a-amount', prefix: 'out', amount: 100n, count: undefined, seconds: 5 },
  { name: 'b-count', prefix: 'out:a', amount: undefined, count: 3, seconds: 3 },
  { name: 'c-both', prefix: 'bank:x', amount: 120n, count: 4, seconds: 5 },
]

describe('whatever is asked, a limit refuses what a naive list of outflows would', () => {
  test('every outcome, every usage, and what forced ones exceeded', { timeout: 300_000 }, async () => {
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(groups, fc.boolean(), async (history, setLate) => {
        const ledger = await openLedger()
        const naive = new NaiveLedger(limits)
        // What went out before a limit was set counts, too.
        const unlimited = new NaiveLedger()
        const setAt = setLate ? 3 : 0
        const sent: Op[] = []
        const exceeded: string[] = []
        for (const [i, group] of history.entries()) {
          if (i === setAt) {
            for (const limit of limits) await setLimit(ledger, limit)
            naive.lists = unlimited.lists
          }
          const model = i < setAt ? unlimited : naive
          world.clock.advance(group.wait)
          const now = world.clock.now()
          const ops = group.ops.map((raw) => {
            const op = aimed(sent, raw)
            sent.push(op)
            return op
          })
          const first = sent.length - ops.length
          model.expire(now)
          const expected = ops.map((op, n) => model.perform(op, first + n, now))
          exceeded.push(...expected.flatMap((each) => each.exceeded))
          const engine = i % 2 === 0 ? world.engine : other
          const orders = ops.map((op, n) => ({ ledger, number: first + n, op }))
          const codes = await sendGroup(world, engine, orders)
          expect(codes).toEqual(expected.map((each) => each.code))
          for (const code of codes) seen.set(code, (seen.get(code) ?? 0) + 1)
          if (i >= setAt) await compareUsage(ledger, naive, now)
        }
        const events = await world.adminDatabase.query<{ what: string }>(
          `SELECT (data->>'limit') || ' ' || (data->>'account') AS what FROM kernel.outbox
           WHERE type = 'ledger.limit.exceeded' AND starts_with(subject, $1 || '/') ORDER BY seq`,
          [ledger],
        )
        expect(events.map((row) => row.what).sort()).toEqual(exceeded.sort())
      }),
      { numRuns: 80, verbose: 0 },
    )
    expect(await world.verify()).toEqual([])
    expect(seen.get('limit_exceeded')).toBeGreaterThan(50)
    expect(seen.get('done')).toBeGreaterThan(300)
  })
})

async function compareUsage(ledger: string, naive: NaiveLedger, now: number): Promise<void> {
  const known = new Set(naive.lists.postings.flatMap((p) => [p.debit, p.credit]))
  for (const hold of naive.lists.holds) known.add(hold.debit).add(hold.credit)
  for (const account of accounts) {
    if (!known.has(account)) continue
    const wanted = limits
      .filter(({ prefix }) => account === prefix || account.startsWith(`${prefix}:`))
      .map(({ name, count, seconds }) => {
        const used = naive.used(account, seconds, now)
        return { limit: name, used: cents(used.amount), count_used: count === undefined ? null : used.count }
      })
    expect(await usage(ledger, account)).toMatchObject(wanted)
  }
}

describe('a limit of 1.00 within five seconds', () => {
  let ledger: string
  beforeEach(async () => {
    ledger = await openLedger()
    await setLimit(ledger, { name: 'fast', prefix: 'out', amount: 100n, count: undefined, seconds: 5 })
  })

  function pay(
    amount: string,
    options: Parameters<World['execute']>[2] & { force?: boolean; from?: string } = {},
  ) {
    const { force = false, from = 'out:a', ...rest } = options
    const postings = [{ debit: from, credit: 'bank:x', amount, asset: 'EUR' }]
    return world.execute('ledger.transaction.post', { ledger, postings, force }, rest)
  }

  async function codeOf(answer: ReturnType<typeof pay>): Promise<string> {
    const settled = await answer
    return settled.status === 'refused' ? settled.refusal.code : settled.status
  }

  async function reserve(amount: string): Promise<string> {
    const hold = { ledger, debit: 'out:a', credit: 'bank:x', amount, asset: 'EUR' }
    return ((await world.done('ledger.hold.reserve', hold)) as { id: string }).id
  }

  const end = (verb: 'settle' | 'release', hold: string) =>
    world.done(`ledger.hold.${verb}`, { ledger, hold })

  test('rolls to the millisecond, and says what is left and when more is', async () => {
    const start = world.clock.now()
    expect(await codeOf(pay('0.60'))).toBe('done')
    world.clock.advance(4_999)
    const refused = await pay('0.41')
    expect(refused).toMatchObject({
      status: 'refused',
      refusal: {
        code: 'limit_exceeded',
        details: {
          limit: 'fast',
          account: 'out:a',
          asset: 'EUR',
          window_seconds: 5,
          amount: '1.00',
          used: '0.60',
          available: '0.40',
          needed: '0.41',
          count: null,
          frees_at: new Date(start + 5_000).toISOString(),
        },
      },
    })
    expect(await codeOf(pay('0.40'))).toBe('done')
    expect(await codeOf(pay('0.01'))).toBe('limit_exceeded')
    expect(await codeOf(pay('1.00', { from: 'out:b' }))).toBe('done')
    world.clock.advance(1)
    expect(await usage(ledger, 'out:a')).toMatchObject([{ used: '0.40', available: '0.60' }])
    expect(await codeOf(pay('0.60'))).toBe('done')
    expect(await codeOf(pay('0.01'))).toBe('limit_exceeded')
  })

  test('counts a hold when it is reserved, and never again', async () => {
    const hold = await reserve('0.80')
    expect(await codeOf(pay('0.21'))).toBe('limit_exceeded')
    await end('settle', hold)
    expect(await usage(ledger, 'out:a')).toMatchObject([{ used: '0.80' }])
    world.clock.advance(5_000)
    const older = await reserve('0.70')
    world.clock.advance(5_000)
    expect(await codeOf(pay('1.00'))).toBe('done')
    await end('settle', older)
    expect(await usage(ledger, 'out:a')).toMatchObject([{ used: '1.00', available: '0.00' }])
  })

  test('gets back what a hold gives back, but nothing of one that is older than the window', async () => {
    const older = await reserve('0.90')
    world.clock.advance(5_000)
    const younger = await reserve('1.00')
    expect(await codeOf(pay('0.01'))).toBe('limit_exceeded')
    await end('release', older)
    expect(await codeOf(pay('0.01'))).toBe('limit_exceeded')
    await end('release', younger)
    expect(await codeOf(pay('1.00'))).toBe('done')
  })

  test('gets nothing back by a reversal', async () => {
    const { output } = (await pay('1.00')) as { output: { id: string } }
    await world.done('ledger.transaction.reverse', { ledger, transaction: output.id })
    expect(await codeOf(pay('0.01'))).toBe('limit_exceeded')
  })

  test('lets two processes that race take out no more than one could', async () => {
    for (let round = 0; round < 3; round++) {
      const engines = [world.engine, other]
      const codes = await Promise.all(
        Array.from({ length: 30 }, (_, i) => codeOf(pay('0.30', { engine: engines[i % 2] ?? other }))),
      )
      expect(codes.filter((code) => code === 'done')).toHaveLength(3)
      expect(new Set(codes)).toEqual(new Set(['done', 'limit_exceeded']))
      world.clock.advance(5_000)
    }
  })

  test('holds within one batch, and for the account that the order opens', async () => {
    const transactions = ['0.50', '0.60', '0.50'].map((amount) => ({
      postings: [{ debit: 'out:new', credit: 'bank:x', amount, asset: 'EUR' }],
    }))
    const batch = { ledger, mode: 'independent', transactions }
    expect(await world.done('ledger.transaction.batch', batch)).toMatchObject({
      outcomes: [{ status: 'booked' }, { status: 'refused', code: 'limit_exceeded' }, { status: 'booked' }],
    })
    expect(await codeOf(pay('1.01', { from: 'out:newer' }))).toBe('limit_exceeded')
    await expect(usage(ledger, 'out:newer')).rejects.toMatchObject({ code: 'account_not_found' })
  })

  test('is told of where it is forced, and is judged in a dry run, too', async () => {
    expect(await codeOf(pay('1.01', { force: true }))).toBe('reason_required')
    expect(await codeOf(pay('1.01', { force: true, reason: 'case 12' }))).toBe('done')
    const events = await world.adminDatabase.query(
      `SELECT subject, data FROM kernel.outbox WHERE type = 'ledger.limit.exceeded' AND starts_with(subject, $1 || '/')`,
      [ledger],
    )
    expect(events).toMatchObject([
      {
        subject: `${ledger}/out:a EUR`,
        data: { limit: 'fast', amount: '1.00', used: '1.01', available: '0.00', forced: true },
      },
    ])
    const postings = [{ debit: 'out:b', credit: 'bank:x', amount: '1.01', asset: 'EUR' }]
    const preview = world.ask('ledger.transaction.preview', { ledger, postings })
    await expect(preview).rejects.toMatchObject({ code: 'limit_exceeded' })
  })

  test('stands behind the account’s own funds', async () => {
    const limited = {
      address: 'poor:{name}',
      type: 'liability',
      overdraft: 'forbidden',
      open_on_first_use: true,
    }
    await world.done('ledger.chart.set', { ledger, templates: [...templates, limited] })
    await setLimit(ledger, { name: 'poor', prefix: 'poor', amount: 0n, count: undefined, seconds: 5 })
    expect(await codeOf(pay('0.01', { from: 'poor:a' }))).toBe('insufficient_funds')
    const funding = [{ debit: 'bank:x', credit: 'poor:a', amount: '5.00', asset: 'EUR' }]
    await world.done('ledger.transaction.post', { ledger, postings: funding })
    expect(await codeOf(pay('0.01', { from: 'poor:a' }))).toBe('limit_exceeded')
  })

  test('is listed, replaced and removed, by name and for a reason', async () => {
    const which = { ledger, limit: 'fast' }
    expect(await codeOf(world.execute('ledger.limit.remove', which))).toBe('reason_required')
    await setLimit(ledger, { name: 'fast', prefix: 'out', amount: 200n, count: 7, seconds: 9 })
    expect(await world.ask('ledger.limit.list', { ledger })).toMatchObject({
      items: [{ limit: 'fast', version: 2, amount: '2.00', count: 7, window_seconds: 9, reason: 'test' }],
    })
    expect(await codeOf(pay('2.00'))).toBe('done')
    await world.done('ledger.limit.remove', which, { reason: 'no longer' })
    expect(await codeOf(pay('99.00'))).toBe('done')
    expect(await world.ask('ledger.limit.list', { ledger })).toMatchObject({ items: [] })
    const versions = await world.adminDatabase.query(
      `SELECT w.version, w.rule IS NULL AS removed, w.reason FROM ledger.watches w JOIN ledger.ledgers l ON l.id = w.ledger_id
       WHERE l.name = $1 ORDER BY version`,
      [ledger],
    )
    expect(versions).toEqual([
      { version: 1, removed: false, reason: 'test' },
      { version: 2, removed: false, reason: 'test' },
      { version: 3, removed: true, reason: 'no longer' },
    ])
  })

  test('of another asset, another prefix or no more than a part of a segment does not matter', async () => {
    await setLimit(ledger, { name: 'segment', prefix: 'out:ab', amount: 0n, count: 0, seconds: 5 })
    expect(await codeOf(pay('1.00', { from: 'out:abc' }))).toBe('done')
    const dollars = [{ debit: 'out:a', credit: 'bank:x', amount: '5.00', asset: 'USD' }]
    await world.done('ledger.transaction.post', { ledger, postings: dollars })
  })
})

test('a ledger has a thousand limits and no more, and a limit of its own for any script', async () => {
  const ledger = await openLedger()
  const own = { name: 'own', prefix: 'out:Łódź Bäckerei', amount: 100n, count: undefined, seconds: 5 }
  await setLimit(ledger, own)
  await world.adminDatabase.query(
    `INSERT INTO ledger.watches (ledger_id, kind, name, version, id, rule, seq, set_at, set_by)
     SELECT w.ledger_id, w.kind, 'many-' || i, 1, gen_random_uuid(), jsonb_set(w.rule::jsonb, '{prefix}', to_jsonb('out:' || i)),
       w.seq, w.set_at, w.set_by
     FROM ledger.watches w JOIN ledger.ledgers l ON l.id = w.ledger_id, generate_series(1, 999) i WHERE l.name = $1`,
    [ledger],
  )
  const more = { ledger, limit: 'more', prefix: 'out', asset: 'EUR', count: 1, window_seconds: 5 }
  const answer = await world.execute('ledger.limit.set', more, { reason: 'test' })
  expect(answer).toMatchObject({ status: 'refused', refusal: { code: 'watches_exhausted' } })
  await setLimit(ledger, { ...own, amount: 50n })
  const pay = (debit: string) => {
    const postings = [{ debit, credit: 'bank:x', amount: '0.60', asset: 'EUR' }]
    return world.execute('ledger.transaction.post', { ledger, postings })
  }
  expect(await pay('out:Łódź Bäckerei')).toMatchObject({ status: 'refused' })
  expect(await pay('out:999')).toMatchObject({ status: 'done' })
  expect(await pay('out:999')).toMatchObject({ status: 'refused' })
})

test('a limit that contradicts itself is refused', async () => {
  const ledger = await openLedger()
  const set = async (input: Record<string, unknown>, reason?: string): Promise<string> => {
    const limit = { ledger, limit: 'x', prefix: 'out', asset: 'EUR', window_seconds: 5, ...input }
    const answer = await world.execute('ledger.limit.set', limit, reason === undefined ? {} : { reason })
    return answer.status === 'refused' ? answer.refusal.code : answer.status
  }
  expect(await set({ amount: '1.00' })).toBe('reason_required')
  expect(await set({}, 'r')).toBe('watch_invalid')
  expect(await set({ amount: '1.001' }, 'r')).toBe('amount_too_many_decimals')
  expect(await set({ amount: '9'.repeat(78) }, 'r')).toBe('amount_out_of_range')
  expect(await set({ count: 1, asset: 'NOPE' }, 'r')).toBe('asset_unknown')
  expect(await set({ count: 1, ledger: 'nowhere' }, 'r')).toBe('ledger_not_found')
  for (const wrong of [
    { amount: '-1' },
    { count: -1 },
    { count: 1.5 },
    { window_seconds: 0 },
    { prefix: 'a:' },
  ])
    await expect(set({ count: 1, ...wrong }, 'r')).rejects.toMatchObject({ code: 'invalid_input' })
})
