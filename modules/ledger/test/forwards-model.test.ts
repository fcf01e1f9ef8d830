import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'
import { bookDue } from '../src/workers.ts'

const modules = [kernelModule, ledgerModule]
const places = ['bank:main', 'customers:1:wallet', 'customers:2:wallet', 'customers:3:wallet'] as const

type Step =
  | { readonly do: 'post'; readonly debit: number; readonly credit: number; readonly cents: number }
  | {
      readonly do: 'record'
      readonly debit: number
      readonly credit: number
      readonly cents: number
      readonly inSeconds: number
      readonly forced: boolean
      readonly least: number | undefined
    }
  | { readonly do: 'cancel'; readonly pick: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'work' }

interface ModelForward {
  readonly debit: number
  readonly credit: number
  readonly cents: number
  readonly due: number
  readonly forced: boolean
  readonly least: number | undefined
  status: 'pending' | 'booked' | 'refused' | 'cancelled'
  why: string | null
}

/** The obvious way: before anything is done, whatever is due is looked for among all forwards and done first. */
class Model {
  readonly forwards: ModelForward[] = []
  /** What customers have; the bank may have anything. */
  readonly totals = [0, 0, 0, 0]
  /** When something was booked last: booking times never fall. */
  #head = 0

  at(clock: number): number {
    this.#head = Math.max(this.#head, clock)
    const due = this.forwards.filter((forward) => forward.status === 'pending' && forward.due <= this.#head)
    for (const forward of due.sort((a, b) => a.due - b.due)) {
      const short = forward.least !== undefined && (this.totals[forward.debit] ?? 0) < forward.least
      const why = short ? 'condition_failed' : this.move(forward, forward.forced)
      forward.status = why === null ? 'booked' : 'refused'
      forward.why = why
    }
    return this.#head
  }

  hasDue(clock: number): boolean {
    return this.forwards.some((forward) => forward.status === 'pending' && forward.due <= clock)
  }

  move(asked: { debit: number; credit: number; cents: number }, forced = false): string | null {
    const { debit, credit, cents } = asked
    if (debit === credit) return 'same_account'
    const left = (this.totals[debit] ?? 0) - cents
    if (debit !== 0 && left < 0 && !forced) return 'insufficient_funds'
    this.totals[debit] = left
    this.totals[credit] = (this.totals[credit] ?? 0) + cents
    return null
  }
}

const account = fc.nat({ max: places.length - 1 })
const cents = fc.integer({ min: 1, max: 300 })
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('post' as const), debit: account, credit: account, cents }),
    fc.record({ do: fc.constant('post' as const), debit: fc.constant(0), credit: account, cents }),
    fc.record({
      do: fc.constant('record' as const),
      debit: account,
      credit: account,
      cents,
      inSeconds: fc.integer({ min: -1, max: 4 }),
      forced: fc.nat({ max: 9 }).map((n) => n === 0),
      least: fc.option(cents, { freq: 4, nil: undefined }),
    }),
    fc.record({ do: fc.constant('cancel' as const), pick: fc.nat({ max: 30 }) }),
    fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: -1, max: 3 }) }),
    fc.record({ do: fc.constant('work' as const) }),
  ),
  { minLength: 5, maxLength: 30 },
)

let world: World
let told = 0
afterAll(() => world?.close())

function amount(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
}

async function play(all: readonly Step[]): Promise<void> {
  const ledger = `run-${told++}`
  const engines = [world.engine, other]
  let turn = 0
  const execute = (name: string, input: object, reason?: string) =>
    world.execute(
      name,
      { ledger, ...input },
      {
        engine: engines[turn++ % 2] ?? world.engine,
        ...(reason === undefined ? {} : { reason }),
      },
    )
  await execute('ledger.open', {})
  await execute('ledger.chart.set', { templates: exampleTemplates })
  const model = new Model()
  const ids: string[] = []
  const postings = (asked: { debit: number; credit: number; cents: number }) => [
    { debit: places[asked.debit], credit: places[asked.credit], amount: amount(asked.cents), asset: 'EUR' },
  ]
  const said = (answer: Awaited<ReturnType<typeof execute>>): string | null =>
    answer.status === 'refused' ? answer.refusal.code : null

  for (const step of all) {
    const clock = world.clock.now()
    if (step.do === 'wait') {
      world.clock.advance(step.seconds * 1_000)
    } else if (step.do === 'post') {
      model.at(clock)
      expect(said(await execute('ledger.transaction.post', { postings: postings(step) }))).toBe(
        model.move(step),
      )
    } else if (step.do === 'record') {
      const now = model.at(clock)
      const due = clock + step.inSeconds * 1_000
      const answer = await execute(
        'ledger.forward.record',
        {
          postings: postings(step),
          value_time: new Date(due).toISOString(),
          force: step.forced,
          ...(step.least === undefined || step.debit === 0
            ? {}
            : {
                conditions: [
                  { account: places[step.debit], asset: 'EUR', available_min: amount(step.least) },
                ],
              }),
        },
        'because',
      )
      const expected =
        due <= now ? 'value_time_not_ahead' : step.debit === step.credit ? 'same_account' : null
      expect(said(answer)).toBe(expected)
      if (expected !== null) continue
      ids.push(answer.id)
      const least = step.debit === 0 ? undefined : step.least
      model.forwards.push({ ...step, least, due, status: 'pending', why: null })
    } else if (step.do === 'cancel') {
      if (ids.length === 0) continue
      model.at(clock)
      const pick = step.pick % ids.length
      const forward = model.forwards[pick]
      if (forward === undefined) throw new Error('The model lacks a forward')
      const answer = await execute('ledger.forward.cancel', { forward: ids[pick] })
      expect(said(answer)).toBe(forward.status === 'pending' ? null : 'forward_not_pending')
      if (forward.status === 'pending') forward.status = 'cancelled'
    } else {
      if (model.hasDue(clock)) model.at(clock)
      await work()
    }
  }
  await compare(ledger, model, ids)
}

async function compare(ledger: string, model: Model, ids: readonly string[]): Promise<void> {
  const found = await Promise.all(ids.map((forward) => world.ask('ledger.forward.get', { ledger, forward })))
  expect(found).toMatchObject(
    model.forwards.map(({ status, why }) => ({ status, refusal: why === null ? null : { code: why } })),
  )
  const rows = await world.adminDatabase.query<{ address: string; total: bigint }>(
    `SELECT a.address, b.posted_credits - b.posted_debits AS total FROM ledger.balances b
     JOIN ledger.accounts a ON a.id = b.account_id JOIN ledger.ledgers l ON l.id = a.ledger_id WHERE l.name = $1`,
    [ledger],
  )
  const totals = new Map(rows.map((row) => [row.address, Number(row.total)]))
  expect(places.map((place) => totals.get(place) ?? 0)).toEqual(model.totals)
}

function work(): Promise<number> {
  return bookDue.run({
    view: { db: world.database, clock: world.clock, context: world.context() },
    context: (idempotencyKey) => world.context({ idempotencyKey }),
    execute: (command, input, context) => world.engine.execute(command, input, context),
  })
}

let other: World['engine']

test('forwards come to what the naive model says, whoever looks at the ledger when', async () => {
  world = await createWorld({ modules })
  other = world.secondEngine().engine
  await fc.assert(fc.asyncProperty(steps, play), {
    numRuns: Number(process.env.FLORIN_MODEL_RUNS ?? 60),
    interruptAfterTimeLimit: 60_000,
  })
  expect(await world.verify()).toEqual([])
}, 400_000)
