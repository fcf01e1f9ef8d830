import { createLog, Database, defaultDatabaseOptions, systemClock } from '@florin/kernel'
import { findMarket, MarketHost, MarketLost } from '../../src/index.ts'
import { microsecondClock } from '../../src/sequencer/clock.ts'
import { fund, orders } from './market.ts'

/**
 * A process of its own that runs ACME-EUR and loads it until it is killed or loses it. It writes a line for everything
 * that was acknowledged to it: the sequence number and the digest there.
 */
async function main(url: string): Promise<void> {
  const database = new Database(url, { ...defaultDatabaseOptions, role: 'florin_app' })
  const host = new MarketHost({
    database,
    log: createLog('silent'),
    clock: microsecondClock(systemClock, () => performance.now() * 1_000, 'system clock'),
    elapsedMs: () => performance.now(),
    owner: `child ${process.pid}`,
    address: undefined,
    limits: { snapshotCommands: 1_000 },
  })
  await host.round()
  await host.settled()
  const market = await findMarket(database, 'ACME-EUR')
  const sequencer = host.sequencer(market.id)
  if (sequencer === undefined) throw new Error('The market is not free')
  await fund(sequencer)
  const beating = beat(host, () => sequencer.lost)
  for (let seed = 1; !sequencer.lost; seed++) {
    await Promise.all([0, 1, 2].map((i) => sequencer.submit(orders(25, seed * 3 + i)))).catch(onlyLoss)
    if (!sequencer.lost) process.stdout.write(`${sequencer.engine.sequence} ${sequencer.engine.digest()}\n`)
  }
  await beating
  process.stdout.write('lost\n')
  await host.stop()
  await database.close()
}

function onlyLoss(error: unknown): void {
  if (!(error instanceof MarketLost)) throw error
}

/** One round after another, as the service does. */
async function beat(host: MarketHost, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await host.round()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

await main(process.argv[2] ?? '')
