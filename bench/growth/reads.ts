import { type Database, type Engine, type Query, systemClock } from '@florin/kernel'
import { asset, wallet } from '../lib/names.ts'
import { type Dice, diceOf, oneTo } from '../lib/random.ts'
import type { Bench, Table } from '../lib/section.ts'
import { type Latency, latencyOf, type Spread, spreadOf, timed } from '../lib/statistics.ts'
import type { Subject } from '../lib/subject.ts'
import { latencyCells, latencyColumns, ms } from '../lib/table.ts'
import { ledger } from '../posting/measure.ts'

interface Read {
  readonly name: string
  readonly through: string
  readonly latency: Latency
}

export interface Reads {
  readonly reads: readonly Read[]
  readonly trialBalances: readonly { readonly name: string; readonly seconds: Spread }[]
}

interface Question {
  readonly name: string
  readonly query: Query
  /** What is asked of a random account. */
  ask(dice: Dice): Record<string, unknown>
}

const yearMs = 365 * 86_400_000

export async function measureReads(
  bench: Bench,
  admin: Database,
  subject: Subject,
  accounts: number,
): Promise<Reads> {
  const count = bench.options.short ? 20 : 3_000
  const engine = subject.engine(1)
  const reads: Read[] = []
  const measure = async (name: string, through: string, once: (dice: Dice) => Promise<unknown>) => {
    bench.progress(`reads: ${name}, ${through}`)
    reads.push({ name, through, latency: await latencies(count, once) })
  }
  const id = await firstAccountId(admin)
  await measure('one balance', 'limit', (dice) =>
    subject.database.query('SELECT * FROM ledger.balances WHERE account_id = $1', [
      id + BigInt(oneTo(accounts, dice) - 1),
    ]),
  )
  await measure('one balance', 'naive', (dice) =>
    subject.database.query(naive, [id + BigInt(oneTo(accounts, dice) - 1)]),
  )
  for (const { name, query, ask } of questions(subject, accounts)) {
    await measure(name, 'query', (dice) => direct(subject, query, ask(dice)))
    await measure(name, 'engine', (dice) => engine.ask(query, ask(dice), subject.context()))
  }
  return { reads, trialBalances: await trialBalances(bench, subject, engine) }
}

const naive = `SELECT (SELECT coalesce(sum(amount), 0) FROM ledger.postings WHERE debit_account = $1) AS debits,
  (SELECT coalesce(sum(amount), 0) FROM ledger.postings WHERE credit_account = $1) AS credits`

function questions(subject: Subject, accounts: number): Question[] {
  const balance = subject.query('ledger.balance.get')
  const statement = subject.query('ledger.account.statement')
  const one = (dice: Dice) => ({ ledger, address: wallet(oneTo(accounts, dice)) })
  const time = (dice: Dice) => new Date(systemClock.now() - Math.floor(dice() * yearMs)).toISOString()
  const byValueTime = subject.query('ledger.balance.value')
  const page = (dice: Dice) => ({ ...one(dice), asset, from: time(dice), limit: 50 })
  return [
    { name: 'balance now', query: balance, ask: one },
    {
      name: 'as of a booking time',
      query: balance,
      ask: (dice) => ({ ...one(dice), at: time(dice) }),
    },
    {
      name: 'as of a value time',
      query: byValueTime,
      ask: (dice) => ({ ...one(dice), value_time: time(dice) }),
    },
    {
      name: 'as of both times',
      query: byValueTime,
      ask: (dice) => ({ ...one(dice), value_time: time(dice), at: time(dice) }),
    },
    { name: 'statement page of 50', query: statement, ask: page },
    {
      name: 'the same in value order',
      query: statement,
      ask: (dice) => ({ ...page(dice), order: 'value' }),
    },
  ]
}

/** Runs the query on a snapshot without the engine around it. */
function direct(subject: Subject, query: Query, input: Record<string, unknown>): Promise<unknown> {
  const context = subject.context()
  return subject.database.snapshot((db) => query.run({ db, clock: systemClock, context }, input as never))
}

async function latencies(count: number, once: (dice: Dice) => Promise<unknown>): Promise<Latency> {
  const dice = diceOf(7)
  for (let i = 0; i < Math.ceil(count / 10); i++) await once(dice)
  const samples_ms = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    await once(dice)
    samples_ms[i] = performance.now() - started
  }
  return latencyOf(samples_ms)
}

async function trialBalances(
  bench: Bench,
  subject: Subject,
  engine: Engine,
): Promise<{ name: string; seconds: Spread }[]> {
  const query = subject.query('ledger.trial-balance')
  const ask = (extra: Record<string, unknown>) => () =>
    engine.ask(query, { ledger, ...extra }, subject.context())
  const halfYearAgo = new Date(systemClock.now() - yearMs / 2).toISOString()
  const works: [string, () => Promise<unknown>][] = [
    ['limit: fetching every balance', () => subject.database.query(everyBalance)],
    ['trial balance now', ask({})],
    ['trial balance half a year ago', ask({ at: halfYearAgo })],
  ]
  const results: { name: string; seconds: Spread }[] = []
  for (const [name, work] of works) {
    bench.progress(`reads: ${name}`)
    const seconds: number[] = []
    for (let run = 0; run < (bench.options.short ? 1 : 5); run++) seconds.push(await timed(work))
    results.push({ name, seconds: spreadOf(seconds) })
  }
  return results
}

const everyBalance =
  'SELECT a.address, a.asset, b.posted_debits, b.posted_credits FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id'

async function firstAccountId(admin: Database): Promise<bigint> {
  const [row] = await admin.query<{ id: bigint }>(
    'SELECT a.id FROM ledger.accounts a JOIN ledger.ledgers l ON l.id = a.ledger_id WHERE l.name = $1 ORDER BY a.id LIMIT 1',
    [ledger],
  )
  if (row === undefined) throw new Error('The ledger has no accounts')
  return row.id
}

export function readTables({ reads, trialBalances: balances }: Reads): Table[] {
  return [
    {
      texts: 2,
      columns: ['read', 'through', ...latencyColumns],
      rows: reads.map(({ name, through, latency }) => [name, through, ...latencyCells(latency)]),
    },
    {
      title: 'All accounts at once',
      texts: 1,
      columns: ['', 'median ms', 'fastest', 'slowest'],
      rows: balances.map(({ name, seconds }) => [
        name,
        ...[seconds.median, seconds.lowest, seconds.highest].map((value) => ms(value * 1_000)),
      ]),
    },
  ]
}
