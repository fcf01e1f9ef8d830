import { performance } from 'node:perf_hooks'
import { exchangeModule, findMarket, MarketHost, type MarketRecord, type Sequencer } from '@florin/exchange'
import { createLog, type Database, kernelModule, withVerification } from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'
import { cancelOrder, enterOrder, words } from '@florin/orderbook'
import { openAdmin } from '../lib/books.ts'
import { type Dice, diceOf, oneTo } from '../lib/random.ts'
import type { Bench, Table } from '../lib/section.ts'
import { timed } from '../lib/statistics.ts'
import { migrateAll, Subject } from '../lib/subject.ts'
import { percent, whole } from '../lib/table.ts'

const modules = withVerification([kernelModule, ledgerModule, exchangeModule])
const ledger = 'bench'
const code = 'ACME-EUR'
const accounts = 16
/** Client ids that a cancellation may mean. */
const recent = 400

/** A reader of the journal: how fast it writes what it makes of a market, and how fast PostgreSQL takes the same rows. */
export interface FollowerFigure {
  readonly name: string
  readonly commands: number
  readonly perSecond: number
  readonly rows: number
  /** Commands a second where the rows are copied within the server, indexes and all. */
  readonly limit: number
}

const followers = [
  { name: 'history', command: 'exchange.history.write', tables: ['orders', 'fills', 'candles'] },
  { name: 'records', command: 'exchange.records.write', tables: ['order_records', 'phase_events'] },
  { name: 'settlement', command: 'exchange.fills.settle', tables: ['settlements'] },
] as const

export async function measureFollowers(bench: Bench): Promise<readonly FollowerFigure[]> {
  const commands = bench.options.short ? 10_000 : 100_000
  const server = await bench.server()
  return server.withDatabase('empty', async (url) => {
    await migrateAll(url, modules)
    const subject = new Subject(url, 'bench', modules)
    const admin = openAdmin(url)
    try {
      bench.progress('exchange: a market for the readers of its journal')
      const market = await journalled(subject, commands)
      const figures: FollowerFigure[] = []
      for (const follower of followers) {
        bench.progress(`exchange: ${follower.name}`)
        const seconds = await timed(() => drain(subject, follower.command))
        bench.progress(`exchange: the limit of ${follower.name}`)
        const { rows, limit_s } = await copied(admin, follower.tables)
        const [head] = await admin.query<{ last: bigint }>(
          'SELECT last_seq AS last FROM exchange.heads WHERE market_id = $1',
          [market.id],
        )
        const all = Number(head?.last ?? 0n)
        figures.push({
          name: follower.name,
          commands: all,
          perSecond: all / seconds,
          rows,
          limit: all / limit_s,
        })
      }
      return figures
    } finally {
      await admin.close()
      await subject.database.close()
    }
  })
}

/** Calls the follower's command until there is nothing more to read. */
async function drain(subject: Subject, command: string): Promise<void> {
  const engine = subject.engine(1)
  for (let call = 0; ; call++) {
    const done = await subject.done(engine, command, { market: code }, `${command} ${call}`)
    const read = Object.entries(Object(done)).find(([name]) => name === 'read' || name === 'commands')?.[1]
    if (read === 0) return
  }
}

/** The same rows once more, into tables with the same indexes and nothing else. */
async function copied(
  admin: Database,
  tables: readonly string[],
): Promise<{ rows: number; limit_s: number }> {
  let rows = 0
  let limit_s = 0
  for (const table of tables) {
    await admin.query(`CREATE TABLE exchange.limit_${table} (LIKE exchange.${table} INCLUDING ALL)`)
    limit_s += await timed(async () => {
      const copies = await admin.query(
        `WITH copied AS (INSERT INTO exchange.limit_${table} SELECT * FROM exchange.${table} RETURNING 1)
         SELECT count(*) AS count FROM copied`,
      )
      rows += Number(Object.values(Object(copies[0]))[0])
    })
    await admin.query(`DROP TABLE exchange.limit_${table}`)
  }
  return { rows, limit_s }
}

/** A market with accounts that have money and instruments, and a journal of so many commands. */
async function journalled(subject: Subject, commands: number): Promise<MarketRecord> {
  await open(subject, commands)
  const market = await findMarket(subject.database, code)
  const host = new MarketHost({
    database: subject.database,
    log: createLog('warn', process.stderr),
    clock: {
      source: 'system clock',
      now: () => Math.floor((performance.timeOrigin + performance.now()) * 1_000),
    },
    elapsedMs: () => performance.now(),
    owner: 'bench',
    address: undefined,
  })
  try {
    await host.round()
    await host.settled()
    const sequencer = host.sequencer(market.id)
    if (sequencer === undefined) throw new Error('The market does not run')
    await trade(sequencer, commands, diceOf(4))
    return market
  } finally {
    await host.stop()
  }
}

