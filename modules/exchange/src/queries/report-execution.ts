import { defineQuery } from '@florin/kernel'
import { Type } from 'typebox'
import { executionQuality } from '../records/execution-quality.ts'
import { MarketCode, strict } from '../schemas.ts'
import { findMarket } from '../store/markets.ts'
import { dayCounts } from '../store/order-day.ts'
import { executionsBetween } from '../store/order-records.ts'
import { Day, dayInput, dayOf } from './days.ts'

const maybe = (description: string) => Type.Union([Type.String(), Type.Null()], { description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

export const reportExecution = defineQuery({
  name: 'exchange.report.execution',
  summary: 'Show the quality of execution on a market on a day',
  description:
    'For members’ best execution policies; not the report of MiFID II RTS 27. As traded: trades that were bust or corrected later count as they were made. Averages are rounded half-even, with four decimals more than the tick.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/reports/execution' },
  input: strict({ market: MarketCode, day: dayInput }),
  output: strict(
    {
      market: MarketCode,
      day: Day,
      trades: count('Trades'),
      quantity: Type.String({ description: 'Traded, units of the instrument' }),
      value: Type.String({ description: 'Traded, in the quote' }),
      simple_average_price: maybe('Of all trades alike; null: there were none'),
      volume_weighted_average_price: maybe('Value over quantity'),
      highest_price: maybe('Of a trade'),
      lowest_price: maybe('Of a trade'),
      orders_received: count('Accepted'),
      orders_refused: count('Refused at entry'),
      orders_changed: count('Changes by members'),
      orders_cancelled: count('Cancellations by members and by the market'),
      orders_expired: count('Expirations'),
      orders_executed: count('Orders received on the day that traded on it'),
      likelihood_of_execution: maybe('orders_executed over orders_received'),
      share_of_quantity_executed: maybe('Of what these orders asked for'),
      average_effective_spread: maybe(
        'Twice the distance of executions from the middle of the best prices before them, weighted by quantity',
      ),
      average_time_to_first_fill_us: maybe('Of orders_executed, microseconds'),
    },
    { title: 'ExecutionQuality' },
  ),
  permission: 'exchange.report.execution',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const { day, from_us, until_us } = dayOf(view, input.day)
    const executions = await executionsBetween(view.db, market.id, from_us, until_us)
    const counts = await dayCounts(view.db, market.id, from_us, until_us)
    return { market: market.code, day, ...executionQuality(market, executions, counts) }
  },
})
