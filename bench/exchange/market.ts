import { performance } from 'node:perf_hooks'
import { exchangeModule, findMarket, MarketHost, type MarketRecord, type Sequencer } from '@florin/exchange'
import { createLog, kernelModule, withVerification } from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'
import type { MarketConfig } from '@florin/orderbook'
import { migrateAll, Subject } from '../lib/subject.ts'

const modules = withVerification([kernelModule, ledgerModule, exchangeModule])
const ledger = 'bench'

export interface RunningMarket {
  readonly subject: Subject
  readonly market: MarketRecord
  readonly sequencer: Sequencer
}

/** Opens a market with the configuration of a stream on an empty database, and runs it in this process. */
export async function withMarket(
  url: string,
  config: MarketConfig,
  work: (running: RunningMarket) => Promise<void>,
): Promise<void> {
  await migrateAll(url, modules)
  const subject = new Subject(url, 'bench', modules)
  try {
    const market = await openMarket(subject, config)
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
      await work({ subject, market, sequencer })
    } finally {
      await host.stop()
    }
  } finally {
    await subject.database.close()
  }
}

async function openMarket(subject: Subject, config: MarketConfig): Promise<MarketRecord> {
  const engine = subject.engine(1)
  const done = (name: string, input: unknown) => subject.done(engine, name, input, name)
  await done('ledger.open', { ledger })
  await done('ledger.asset.register', { code: 'ACME', exponent: 0, name: 'ACME' })
  await done('exchange.ledger.prepare', { ledger })
  await done('exchange.instrument.define', { instrument: 'ACME' })
  await done('exchange.market.open', {
    market: 'ACME-EUR',
    instrument: 'ACME',
    quote: 'EUR',
    ledger,
    tick: '0.01',
    lot: '1',
    price_min: cents(config.lowestPrice),
    price_max: cents(config.highestPrice),
    settlement_days: 2,
    capacity: {
      orders: config.orders,
      accounts: config.accounts,
      sessions: config.sessions,
      client_ids: config.clientIds,
      largest_position: config.largestPosition,
    },
  })
  return findMarket(subject.database, 'ACME-EUR')
}

function cents(ticks: number): string {
  return `${Math.trunc(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`
}
