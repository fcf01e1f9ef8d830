import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { groups, tell, templates } from './watches/drive.ts'
import { accounts, cents, NaiveLedger } from './watches/naive.ts'

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
  const ledger = `safe-${told++}`
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  return ledger
}

interface Rule {
  readonly name: string
  readonly hold: readonly string[]
  readonly owe: readonly string[]
  readonly tolerance?: string
}

function setSafeguard(ledger: string, { name, hold, owe, tolerance }: Rule): Promise<unknown> {
  const rest = tolerance === undefined ? {} : { tolerance: { EUR: tolerance } }
  return world.done('ledger.safeguard.set', { ledger, safeguard: name, hold, owe, ...rest })
}

async function eventsOf(ledger: string): Promise<string[]> {
  const rows = await world.adminDatabase.query<{ what: string }>(
    `SELECT concat_ws(' ', split_part(type, '.', 3), data->>'safeguard', data->>'held', data->>'owed', data->>'transaction') AS what
     FROM kernel.outbox WHERE type LIKE 'ledger.safeguard.%' AND starts_with(subject, $1 || '/') ORDER BY seq`,
    [ledger],
  )
  return rows.map((row) => row.what)
}

interface Status {
  readonly ok: boolean
  readonly sums: readonly Record<string, unknown>[]
}

async function status(ledger: string, safeguard: string): Promise<Status> {
  return (await world.ask('ledger.safeguard.status', { ledger, safeguard })) as Status
}

const rules: readonly Rule[] = [
  { name: 'all', hold: ['bank'], owe: ['out'] },
  { name: 'one', hold: ['bank:x', 'bank:x'], owe: ['out:a'], tolerance: '0.20' },
]

/** Both sides added up from all postings. */
function sides(naive: NaiveLedger, { hold, owe }: Rule): { held: bigint; owed: bigint } {
  const at = (prefixes: readonly string[]) =>
    accounts
      .filter((account) => prefixes.some((prefix) => account === prefix || account.startsWith(`${prefix}:`)))
      .map((account) => naive.standing(account).total)
  return {
    held: at(hold).reduce((sum, total) => sum + total, 0n),
    owed: at(owe).reduce((sum, total) => sum + (total > 0n ? total : 0n), 0n),
  }
}

test('safeguards tell every edge that adding up all balances shows', { timeout: 300_000 }, async () => {
  let edges = 0
  await fc.assert(
    fc.asyncProperty(groups, fc.boolean(), async (history, setLate) => {
      const ledger = await openLedger()
      const naive = new NaiveLedger()
      const broken = new Map<string, boolean>()
      const expected: string[] = []
      const judge = (record: string): void => {
        for (const rule of rules) {
          const was = broken.get(rule.name)
          const { held, owed } = sides(naive, rule)
          const is = held + (rule.tolerance === undefined ? 0n : 20n) < owed
          if (was === undefined || is === was) continue
          broken.set(rule.name, is)
          expected.push(
            [is ? 'broken' : 'restored', rule.name, cents(held), cents(owed), record]
              .filter(Boolean)
              .join(' '),
          )
        }
      }
      await tell(world, other, history, {
        ledger,
        naive,
        async before(group) {
          if (group !== (setLate ? 2 : 0)) return
          for (const rule of rules) {
            await setSafeguard(ledger, rule)
            broken.set(rule.name, false)
          }
          judge('')
        },
        done: ({ record }) => judge(record),
      })
      edges += expected.length
      expect(await eventsOf(ledger)).toEqual(expected)
      for (const rule of rules) {
        const { held, owed } = sides(naive, rule)
        const { ok, sums } = await status(ledger, rule.name)
        expect(ok).toBe(broken.get(rule.name) !== true)
        if (sums.length > 0 || held !== 0n || owed !== 0n)
          expect(sums).toMatchObject([
            { held: cents(held), owed: cents(owed), difference: cents(held - owed) },
          ])
      }
    }),
    { numRuns: 80, verbose: 0 },
  )
  expect(await world.verify()).toEqual([])
  expect(edges).toBeGreaterThan(80)
})

