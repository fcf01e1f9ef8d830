import { openAdmin, openBooks, verifyBooks } from '../lib/books.ts'
import { describeMachine } from '../lib/machine.ts'
import { amountOf, asset, wallet } from '../lib/names.ts'
import type { Bench, Report } from '../lib/section.ts'
import { type Spread, spreadOf } from '../lib/statistics.ts'
import { Subject } from '../lib/subject.ts'
import { give, whole } from '../lib/table.ts'
import { type Pairs, pairsOf, scenarioOf } from '../posting/scenarios.ts'
import { Pgledger } from './pgledger.ts'

interface Case {
  readonly scenario: string
  readonly callers: number
  /** Transfers in a call. */
  readonly size: number
}

/** Makes transfers `from` on, as one call. */
type Transfer = (from: number, count: number) => Promise<void>

interface Figure extends Case {
  readonly pgledger: Spread
  readonly florin: Spread
}

const cases: readonly Case[] = ['uniform-10k', 'hot-debit'].flatMap((scenario) => [
  { scenario, callers: 1, size: 1 },
  { scenario, callers: 32, size: 1 },
  { scenario, callers: 512, size: 1 },
  { scenario, callers: 1, size: 1_000 },
  { scenario, callers: 4, size: 1_000 },
])

const accounts = 10_000
const ledger = 'bench'

/** pgledger and Florin, each called from this process, on the same server and with the same transfers. */
export async function pgledgerSection(bench: Bench): Promise<Report> {
  const folder = bench.options.pgledger
  if (folder === undefined) throw new Error('The folder of pgledger is not given')
  const server = await bench.server()
  return server.withDatabase('empty', (theirs) =>
    server.withDatabase('florin', (ours) => compare(bench, folder, theirs, ours)),
  )
}

async function compare(bench: Bench, folder: string, theirs: string, ours: string): Promise<Report> {
  const pgledger = await Pgledger.open(theirs, folder, accounts)
  const subject = new Subject(ours)
  const admin = openAdmin(ours)
  try {
    await openBooks(subject, admin, { ledger, accounts })
    const figures: Figure[] = []
    for (const one of cases) {
      bench.progress(`pgledger: ${one.scenario}, ${one.callers} callers, ${one.size} a call`)
      figures.push(await race(bench, one, pgledger, subject))
    }
    await pgledger.check()
    await verifyBooks(ours)
    return {
      about: [
        'pgledger and Florin on the same server with the same transfers, called in process; transfers a second, fsync on.',
        'pgledger: a function call in SQL for each call, callers share 32 connections. Florin: the whole engine, keyed, gathered.',
      ],
      tables: [
        {
          texts: 1,
          columns: ['scenario', 'callers', 'a call', 'pgledger', '', 'florin', '', 'times'],
          rows: figures.map(({ scenario, callers, size, pgledger: them, florin }) => [
            scenario,
            whole(callers),
            whole(size),
            whole(them.median),
            give(them),
            whole(florin.median),
            give(florin),
            (florin.median / them.median).toFixed(1),
          ]),
        },
      ],
      machine: await describeMachine(admin, new Date()),
      data: figures,
    }
  } finally {
    await admin.close()
    await subject.database.close()
    await pgledger.close()
  }
}

let races = 0

/** They take turns, so that a slow moment of the machine hits both. */
async function race(bench: Bench, one: Case, pgledger: Pgledger, subject: Subject): Promise<Figure> {
  const { short } = bench.options
  const pairs = pairsOf(scenarioOf(one.scenario, short), 65_536)
  const florin = florinTransfers(subject, pairs, `race-${races++}`)
  const theirs: Transfer = (from, count) => pgledger.transfer(pairs, from, count)
  const speeds: { pgledger: number[]; florin: number[] } = { pgledger: [], florin: [] }
  const sent = { pgledger: 0, florin: 0 }
  for (let run = short ? 1 : 0; run <= (short ? 1 : 5); run++)
    for (const [name, transfer] of [['pgledger', theirs] as const, ['florin', florin] as const]) {
      const { made, seconds } = await sprint(one, transfer, sent[name], short ? 0.2 : 1)
      sent[name] += made
      if (run > 0) speeds[name].push(made / seconds)
    }
  return { ...one, pgledger: spreadOf(speeds.pgledger), florin: spreadOf(speeds.florin) }
}

/** Lets callers call for some time, one call after the other each, and waits for the last answers. */
async function sprint(
  { callers, size }: Case,
  transfer: Transfer,
  first: number,
  duration_s: number,
): Promise<{ made: number; seconds: number }> {
  const started = performance.now()
  let next = first
  await Promise.all(
    Array.from({ length: callers }, async () => {
      do {
        const from = next
        next += size
        await transfer(from, size)
      } while (performance.now() - started < duration_s * 1_000)
    }),
  )
  return { made: next - first, seconds: (performance.now() - started) / 1_000 }
}

function florinTransfers(subject: Subject, pairs: Pairs, prefix: string): Transfer {
  const engine = subject.engine(8_000)
  const posting = (n: number) => {
    const at = n % pairs.debit.length
    return {
      debit: wallet(pairs.debit[at] ?? 0),
      credit: wallet(pairs.credit[at] ?? 0),
      amount: amountOf(n),
      asset,
    }
  }
  return async (from, count) => {
    const key = `${prefix}-${from}`
    if (count === 1) {
      await subject.done(engine, 'ledger.transaction.post', { ledger, postings: [posting(from)] }, key)
      return
    }
    const transactions = Array.from({ length: count }, (_, i) => ({ postings: [posting(from + i)] }))
    await subject.done(engine, 'ledger.transaction.batch', { ledger, mode: 'independent', transactions }, key)
  }
}
