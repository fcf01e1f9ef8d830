import { exchangeModule, findMarket, type MarketRecord } from '@florin/exchange'
import { kernelModule, type Module, withVerification } from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'
import type { PatientWorld } from '../../patient.ts'

/** What `florin serve` is made of. */
export const exchangeModules: readonly Module[] = withVerification([
  kernelModule,
  ledgerModule,
  exchangeModule,
])

export const marketCode = 'ACME-EUR'
/** Ticks around which orders are. */
export const middlePrice = 10_000
const ledger = 'soak'

export function traderName(i: number): string {
  return `trader-${i + 1}`
}

/**
 * A market with traders who have money, instruments and a session each; its account's number is its place, from 1. Fees
 * are maker and taker's, buying power is topped up by itself, and every second session loses its orders with its
 * connection.
 */
export async function openSoakMarket(
  world: PatientWorld,
  traders: number,
  commands: number,
): Promise<MarketRecord> {
  const done = (name: string, input: object) =>
    world.done(name, input, { key: `${name} ${JSON.stringify(input)}`, reason: 'The soak begins' })
  await done('ledger.open', { ledger })
  await done('ledger.asset.register', { code: 'ACME', exponent: 0 })
  const templates = [
    { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
    { address: 'custody:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  ]
  await done('ledger.chart.set', { ledger, templates })
  await done('exchange.ledger.prepare', { ledger })
  await done('exchange.instrument.define', { instrument: 'ACME' })
  await done('exchange.market.open', {
    market: marketCode,
    instrument: 'ACME',
    quote: 'EUR',
    ledger,
    tick: '0.01',
    lot: '1',
    price_min: '0.01',
    price_max: '1000.00',
    settlement_days: 2,
    // Client ids are remembered until the day ends, and a soak is one day.
    capacity: { client_ids: Math.max(1_000, commands), largest_position: 50_000_000 },
  })
  const tiers = [
    { from: '0', maker_ppm: 20, taker_ppm: 60 },
    { from: '1000000.00', maker_ppm: -10, taker_ppm: 40 },
  ]
  await done('exchange.fees.set', { market: marketCode, tiers, minimum: '0.01' })
  await done('exchange.market.reference', { market: marketCode, price: '100.00' })
  for (let i = 0; i < traders; i++) await admit(done, traderName(i), i % 2 === 0)
  await done('exchange.market.phase', { market: marketCode, phase: 'continuous' })
  return findMarket(world.database, marketCode)
}

async function admit(
  done: (name: string, input: object) => Promise<unknown>,
  account: string,
  losesOrders: boolean,
): Promise<void> {
  await done('exchange.account.open', {
    account,
    participant: 'broker',
    kind: 'cash',
    capacity: 'client',
  })
  const credit = `exchange:${account}:trading`
  await done('ledger.transaction.post', {
    ledger,
    postings: [
      { debit: 'bank:main', credit, amount: '20000000000.00', asset: 'EUR' },
      { debit: 'custody:main', credit, amount: '5000000', asset: 'ACME' },
    ],
  })
  const place = { account, market: marketCode }
  await done('exchange.account.limits.set', {
    ...place,
    limits: {
      max_order_quantity: '1000',
      max_order_value: '200000.00',
      max_position: '20000000',
      collar: '5.00',
      fee_rate_ppm: 60,
    },
  })
  await done('exchange.buying-power.allocate', { ...place, amount: '50000000.00' })
  await done('exchange.buying-power.set', { ...place, low: '25000000.00', target: '50000000.00' })
  await done('exchange.position.deposit', { ...place, quantity: '5000000', price: '100.00' })
  await done('exchange.session.open', {
    session: account,
    accounts: [account],
    cancel_on_disconnect: losesOrders,
  })
}
