import { createLog, type Database, kernelModule, type Unit, uuidv7 } from '@florin/kernel'
import { createWorld, type World, type WorldOptions } from '@florin/kernel/testing'
import { ledgerModule } from '@florin/ledger'
import { enterOrder, setAccount, words } from '@florin/orderbook'
import { exchangeModule, findMarket, MarketHost, type MarketRecord, type Sequencer } from '../../src/index.ts'
import { microsecondClock } from '../../src/sequencer/clock.ts'
import type { HostOptions } from '../../src/sequencer/host.ts'

export const modules = [kernelModule, ledgerModule, exchangeModule]

/** A world with a market ACME-EUR, tick 0.01, lot 1, up to 1,000.00, and accounts `a1`, `a2`, … that may trade. */
export async function createMarket(accounts = 2, options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await createWorld({ modules, ...options })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('exchange.ledger.prepare', { ledger: 'demo' })
  await world.done('ledger.asset.register', { code: 'ACME', exponent: 0 })
  await world.done('exchange.instrument.define', { instrument: 'ACME' })
  await openMarket(world, 'ACME-EUR')
  for (let i = 1; i <= accounts; i++) {
    const account = `a${i}`
    await world.done('exchange.account.open', {
      account,
      participant: 'broker-1',
      kind: 'cash',
      capacity: 'client',
    })
  }
  return world
}

export async function openMarket(world: World, market: string): Promise<void> {
  await world.done('exchange.market.open', {
    market,
    instrument: 'ACME',
    quote: 'EUR',
    ledger: 'demo',
    tick: '0.01',
    lot: '1',
    price_min: '0.01',
    price_max: '200.00',
    settlement_days: 2,
    capacity: {
      orders: 20_000,
      accounts: 100,
      sessions: 100,
      client_ids: 20_000,
      largest_position: 1_000_000,
    },
  })
}

/** Lets the accounts trade without much of a limit, and opens continuous trading. */
export async function admitAll(world: World, accounts = 2, market = 'ACME-EUR'): Promise<void> {
  await world.done('exchange.market.reference', { market, price: '100.00' })
  for (let i = 1; i <= accounts; i++)
    await world.done(
      'exchange.account.limits.set',
      {
        account: `a${i}`,
        market,
        limits: {
          permissions: ['buy', 'sell', 'short_sale'],
          max_order_quantity: '1000',
          max_order_value: '1000000.00',
          max_position: '1000000',
          locate: '1000000',
        },
      },
      { reason: 'test' },
    )
  await world.done('exchange.market.phase', { market, phase: 'continuous' })
}

export function acme(world: World): Promise<MarketRecord> {
  return findMarket(world.database, 'ACME-EUR')
}

let hosts = 0

/** A process that runs markets, on the world's clock. Rounds are done by the test. */
export function createHost(world: World, overrides: Partial<HostOptions> = {}): MarketHost {
  let elapsed = 0
  return new MarketHost({
    database: world.secondEngine().database,
    log: createLog('silent'),
    clock: microsecondClock(world.clock, () => elapsed++, 'test clock'),
    elapsedMs: () => elapsed,
    owner: `host-${++hosts}`,
    address: undefined,
    ...overrides,
  })
}

/** Gives accounts enough to buy with: 10^12 ticks x lots. */
export async function fund(sequencer: Sequencer, accounts = 2): Promise<void> {
  for (let account = 1; account <= accounts; account++)
    await sequencer.submit(setAccount({ time: 0, account, setting: 'cash', value: 1e12 }))
}

/** The market's sequencer after a round of the host. */
export async function runBy(host: MarketHost, market: MarketRecord): Promise<Sequencer> {
  await host.round()
  await host.settled()
  const sequencer = host.sequencer(market.id)
  if (sequencer === undefined) throw new Error(`${market.code} is not run by this host`)
  return sequencer
}

/** Limit orders around 100.00, the same for the same seed: some trade, most rest. */
export function orders(count: number, seed = 1, accounts = 2): Int32Array {
  const commands = new Int32Array(count * words)
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return (state >>> 8) % below
  }
  for (let i = 0; i < count; i++) {
    const buys = next(2) === 0
    const order = enterOrder({
      time: 0,
      account: 1 + next(accounts),
      side: buys ? 'buy' : 'sell',
      price: 10_000 + (buys ? -1 : 1) * (next(40) - 10),
      quantity: 1 + next(10),
      short: !buys,
    })
    commands.set(order, i * words)
  }
  return commands
}

/** Runs work in a unit of its own, as a command would; `fail` rolls it back at the end. False if it was rolled back. */
export async function inUnit(
  world: World,
  database: Database,
  work: (unit: Unit) => Promise<unknown>,
  fail = false,
): Promise<boolean> {
  const then: (() => void)[] = []
  const rolledBack = new Error('rolled back')
  const context = world.context()
  try {
    await database.transaction(async (db) => {
      await work({
        db,
        clock: world.clock,
        random: context.random,
        context,
        callId: uuidv7(world.clock, context.random),
        newId: () => uuidv7(world.clock, context.random),
        emit: () => undefined,
        changed: () => undefined,
        afterCommit: (done) => then.push(done),
      })
      if (fail) throw rolledBack
    })
  } catch (error) {
    if (error === rolledBack) return false
    throw error
  }
  for (const done of then) done()
  return true
}
