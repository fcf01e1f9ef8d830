import { kernelModule } from '@florin/kernel'
import { createWorld, cutEverywhere, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { calmMonitors } from '../src/workers.ts'
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
  const ledger = `monitors-${told++}`
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  return ledger
}

interface Rule {
  readonly name: string
  readonly prefix: string
  readonly when: string
  readonly amount: bigint
  readonly seconds?: number
}

async function setMonitor(ledger: string, { name, prefix, when, amount, seconds }: Rule): Promise<unknown> {
  const window = seconds === undefined ? {} : { window_seconds: seconds }
  const rule = { prefix, asset: 'EUR', when, amount: cents(amount), ...window }
  return world.done('ledger.monitor.set', { ledger, monitor: name, ...rule })
}

interface Told {
  readonly type: string
  readonly monitor: string
  readonly account: string
  readonly record: string
}

async function eventsOf(ledger: string): Promise<Told[]> {
  return world.adminDatabase.query<Told & object>(
    `SELECT split_part(type, '.', 3) AS type, data->>'monitor' AS monitor, data->>'account' AS account,
       data->>'transaction' AS record FROM kernel.outbox
     WHERE type LIKE 'ledger.monitor.%' AND starts_with(subject, $1 || '/') ORDER BY seq`,
    [ledger],
  )
}

const rules: readonly Rule[] = [
  { name: 'a', prefix: 'out', when: 'available_below', amount: -40n },
  { name: 'b', prefix: 'out:a', when: 'available_above', amount: 30n },
  { name: 'c', prefix: 'bank', when: 'reserved_above', amount: 50n },
  { name: 'd', prefix: 'bank:x', when: 'total_below', amount: 0n },
  { name: 'e', prefix: 'out:b', when: 'total_above', amount: 25n },
  { name: 'f', prefix: 'out', when: 'change_above', amount: 60n, seconds: 3 },
]

/** The monitors judged by adding up everything each time. */
class NaiveMonitors {
  readonly triggered = new Set<string>()
  readonly events: Told[] = []
  readonly #naive: NaiveLedger
  readonly #known = new Set<string>()
  #set = false

  constructor(naive: NaiveLedger) {
    this.#naive = naive
  }

  /** From now on; what is true already is no event. */
  begin(): void {
    this.#set = true
    for (const account of this.#known)
      for (const rule of this.#on(account))
        if (rule.seconds === undefined && this.#is(rule, account, 0))
          this.triggered.add(`${rule.name} ${account}`)
  }

  judge(record: string, touched: readonly string[], now: number): void {
    for (const account of new Set(touched)) {
      this.#known.add(account)
      if (!this.#set) continue
      for (const rule of this.#on(account)) {
        const place = `${rule.name} ${account}`
        const is = this.#is(rule, account, now)
        if (is === this.triggered.has(place)) continue
        if (is) this.triggered.add(place)
        else this.triggered.delete(place)
        this.events.push({ type: is ? 'triggered' : 'cleared', monitor: rule.name, account, record })
      }
    }
  }

  #on(account: string): Rule[] {
    return rules.filter(({ prefix }) => account === prefix || account.startsWith(`${prefix}:`))
  }

  #is(rule: Rule, account: string, now: number): boolean {
    const { total, reserved, available } = this.#naive.standing(account)
    if (rule.when === 'available_below') return available < rule.amount
    if (rule.when === 'available_above') return available > rule.amount
    if (rule.when === 'reserved_above') return reserved > rule.amount
    if (rule.when === 'total_below') return total < rule.amount
    if (rule.when === 'total_above') return total > rule.amount
    const change = total - this.#naive.standing(account, now - (rule.seconds ?? 0) * 1_000).total
    return (change < 0n ? -change : change) > rule.amount
  }
}

/** In the order of records; within one record, of accounts and monitors. */
function inOrder(events: readonly Told[]): Told[] {
  const place = (event: Told): string => `${event.account} ${event.monitor}`
  const runs: Told[][] = []
  for (const event of events) {
    const last = runs.at(-1)
    if (last?.[0]?.record === event.record) last.push(event)
    else runs.push([event])
  }
  return runs.flatMap((run) => run.sort((x, y) => (place(x) < place(y) ? -1 : 1)))
}

test('monitors tell every edge that adding up all postings shows', { timeout: 300_000 }, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(groups, fc.boolean(), async (history, setLate) => {
      const ledger = await openLedger()
      const naive = new NaiveLedger()
      const monitors = new NaiveMonitors(naive)
      const begin = async (group: number): Promise<void> => {
        if (group !== (setLate ? 2 : 0)) return
        for (const rule of rules) await setMonitor(ledger, rule)
        monitors.begin()
      }
      await tell(world, other, history, {
        ledger,
        naive,
        before: begin,
        done: ({ record, touched, now }) => monitors.judge(record, touched, now),
      })
      const events = await eventsOf(ledger)
      expect(inOrder(events)).toEqual(inOrder(monitors.events))
      for (const { monitor, type } of events) {
        const what = `${monitor} ${type}`
        seen.set(what, (seen.get(what) ?? 0) + 1)
      }
      expect(await triggeredOn(ledger)).toEqual([...monitors.triggered].sort())
    }),
    { numRuns: 80, verbose: 0 },
  )
  expect(await world.verify()).toEqual([])
  // Each monitor was triggered and cleared, so that nothing above went untried.
  expect([...seen.keys()].sort()).toEqual(
    rules.flatMap(({ name }) => [`${name} cleared`, `${name} triggered`]),
  )
})

