import type { World, WorldOptions } from '@florin/kernel/testing'
import { command, enterOrder, words } from '@florin/orderbook'
import type { MarketRecord, Sequencer } from '../../src/index.ts'
import type { MarketHost } from '../../src/sequencer/host.ts'
import { acme, admitAll, createHost, createMarket, runBy } from '../lib/market.ts'

/** A market with its sequencer, accounts that have money, and orders by hand. */
export class Desk {
  readonly world: World
  readonly market: MarketRecord
  readonly host: MarketHost
  readonly sequencer: Sequencer

  private constructor(world: World, market: MarketRecord, host: MarketHost, sequencer: Sequencer) {
    this.world = world
    this.market = market
    this.host = host
    this.sequencer = sequencer
  }

  /** Each of `accounts` has 100,000.00 EUR and 1,000 ACME on its trading account; nothing is on the market yet. */
  static async open(accounts = 2, options: Partial<WorldOptions> = {}): Promise<Desk> {
    const world = await createMarket(accounts, options)
    await world.done('ledger.chart.set', {
      ledger: 'demo',
      templates: [...(await templates(world)), ...outside],
    })
    for (let i = 1; i <= accounts; i++) await fund(world, `a${i}`)
    await admitAll(world, accounts)
    const market = await acme(world)
    const host = createHost(world)
    const desk = new Desk(world, market, host, await runBy(host, market))
    await desk.settle()
    return desk
  }

  async close(): Promise<void> {
    await this.host.stop()
    await this.world.close()
  }

  /** Waits until the inbox is carried out, then settles up to the end; gives the sums. */
  async settle(): Promise<{ trades: number; forced: number; refused: number }> {
    await this.carryOut()
    const sums = { trades: 0, forced: 0, refused: 0 }
    for (;;) {
      const answer = (await this.world.done('exchange.fills.settle', { market: 'ACME-EUR' })) as {
        commands: number
      } & typeof sums
      if (answer.commands === 0) return sums
      sums.trades += answer.trades
      sums.forced += answer.forced
      sums.refused += answer.refused
    }
  }

  /** Carries out everything that waits in the inbox. */
  async carryOut(): Promise<void> {
    this.sequencer.nudge()
    // A submission goes behind what waits in the inbox.
    const tick = new Int32Array(words)
    tick[command.type] = 9
    await this.sequencer.submit(tick)
  }

  async trade(seller: number, buyer: number, quantity: number, price: number): Promise<void> {
    await this.order(seller, 'sell', quantity, price)
    await this.order(buyer, 'buy', quantity, price)
  }

  async order(
    account: number,
    side: 'buy' | 'sell',
    quantity: number,
    price: number,
    more: { readonly short?: boolean } = {},
  ): Promise<number> {
    const order = enterOrder({ time: 0, account, side, quantity, price, ...more })
    const results = await this.sequencer.submit(order)
    return results.records[5] ?? -1
  }

  /** Total and reserved of an account in the ledger, decimal. */
  async balance(address: string, asset = 'EUR'): Promise<{ total: string; reserved: string }> {
    const { balances } = (await this.world.ask('ledger.balance.get', {
      ledger: 'demo',
      address,
      asset,
    })) as { balances: { total: string; reserved: string }[] }
    const { total = 'none', reserved = 'none' } = balances[0] ?? {}
    return { total, reserved }
  }

  /** What an account holds on the market, in the ledger. */
  async position(account: string): Promise<string> {
    return (await this.balance(`exchange:ACME-EUR:${account}:position`, 'ACME')).total
  }

  async fund(account: string): Promise<void> {
    await fund(this.world, account)
  }

  async limits(account: string, limits: Record<string, unknown>): Promise<void> {
    await this.done('exchange.account.limits.set', { account, market: 'ACME-EUR', limits }, 'test')
    await this.carryOut()
  }

  async settlements(): Promise<SeenSettlement[]> {
    const answer = (await this.world.ask('exchange.settlement.list', { market: 'ACME-EUR' })) as {
      items: SeenSettlement[]
    }
    return answer.items
  }

  /** The code with which a command is refused; undefined if it is done. */
  async refusal(name: string, input: Record<string, unknown>, reason = 'test'): Promise<string | undefined> {
    const answer = await this.world.execute(name, input, { reason })
    return answer.status === 'refused' ? answer.refusal.code : undefined
  }

  async events(type: string): Promise<{ subject: string; data: Record<string, unknown> }[]> {
    const answer = (await this.world.ask('kernel.event.list', { type })) as {
      items: { subject: string; data: Record<string, unknown> }[]
    }
    return answer.items
  }

  async done(
    name: string,
    input: Record<string, unknown>,
    reason?: string,
  ): Promise<Record<string, unknown>> {
    return (await this.world.done(name, input, reason === undefined ? {} : { reason })) as Record<
      string,
      unknown
    >
  }
}

interface SeenSettlement {
  readonly trade: string
  readonly transaction: string
  readonly status: string
  readonly buyer_fee: string
  readonly seller_fee: string
  readonly traded_at: string
  readonly due: string
  readonly settled_at: string | null
}

const outside = [
  { address: 'bank:main', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  { address: 'vault:{instrument}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
]

async function templates(world: World): Promise<readonly unknown[]> {
  const chart = (await world.ask('ledger.chart.get', { ledger: 'demo' })) as { templates: readonly unknown[] }
  return chart.templates
}

async function fund(world: World, account: string): Promise<void> {
  await world.done('exchange.account.fund', {
    account,
    ledger: 'demo',
    items: [
      { address: 'bank:main', amount: '100000.00', asset: 'EUR' },
      { address: 'vault:acme', amount: '1000', asset: 'ACME' },
    ],
  })
}
