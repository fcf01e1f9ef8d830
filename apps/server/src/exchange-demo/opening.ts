import type { Desk } from './desk.ts'
import { icebergUser, marketMaker, type Strategy, stopUser, taker } from './participants.ts'

export const ledger = 'demo'
export const market = 'ACME-EUR'
const instrument = 'ACME'
const quote = 'EUR'
/** Ticks: what the instrument is worth when the demo begins. */
export const worthAtFirst = 10_000

export interface Person {
  readonly name: string
  readonly strategy: () => Strategy
  readonly lots: number
  readonly cash: string
  readonly house?: boolean
}

/** Who trades. The number of an account is its place here, from 1. */
export const people: readonly Person[] = [
  { name: 'maker-1', strategy: () => marketMaker(3, 4), lots: 2_000, cash: '5000000.00', house: true },
  { name: 'maker-2', strategy: () => marketMaker(4, 3), lots: 2_000, cash: '5000000.00', house: true },
  { name: 'alice', strategy: () => taker(0.5), lots: 500, cash: '1000000.00' },
  { name: 'bob', strategy: () => taker(0.4), lots: 500, cash: '1000000.00' },
  { name: 'carol', strategy: () => taker(0.3), lots: 500, cash: '1000000.00' },
  { name: 'dora-stop', strategy: () => stopUser(25), lots: 0, cash: '1000000.00' },
  { name: 'ivan-berg', strategy: () => icebergUser(150, 15), lots: 500, cash: '1000000.00' },
]

/** A ledger with money and instruments in it, a market that settles there, and accounts that may trade. */
export async function openEverything(desk: Desk): Promise<void> {
  await desk.done('ledger.open', { ledger })
  await desk.done('ledger.asset.register', { code: instrument, exponent: 0, name: 'ACME shares' })
  await desk.done('ledger.chart.set', { ledger, templates: ownTemplates })
  await desk.done('exchange.ledger.prepare', { ledger })
  await desk.done('exchange.instrument.define', { instrument, name: 'ACME shares', cfi: 'ESVUFR' })
  await desk.done('exchange.market.open', {
    market,
    instrument,
    quote,
    ledger,
    tick: '0.01',
    lot: '1',
    price_min: '0.01',
    price_max: '500.00',
    settlement_days: 0,
    capacity: {
      orders: 10_000,
      accounts: 100,
      sessions: 100,
      client_ids: 1_000,
      largest_position: 1_000_000,
    },
  })
  await desk.done('exchange.fees.set', { market, tiers: [{ from: '0', maker_ppm: 20, taker_ppm: 60 }] })
  for (const person of people) await openAccount(desk, person)
}

/** After the market runs: what accounts bring into it. */
export async function bringIn(desk: Desk): Promise<void> {
  await desk.done('exchange.market.reference', { market, price: '100.00' })
  for (const { name, cash, lots } of people) {
    await desk.done(
      'exchange.account.limits.set',
      {
        account: name,
        market,
        limits: {
          max_order_quantity: '1000',
          max_order_value: '200000.00',
          max_position: '10000',
          collar: '5.00',
          fee_rate_ppm: 60,
        },
      },
      'The demo begins',
    )
    await desk.done('exchange.buying-power.allocate', { market, account: name, amount: cash })
    if (lots > 0)
      await desk.done('exchange.position.deposit', {
        market,
        account: name,
        quantity: String(lots),
        price: '100.00',
      })
  }
}

async function openAccount(desk: Desk, { name, lots, cash, house }: Person): Promise<void> {
  await desk.done('exchange.account.open', {
    account: name,
    participant: 'demo-broker',
    kind: 'cash',
    capacity: house === true ? 'house' : 'client',
  })
  const credit = `exchange:${name}:trading`
  const postings = [
    { debit: 'bank:settlement', credit, amount: cash, asset: quote },
    ...(lots === 0 ? [] : [{ debit: 'custody:shares', credit, amount: String(lots), asset: instrument }]),
  ]
  await desk.done('ledger.transaction.post', { ledger, postings })
}

const ownTemplates = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'forbidden', open_on_first_use: true },
  { address: 'custody:{name}', type: 'asset', overdraft: 'forbidden', open_on_first_use: true },
]
