import type { Interceptor } from '@florin/kernel'
import type { WorldOptions } from '@florin/kernel/testing'
import { answer, endOfDay, enterOrder, tick } from '@florin/orderbook'
import type { MarketHost, Sequencer } from '../../src/index.ts'
import { createHost, runBy } from '../lib/market.ts'
import { Desk } from '../settlement/desk.ts'

/** Numbers of the accounts: `a1` and `a2` trade for cash, `m1` on margin. */
export const seller = 1
export const buyer = 2
export const margin = 3

/** What one look at a market came to. */
export interface Look {
  readonly commands: number
  readonly states: number
  readonly calls: number
  readonly orders: number
  readonly phases: number
  readonly marks: number
}

/** A desk with a margin account, supervised by hand. */
export class Floor {
  readonly desk: Desk
  /** What happens to the statements of the next look. */
  interceptor: (() => Interceptor) | undefined
  readonly #hosts: MarketHost[] = []
  #sequencer: Sequencer

  private constructor(desk: Desk) {
    this.desk = desk
    this.#sequencer = desk.sequencer
  }

  /** `a1` has 500 ACME on the market and `a2` 50,000.00 EUR; `m1` has 2,000.00 EUR of collateral, at 20, 15 and 10 percent. */
  static async open(options: Partial<WorldOptions> = {}): Promise<Floor> {
    const desk = await Desk.open(2, options)
    const floor = new Floor(desk)
    await desk.done('exchange.account.open', {
      account: 'm1',
      participant: 'broker-1',
      kind: 'margin',
      capacity: 'client',
    })
    await desk.fund('m1')
    await floor.limits({})
    const market = 'ACME-EUR'
    await desk.done('exchange.position.deposit', { account: 'a1', market, quantity: '500', price: '100.00' })
    await desk.done('exchange.buying-power.allocate', { account: 'a2', market, amount: '50000.00' })
    await floor.collateral('2000.00')
    await desk.settle()
    await floor.look()
    return floor
  }

  get world() {
    return this.desk.world
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.stop()
    await this.desk.close()
  }

  /** Another process runs the market from here on, and has carried out what waits. */
  async takeOver(): Promise<void> {
    const host = createHost(this.world, { silentMs: -1 })
    this.#hosts.push(host)
    this.#sequencer = await runBy(host, this.desk.market)
    await this.carryOut()
  }

  async carryOut(): Promise<void> {
    this.#sequencer.nudge()
    await this.#sequencer.submit(tick({ time: 0 }))
  }

  /** Of the margin account; what is not named is generous. */
  async limits(limits: Record<string, unknown>): Promise<void> {
    const all = {
      permissions: ['buy', 'sell', 'short_sale'],
      max_order_quantity: '1000',
      max_order_value: '1000000.00',
      max_position: '1000000',
      locate: '1000000',
      initial_margin_ppm: 200_000,
      maintenance_margin_ppm: 150_000,
      liquidation_margin_ppm: 100_000,
      ...limits,
    }
    await this.desk.done(
      'exchange.account.limits.set',
      { account: 'm1', market: 'ACME-EUR', limits: all },
      'test',
    )
    await this.carryOut()
  }

  async collateral(amount: string): Promise<void> {
    await this.desk.done('exchange.buying-power.allocate', { account: 'm1', market: 'ACME-EUR', amount })
    await this.carryOut()
  }

  /** The margin account buys from `a1`. */
  async buys(quantity: number, price: number): Promise<void> {
    await this.trade(seller, margin, quantity, price)
  }

  async trade(from: number, to: number, quantity: number, price: number): Promise<void> {
    await this.order(from, 'sell', quantity, price)
    await this.order(to, 'buy', quantity, price)
  }

  /** Gives the engine's reason; 0: taken. */
  async order(
    account: number,
    side: 'buy' | 'sell',
    quantity: number,
    price: number,
    more: { readonly short?: boolean } = {},
  ): Promise<number> {
    const order = enterOrder({ time: 0, account, side, quantity, price, ...more })
    return (await this.#sequencer.submit(order)).records[answer.reason] ?? -1
  }

  async mark(price: string): Promise<void> {
    await this.desk.done('exchange.market.mark', { market: 'ACME-EUR', price })
    await this.carryOut()
  }

  async phase(phase: string): Promise<void> {
    await this.desk.done('exchange.market.phase', { market: 'ACME-EUR', phase }, 'test')
    await this.carryOut()
  }

  async endOfDay(): Promise<void> {
    await this.#sequencer.submit(endOfDay({ time: 0 }))
  }

  async set(kind: 'marking' | 'liquidation' | 'breaker', policy: Record<string, unknown>): Promise<void> {
    await this.desk.done(`exchange.${kind}.set`, { market: 'ACME-EUR', ...policy }, 'test')
  }

  /** Looks at the market until there is nothing left to read; gives the sums. */
  async look(): Promise<Look> {
    const sum = { commands: 0, states: 0, calls: 0, orders: 0, phases: 0, marks: 0 }
    for (;;) {
      const look = await this.lookOnce()
      for (const name of ['commands', 'states', 'calls', 'orders', 'phases', 'marks'] as const)
        sum[name] += look[name]
      await this.carryOut()
      // The tick that carries out is a command, too.
      if (look.commands <= 1 && look.orders + look.phases + look.marks + look.calls === 0) return sum
    }
  }

  private async lookOnce(): Promise<Look> {
    const { database } = this.world
    database.interceptor = this.interceptor?.()
    const look = await this.desk.done('exchange.market.supervise', { market: 'ACME-EUR' })
    database.interceptor = undefined
    return look as unknown as Look
  }

  position(account = margin) {
    const held = this.#sequencer.engine.position(account)
    if (held === undefined) throw new Error('There is no risk')
    return held
  }

  async list<T = Record<string, unknown>>(
    what: 'margin-call' | 'liquidation' | 'halt' | 'account.state' | 'order',
    input: Record<string, unknown> = {},
  ): Promise<T[]> {
    const answer = await this.world.ask(`exchange.${what}.list`, { market: 'ACME-EUR', ...input })
    return (answer as { items: T[] }).items
  }

  /** The last mark that was set, in ticks. */
  async marked(): Promise<number | null | undefined> {
    const [row] = await this.world.database.query<{ mark: number | null }>(
      'SELECT mark FROM exchange.watches',
    )
    return row?.mark
  }

  advance(ms: number): void {
    this.world.clock.advance(ms)
  }
}
