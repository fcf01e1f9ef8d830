import { accountStateBit, command, decodeRecords, words } from '@florin/orderbook'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Follower } from '../../src/index.ts'
import { buyer, Floor, margin, seller } from './floor.ts'

const price = fc.integer({ min: 8_000, max: 11_500 })
const lots = fc.integer({ min: 1, max: 60 })
const side = fc.constantFrom('buy', 'sell')

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('trade'), price, lots: fc.integer({ min: 1, max: 10 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('order'), side, price, lots }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('depth'), side, price, lots }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mark'), price }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('look') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('collateral') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('switch'), on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('phase'), to: fc.constantFrom('continuous', 'closing_auction') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take over') }) },
)

type Action = {
  readonly do: string
  readonly side?: 'buy' | 'sell'
  readonly price?: number
  readonly lots?: number
  readonly ms?: number
  readonly on?: boolean
  readonly to?: string
}

async function happen(floor: Floor, one: Action): Promise<unknown> {
  const { side: way = 'buy', price: at = 10_000, lots: count = 1 } = one
  switch (one.do) {
    case 'trade':
      return floor.trade(seller, buyer, count, at)
    case 'order':
      return floor.order(margin, way, count, at, { short: way === 'sell' })
    case 'depth':
      return floor.order(way === 'buy' ? buyer : seller, way, count, at)
    case 'mark':
      return floor.mark(`${Math.floor(at / 100)}.${String(at % 100).padStart(2, '0')}`)
    case 'wait':
      return floor.advance(one.ms ?? 0)
    case 'collateral':
      return floor.collateral('300.00')
    case 'switch':
      return floor.set('liquidation', { ...act, enabled: one.on ?? true })
    case 'phase':
      return floor.phase(one.to ?? 'continuous')
    case 'take over':
      return floor.takeOver()
    default:
      return floor.look()
  }
}

const act = { enabled: true, call_s: 2, slippage: '3.00', interval_ms: 1_000 }

/** What the journal says, read from its first command. */
async function journal(floor: Floor) {
  const follower = Follower.fromStart(floor.desk.market)
  const states: unknown[] = []
  const positions = new Map<number, { before: number; after: number }>()
  const orders = new Map<number, { quantity: number; price: number }>()
  let before = 0
  await follower.read(floor.world.database, 1_000_000, (seq, commands, offset, records, count) => {
    for (const record of decodeRecords(records, count))
      if (record.kind === 'accountState') states.push([seq, record.account, record.equity])
    const after = follower.engine.position(margin)?.position ?? 0
    positions.set(seq, { before, after })
    const asked = commands.subarray(offset, offset + words)
    orders.set(seq, { quantity: asked[command.quantity] ?? 0, price: asked[command.price] ?? 0 })
    before = after
  })
  return { states, positions, orders, engine: follower.engine }
}

test('whatever happens, supervision has told what the journal says, and closes no more than there is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 45 }), async (happened) => {
      const floor = await Floor.open()
      try {
        await floor.set('liquidation', act)
        await floor.buys(90, 10_000)
        await floor.order(buyer, 'buy', 20, 8_500)
        await floor.mark('86.00')
        await floor.look()
        for (const one of happened) await happen(floor, one as Action)
        await floor.look()
        const { states, positions, orders, engine } = await journal(floor)
        const { database } = floor.world
        const told = await database.query<{ seq: bigint; account_id: bigint; equity: bigint }>(
          'SELECT seq, account_id, equity FROM exchange.account_states ORDER BY seq, account_id',
        )
        expect(told.map((row) => [row.seq, row.account_id, row.equity].map(Number))).toEqual(states)

        const bits = accountStateBit.marginCall | accountStateBit.liquidation
        const isCalled = ((engine.position(margin)?.state ?? 0) & bits) !== 0
        expect(await floor.list('margin-call', { open: true })).toHaveLength(isCalled ? 1 : 0)

        const closing = await database.query<{
          seq: bigint
          quantity: number
          price: number
          executed: number
        }>('SELECT seq, quantity, price, executed FROM exchange.liquidation_orders ORDER BY seq')
        for (const { seq, quantity, price: limit, executed } of closing) {
          expect(orders.get(Number(seq))).toEqual({ quantity, price: limit })
          const { before = 0, after = 0 } = positions.get(Number(seq)) ?? {}
          expect(Math.abs(before) - Math.abs(after)).toBe(executed)
          expect(before * after).toBeGreaterThanOrEqual(0)
        }
        expect(closing.length).toBeGreaterThan(0)
        const again = await floor.look()
        expect(again).toMatchObject({ states: 0, calls: 0, orders: 0 })
      } finally {
        await floor.close()
      }
    }),
    { numRuns: 4 },
  )
})