describe('a safeguard', () => {
  let ledger: string
  beforeEach(async () => {
    ledger = await openLedger()
  })

  const post = (debit: string, credit: string, amount: string, rest: Record<string, unknown> = {}) => {
    const { asset = 'EUR', ...options } = rest
    const postings = [{ debit, credit, amount, asset }]
    return world.execute('ledger.transaction.post', { ledger, postings }, options)
  }
  const what = async (): Promise<(string | undefined)[]> =>
    (await eventsOf(ledger)).map((event) => event.split(' ')[0])

  test('tells both edges of a batch that breaks and repairs itself, in order', async () => {
    await setSafeguard(ledger, { name: 'm', hold: ['bank:x'], owe: ['out'] })
    await post('bank:x', 'out:a', '10.00')
    const transactions = [
      ['bank:y', 'out:a'],
      ['bank:x', 'bank:y'],
    ].map(([debit, credit]) => ({ postings: [{ debit, credit, amount: '1.00', asset: 'EUR' }] }))
    await world.done('ledger.transaction.batch', { ledger, mode: 'independent', transactions })
    expect(await what()).toEqual(['broken', 'restored'])
  })

  test('says since when it is broken, by asset, and what is missing', async () => {
    await setSafeguard(ledger, { name: 'm', hold: ['bank'], owe: ['out'], tolerance: '0.05' })
    await post('bank:x', 'out:a', '10.00')
    await post('bank:x', 'out:a', '7', { asset: 'JPY' })
    world.clock.advance(1_000)
    const since = new Date(world.clock.now()).toISOString()
    await world.done('ledger.chart.set', {
      ledger,
      templates: [
        ...templates,
        { address: 'own', type: 'equity', overdraft: 'allowed', open_on_first_use: true },
      ],
    })
    await post('own', 'bank:x', '0.06')
    world.clock.advance(1_000)
    await post('bank:x', 'out:b', '1.00')
    expect(await status(ledger, 'm')).toMatchObject({
      ok: false,
      tolerance: { EUR: '0.05' },
      sums: [
        {
          asset: 'EUR',
          held: '10.94',
          owed: '11.00',
          difference: '-0.06',
          tolerance: '0.05',
          broken: true,
          since,
        },
        { asset: 'JPY', held: '7', owed: '7', difference: '0', tolerance: '0', broken: false },
      ],
    })
    expect(await what()).toEqual(['broken'])
  })

  test('lets no overdraft of one customer hide what another is owed', async () => {
    await setSafeguard(ledger, { name: 'm', hold: ['bank'], owe: ['out'] })
    await post('bank:x', 'out:a', '10.00')
    await post('out:b', 'bank:x', '4.00')
    expect(await status(ledger, 'm')).toMatchObject({ ok: false, sums: [{ held: '6.00', owed: '10.00' }] })
    await post('bank:x', 'out:b', '5.00')
    expect(await status(ledger, 'm')).toMatchObject({ ok: true, sums: [{ held: '11.00', owed: '11.00' }] })
    expect(await what()).toEqual(['broken', 'restored'])
  })

  test('is broken from the start where that is so, and watches only its assets', async () => {
    await post('out:b', 'bank:x', '4.00')
    await post('bank:y', 'out:a', '1.00')
    await post('bank:x', 'out:a', '5', { asset: 'JPY' })
    const rule = { ledger, safeguard: 'm', hold: ['bank'], owe: ['out'], assets: ['EUR'] }
    expect(await world.done('ledger.safeguard.set', rule)).toMatchObject({ broken: ['EUR'] })
    expect(await what()).toEqual(['broken'])
    expect((await status(ledger, 'm')).sums).toMatchObject([{ asset: 'EUR', held: '-3.00', owed: '1.00' }])
    expect(await world.ask('ledger.safeguard.list', { ledger })).toMatchObject({
      items: [{ safeguard: 'm', assets: ['EUR'] }],
    })
    await world.done('ledger.safeguard.remove', { ledger, safeguard: 'm' })
    await post('bank:x', 'own', '99.00')
    await expect(status(ledger, 'm')).rejects.toMatchObject({ code: 'watch_not_found' })
    expect(await what()).toEqual(['broken'])
  })

  test('adds up rightly however two processes race', async () => {
    await setSafeguard(ledger, { name: 'm', hold: ['bank'], owe: ['out'] })
    const engines = [world.engine, other]
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        post('bank:x', i % 3 === 0 ? 'out:a' : 'out:b', '0.10', { engine: engines[i % 2] }),
      ),
    )
    expect(await status(ledger, 'm')).toMatchObject({ ok: true, sums: [{ held: '6.00', owed: '6.00' }] })
    expect(await what()).toEqual([])
  })

  test('that contradicts itself is refused', async () => {
    const set = async (input: Record<string, unknown>): Promise<string> => {
      const answer = await world.execute('ledger.safeguard.set', { ledger, safeguard: 'm', ...input })
      return answer.status === 'refused' ? answer.refusal.code : answer.status
    }
    expect(await set({ hold: ['bank', 'out:a:b'], owe: ['out:a'] })).toBe('watch_invalid')
    expect(await set({ hold: ['bank'], owe: ['bank'] })).toBe('watch_invalid')
    const sides = { hold: ['bank'], owe: ['banks'] }
    expect(await set({ ...sides, tolerance: { EUR: '0.001' } })).toBe('amount_too_many_decimals')
    expect(await set({ ...sides, tolerance: { NOPE: '1' } })).toBe('asset_unknown')
    expect(await set({ ...sides, assets: ['USD'], tolerance: { EUR: '1.00' } })).toBe('watch_invalid')
    expect(await set(sides)).toBe('done')
    await expect(set({ ...sides, hold: [] })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

test('verify finds sums that are not what the balances come to', async () => {
  const ledger = await openLedger()
  const postings = [{ debit: 'bank:x', credit: 'out:a', amount: '1.00', asset: 'EUR' }]
  await setSafeguard(ledger, { name: 'm', hold: ['bank'], owe: ['out'] })
  await world.done('ledger.transaction.post', { ledger, postings })
  const change = (by: number) =>
    world.adminDatabase.query(
      `UPDATE ledger.safeguard_sums s SET held = held + $2 FROM ledger.watches w, ledger.ledgers l
       WHERE w.id = s.safeguard AND l.id = w.ledger_id AND l.name = $1`,
      [ledger, by],
    )
  await change(-1)
  expect(await world.verify()).toEqual([
    {
      check: 'ledger.safeguards-equal-balances',
      subject: `${ledger} m EUR`,
      expected: '1.00 / 1.00',
      found: '0.99 / 1.00',
    },
  ])
  await change(1)
  expect(await world.verify()).toEqual([])
})