async function triggeredOn(ledger: string): Promise<string[]> {
  const found: string[] = []
  for (const { name } of rules) {
    const input = { ledger, monitor: name, triggered: true }
    const { items } = (await world.ask('ledger.monitor.accounts', input)) as { items: { account: string }[] }
    found.push(...items.map(({ account }) => `${name} ${account}`))
    expect(await world.ask('ledger.monitor.get', { ledger, monitor: name })).toMatchObject({
      triggered: items.length,
    })
  }
  return found.sort()
}

describe('a monitor', () => {
  let ledger: string
  beforeEach(async () => {
    ledger = await openLedger()
  })

  const post = (
    debit: string,
    credit: string,
    amount: string,
    options: Parameters<World['execute']>[2] = {},
  ) => {
    const postings = [{ debit, credit, amount, asset: 'EUR' }]
    return world.execute('ledger.transaction.post', { ledger, postings }, options)
  }
  const types = async (): Promise<string[]> => (await eventsOf(ledger)).map(({ type }) => type)

  test('says what it saw, and since when', async () => {
    await setMonitor(ledger, { name: 'low', prefix: 'out', when: 'available_below', amount: 1_000n })
    await post('bank:x', 'out:a', '50.00')
    world.clock.advance(1_000)
    const { id } = await post('out:a', 'bank:x', '40.01')
    const events = await world.adminDatabase.query<{ data: unknown }>(
      `SELECT data FROM kernel.outbox WHERE subject = $1`,
      [`${ledger}/out:a EUR`],
    )
    expect(events.map(({ data }) => data)).toEqual([
      {
        ledger,
        monitor: 'low',
        account: 'out:a',
        asset: 'EUR',
        when: 'available_below',
        amount: '10.00',
        window_seconds: null,
        total: '9.99',
        reserved: '0.00',
        available: '9.99',
        change: null,
        transaction: id,
      },
    ])
    expect(await world.ask('ledger.monitor.accounts', { ledger, monitor: 'low' })).toMatchObject({
      items: [
        {
          account: 'out:a',
          triggered: true,
          since: new Date(world.clock.now()).toISOString(),
          seq: '2',
          available: '9.99',
        },
      ],
    })
  })

  test('tells both edges of a batch that crosses and comes back', async () => {
    await setMonitor(ledger, { name: 'low', prefix: 'out:a', when: 'total_below', amount: 0n })
    const transactions = ['out:a', 'bank:x', 'out:a', 'bank:x'].map((debit) => ({
      postings: [{ debit, credit: debit === 'out:a' ? 'bank:x' : 'out:a', amount: '1.00', asset: 'EUR' }],
    }))
    await world.done('ledger.transaction.batch', { ledger, mode: 'independent', transactions })
    expect(await types()).toEqual(['triggered', 'cleared', 'triggered', 'cleared'])
  })

  test('tells nothing of what was undone', async () => {
    await setMonitor(ledger, { name: 'low', prefix: 'out:a', when: 'total_below', amount: 0n })
    const nowhere = { postings: [{ debit: 'nowhere', credit: 'bank:x', amount: '1.00', asset: 'EUR' }] }
    const low = { postings: [{ debit: 'out:a', credit: 'bank:x', amount: '1.00', asset: 'EUR' }] }
    const atomic = { ledger, mode: 'atomic', transactions: [low, nowhere] }
    expect(await world.execute('ledger.transaction.batch', atomic)).toMatchObject({ status: 'refused' })
    expect(await types()).toEqual([])
    await post('out:a', 'bank:x', '1.00')
    expect(await types()).toEqual(['triggered'])
  })

  test('sees a hold expire when that is recorded', async () => {
    await setMonitor(ledger, { name: 'held', prefix: 'out:a', when: 'reserved_above', amount: 0n })
    const expires_at = new Date(world.clock.now() + 5_000).toISOString()
    const hold = { ledger, debit: 'out:a', credit: 'bank:x', amount: '1.00', asset: 'EUR', expires_at }
    await world.done('ledger.hold.reserve', hold)
    world.clock.advance(5_000)
    expect(await types()).toEqual(['triggered'])
    await post('bank:x', 'out:a', '1.00')
    expect(await types()).toEqual(['triggered', 'cleared'])
  })

  test('counts what is true already when it is set, and goes on from there', async () => {
    await post('out:a', 'bank:x', '1.00')
    await post('bank:x', 'out:b', '1.00')
    const rule = { name: 'low', prefix: 'out', when: 'total_below', amount: 0n }
    expect(await setMonitor(ledger, rule)).toMatchObject({ triggered: 1, version: 1 })
    await post('out:a', 'bank:x', '1.00')
    expect(await types()).toEqual([])
    await post('bank:x', 'out:a', '2.00')
    expect(await types()).toEqual(['cleared'])
    // Set anew it is another monitor: nothing of the old one is left.
    expect(await setMonitor(ledger, { ...rule, amount: 100n })).toMatchObject({ triggered: 1, version: 2 })
    await world.done('ledger.monitor.remove', { ledger, monitor: 'low' })
    await post('out:b', 'bank:x', '9.00')
    expect(await types()).toEqual(['cleared'])
    expect(await world.ask('ledger.monitor.list', { ledger })).toMatchObject({ items: [] })
    const gone = world.ask('ledger.monitor.get', { ledger, monitor: 'low' })
    await expect(gone).rejects.toMatchObject({ code: 'watch_not_found' })
  })

  test('tells each edge once, however two processes race', async () => {
    await setMonitor(ledger, { name: 'low', prefix: 'out:a', when: 'total_below', amount: -500n })
    const engines = [world.engine, other]
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        post('out:a', 'bank:x', '0.10', { engine: engines[i % 2] ?? other }),
      ),
    )
    expect(await types()).toEqual(['triggered'])
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        post('bank:x', 'out:a', '0.10', { engine: engines[i % 2] ?? other }),
      ),
    )
    expect(await types()).toEqual(['triggered', 'cleared'])
  })

  test('tells each edge once when the connection is cut at every statement', async () => {
    await setMonitor(ledger, { name: 'low', prefix: 'out:a', when: 'total_below', amount: 0n })
    const safeguard = { ledger, safeguard: 's', hold: ['bank'], owe: ['out'] }
    await world.done('ledger.safeguard.set', safeguard)
    await world.done(
      'ledger.limit.set',
      { ledger, limit: 'l', prefix: 'out', asset: 'EUR', amount: '1.00', window_seconds: 60 },
      { reason: 'r' },
    )
    const retry = {
      conflicts: 10,
      connectionLosses: 200,
      firstPauseMs: 1,
      longestPauseMs: 5,
      patienceMs: 60_000,
    }
    const { engine, database } = world.secondEngine({ retry })
    const { done } = cutEverywhere(database, { hideCommit: true })
    expect(await post('out:a', 'bank:x', '1.00', { engine })).toMatchObject({ status: 'done' })
    expect(done()).toBe(true)
    database.interceptor = undefined
    expect(await post('out:a', 'bank:x', '0.01', { engine })).toMatchObject({ status: 'refused' })
    expect(await types()).toEqual(['triggered'])
    expect(await world.verify()).toEqual([])
  })

  test('of a change within a window is cleared by time alone, once the worker looks', async () => {
    await setMonitor(ledger, { name: 'fast', prefix: 'out', when: 'change_above', amount: 100n, seconds: 5 })
    const round = async (): Promise<number> => {
      const view = { db: world.database, clock: world.clock, context: world.context() }
      return calmMonitors.run({
        view,
        context: (key) => world.context({ idempotencyKey: key }),
        execute: (command, input, context) => world.engine.execute(command, input, context),
      })
    }
    // What other tests left behind.
    while ((await round()) > 0);
    await post('out:a', 'bank:x', '1.01')
    world.clock.advance(3_000)
    await post('out:a', 'bank:x', '0.50')
    world.clock.advance(1_999)
    expect(await round()).toBe(0)
    world.clock.advance(1)
    expect(await types()).toEqual(['triggered'])
    expect(await round()).toBe(1)
    expect(await round()).toBe(0)
    expect(await types()).toEqual(['triggered', 'cleared'])
    expect(await world.ask('ledger.monitor.accounts', { ledger, monitor: 'fast' })).toMatchObject({
      items: [{ triggered: false, since: new Date(world.clock.now()).toISOString() }],
    })
    expect(await world.verify()).toEqual([])
    // The clock steps back, and 0.50 are still within the window.
    world.clock.advance(-2_000)
    await post('out:a', 'bank:x', '0.51')
    expect(await types()).toEqual(['triggered', 'cleared', 'triggered'])
    expect(await world.verify()).toEqual([])
  })

  test('that contradicts itself is refused', async () => {
    const set = async (input: Record<string, unknown>): Promise<string> => {
      const monitor = {
        ledger,
        monitor: 'm',
        prefix: 'out',
        asset: 'EUR',
        when: 'total_above',
        amount: '1.00',
      }
      const answer = await world.execute('ledger.monitor.set', { ...monitor, ...input })
      return answer.status === 'refused' ? answer.refusal.code : answer.status
    }
    expect(await set({ window_seconds: 5 })).toBe('watch_invalid')
    expect(await set({ when: 'change_above' })).toBe('watch_invalid')
    expect(await set({ when: 'reserved_above', amount: '-0.01' })).toBe('watch_invalid')
    expect(await set({ amount: '0.001' })).toBe('amount_too_many_decimals')
    expect(await set({ amount: '-5.00' })).toBe('done')
    await expect(set({ monitor: 'Ä' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(set({ when: 'never' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

test('verify finds a state that is not what the balance comes to', async () => {
  const ledger = await openLedger()
  const postings = [{ debit: accounts[0], credit: accounts[2], amount: '1.00', asset: 'EUR' }]
  await world.done('ledger.transaction.post', { ledger, postings })
  await setMonitor(ledger, { name: 'low', prefix: 'out', when: 'total_below', amount: 0n })
  await setMonitor(ledger, { name: 'fast', prefix: 'out', when: 'change_above', amount: 150n, seconds: 5 })
  await world.done('ledger.transaction.post', { ledger, postings })
  expect(await world.verify()).toEqual([])
  const turn = () =>
    world.adminDatabase.query(
      `UPDATE ledger.monitor_states s SET triggered = NOT triggered FROM ledger.accounts a, ledger.ledgers l
       WHERE a.id = s.account_id AND l.id = a.ledger_id AND l.name = $1`,
      [ledger],
    )
  await turn()
  const on = `on ${accounts[0]} EUR`
  const found = { expected: 'triggered', found: 'not triggered', check: 'ledger.monitors-equal-balances' }
  expect(await world.verify()).toEqual([
    { ...found, subject: `${ledger} fast ${on}` },
    { ...found, subject: `${ledger} low ${on}` },
  ])
  await world.adminDatabase.query(
    'UPDATE ledger.monitor_states SET triggered = NOT triggered WHERE NOT triggered',
  )
})