/** 60 % added near the touch, 30 % cancels, 10 % that take about three orders. */
async function trade(sequencer: Sequencer, commands: number, dice: Dice): Promise<void> {
  const entered = Array.from({ length: accounts + 1 }, () => 0)
  const together = 1_000
  for (let done = 0; done < commands; done += together) {
    const batch = new Int32Array(together * words)
    for (let i = 0; i < together; i++) batch.set(next(entered, dice), i * words)
    await sequencer.submit(batch, together)
  }
}

function next(entered: number[], dice: Dice): Int32Array {
  const account = oneTo(accounts, dice)
  const last = entered[account] ?? 0
  const die = oneTo(10, dice)
  if (die <= 3 && last > 0)
    return cancelOrder({ time: 0, account, clientId: Math.max(1, last - oneTo(recent, dice)) })
  entered[account] = last + 1
  const side = oneTo(2, dice) === 1 ? 'buy' : 'sell'
  const away = side === 'buy' ? -1 : 1
  const order = {
    time: 0,
    account,
    side,
    clientId: last + 1,
    type: 'limit',
    selfTrade: 'cancelNewest',
  } as const
  if (die === 4)
    return enterOrder({
      ...order,
      price: 10_000 - away * 15,
      quantity: oneTo(60, dice),
      timeInForce: 'immediate',
    })
  return enterOrder({ ...order, price: 10_000 + away * oneTo(15, dice), quantity: oneTo(20, dice) })
}

async function open(subject: Subject, commands: number): Promise<void> {
  const engine = subject.engine(1)
  const done = async (name: string, input: object): Promise<void> => {
    const command = subject.registry.commands.get(name)
    if (command === undefined) throw new Error(`There is no command ${name}`)
    const context = { ...subject.context(`${name} ${JSON.stringify(input)}`), reason: 'A benchmark begins' }
    const { status } = await engine.execute(command, input, context)
    if (status !== 'done') throw new Error(`${name} was ${status}`)
  }
  await done('ledger.open', { ledger })
  await done('ledger.asset.register', { code: 'ACME', exponent: 0, name: 'ACME' })
  const templates = ['bank:{name}', 'custody:{name}'].map((address) => ({
    address,
    type: 'asset',
    overdraft: 'allowed',
    open_on_first_use: true,
  }))
  await done('ledger.chart.set', { ledger, templates })
  await done('exchange.ledger.prepare', { ledger })
  await done('exchange.instrument.define', { instrument: 'ACME' })
  await done('exchange.market.open', {
    market: code,
    instrument: 'ACME',
    quote: 'EUR',
    ledger,
    tick: '0.01',
    lot: '1',
    price_min: '0.01',
    price_max: '1000.00',
    settlement_days: 2,
    capacity: { client_ids: 2 * commands, largest_position: 60_000_000 },
  })
  const tiers = [{ from: '0', maker_ppm: 20, taker_ppm: 60 }]
  await done('exchange.fees.set', { market: code, tiers, minimum: '0.01' })
  await done('exchange.market.reference', { market: code, price: '100.00' })
  for (let i = 1; i <= accounts; i++) await admit(done, `trader-${i}`)
  await done('exchange.market.phase', { market: code, phase: 'continuous' })
}

async function admit(
  done: (name: string, input: object) => Promise<unknown>,
  account: string,
): Promise<void> {
  await done('exchange.account.open', { account, participant: 'broker', kind: 'cash', capacity: 'client' })
  const credit = `exchange:${account}:trading`
  const postings = [
    { debit: 'bank:main', credit, amount: '20000000000.00', asset: 'EUR' },
    { debit: 'custody:main', credit, amount: '5000000', asset: 'ACME' },
  ]
  await done('ledger.transaction.post', { ledger, postings })
  const place = { account, market: code }
  const limits = {
    max_order_quantity: '1000',
    max_order_value: '200000.00',
    max_position: '50000000',
    collar: '5.00',
    fee_rate_ppm: 60,
  }
  await done('exchange.account.limits.set', { ...place, limits })
  await done('exchange.buying-power.allocate', { ...place, amount: '1000000000.00' })
  await done('exchange.position.deposit', { ...place, quantity: '5000000', price: '100.00' })
}

export function followersTable(figures: readonly FollowerFigure[]): Table {
  return {
    title: 'Readers of the journal: commands a second',
    texts: 1,
    columns: ['reader', 'commands', 'per s', 'rows', 'limit per s', 'of the limit'],
    rows: figures.map(({ name, commands, perSecond, rows, limit }) => [
      name,
      whole(commands),
      whole(perSecond),
      whole(rows),
      whole(limit),
      percent(perSecond / limit),
    ]),
  }
}
