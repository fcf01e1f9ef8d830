import { enterOrder, type Side } from '@florin/orderbook'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { Desk } from './desk.ts'

let desk: Desk
afterEach(() => desk.close())

const accounts = 4
const tiers = { maker_ppm: 150, taker_ppm: 1_333 }

interface Order {
  readonly account: number
  readonly side: Side
  readonly price: number
  readonly quantity: number
}

type Step =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'settle' }
  | { readonly kind: 'bust'; readonly trade: number }

const steps = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        kind: fc.constant('order' as const),
        order: fc.record({
          account: fc.integer({ min: 1, max: accounts }),
          side: fc.constantFrom<Side[]>('buy', 'sell'),
          price: fc.integer({ min: 9_990, max: 10_010 }),
          quantity: fc.integer({ min: 1, max: 20 }),
        }),
      }),
    },
    { weight: 3, arbitrary: fc.constant<Step>({ kind: 'settle' }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('bust' as const), trade: fc.integer({ min: 1, max: 20 }) }),
    },
  ),
  { minLength: 20, maxLength: 80 },
)

/** What accounts have in cents and in units, by hand: each trade as it comes, fees rounded up. */
class Naive {
  readonly cash = new Map<number, bigint>()
  readonly units = new Map<number, bigint>()
  fees = 0n

  constructor() {
    for (let account = 1; account <= accounts; account++) {
      this.cash.set(account, 10_000_000n)
      this.units.set(account, 100n)
    }
  }

  trade(maker: Order, taker: Order, quantity: number, times: bigint): void {
    const value = BigInt(maker.price) * BigInt(quantity)
    const [buyer, seller] = taker.side === 'buy' ? [taker, maker] : [maker, taker]
    add(this.cash, buyer.account, -value * times)
    add(this.cash, seller.account, value * times)
    add(this.units, buyer.account, BigInt(quantity) * times)
    add(this.units, seller.account, -BigInt(quantity) * times)
    for (const [{ account }, ppm] of [
      [maker, tiers.maker_ppm],
      [taker, tiers.taker_ppm],
    ] as const) {
      const fee = (value * BigInt(ppm) + 999_999n) / 1_000_000n
      add(this.cash, account, -fee * times)
      this.fees += fee * times
    }
  }
}

function add(map: Map<number, bigint>, key: number, by: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + by)
}

test('whatever is traded, the ledger is what a naive model says, and equals the engine', async () => {
  desk = await Desk.open(accounts)
  await desk.done('exchange.fees.set', { market: 'ACME-EUR', tiers: [{ from: '0', ...tiers }] })
  for (let i = 1; i <= accounts; i++) {
    const place = { account: `a${i}`, market: 'ACME-EUR' }
    await desk.limits(`a${i}`, { fee_rate_ppm: 1_333 })
    await desk.done('exchange.buying-power.set', { ...place, low: '3000.00', target: '9000.00' })
    await desk.done('exchange.position.deposit', { ...place, quantity: '100', price: '100.00' })
  }
  await desk.settle()
  await desk.settle()
  const naive = new Naive()
  const open: (Order & { leaves: number })[] = []
  const trades: { maker: Order; taker: Order; quantity: number; bust: boolean }[] = []
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      for (const step of run) {
        if (step.kind === 'settle') await desk.settle()
        else if (step.kind === 'bust') await bust(trades[step.trade], step.trade + 1, naive)
        else await enter(step.order, open, trades, naive)
      }
      await desk.settle()
      expect(await desk.world.verify()).toEqual([])
      await compare(naive)
    }),
    // One market all along: what a run begins with depends on those before, so there is nothing to shrink.
    { numRuns: 6, endOnFailure: true },
  )
  expect(trades.length).toBeGreaterThan(30)
  expect(trades.some((one) => one.bust)).toBe(true)
})

/** Enters an order that the engine takes, and matches it by hand: by price, then by time, with everybody. */
async function enter(
  order: Order,
  open: (Order & { leaves: number })[],
  trades: { maker: Order; taker: Order; quantity: number; bust: boolean }[],
  naive: Naive,
): Promise<void> {
  const sent = enterOrder({ time: 0, ...order })
  const { records } = await desk.sequencer.submit(sent)
  if (records[5] !== 0) return
  let leaves = order.quantity
  const sign = order.side === 'buy' ? 1 : -1
  const better = open
    .filter(({ side, price }) => side !== order.side && sign * price <= sign * order.price)
    .sort((a, b) => sign * (a.price - b.price))
  for (const maker of better) {
    const quantity = Math.min(leaves, maker.leaves)
    if (quantity === 0) break
    leaves -= quantity
    maker.leaves -= quantity
    trades.push({ maker, taker: order, quantity, bust: false })
    naive.trade(maker, order, quantity, 1n)
  }
  open.splice(0, open.length, ...open.filter((one) => one.leaves > 0))
  if (leaves > 0) open.push({ ...order, leaves })
}

async function bust(
  trade: { maker: Order; taker: Order; quantity: number; bust: boolean } | undefined,
  number: number,
  naive: Naive,
): Promise<void> {
  const refused = await desk.refusal('exchange.trade.bust', { market: 'ACME-EUR', trade: String(number) })
  if (refused !== undefined) {
    expect(['trade_bust', 'trade_not_settled']).toContain(refused)
    return
  }
  if (trade === undefined) throw new Error('Nobody traded that')
  trade.bust = true
  naive.trade(trade.maker, trade.taker, trade.quantity, -1n)
}

async function compare(naive: Naive): Promise<void> {
  const cents = (text: string): bigint => BigInt(text.replace('.', ''))
  for (let account = 1; account <= accounts; account++) {
    const { total } = await desk.balance(`exchange:a${account}:trading`)
    expect(cents(total)).toBe(naive.cash.get(account))
    expect(BigInt(await desk.position(`a${account}`))).toBe(naive.units.get(account))
    expect(BigInt(desk.sequencer.engine.position(account)?.position ?? 0)).toBe(naive.units.get(account))
  }
  const { total } = await desk.balance('exchange:ACME-EUR:fees')
  expect(total === 'none' ? 0n : cents(total)).toBe(naive.fees)
  const sum = [...naive.cash.values()].reduce((all, one) => all + one, naive.fees)
  expect(sum).toBe(BigInt(accounts) * 10_000_000n)
}
