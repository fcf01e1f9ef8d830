import type { SocketRoute } from '@florin/kernel'
import { OrderSession } from './order-session.ts'
import type { Rate } from './throttle.ts'

const defaultRate: Rate = { perSecond: 5_000, burst: 10_000 }

/** Order entry, and watching it: JSON messages, an answer to each, and everything that happens to the accounts. */
export function orderEntryRoute(rate: Rate = defaultRate): SocketRoute {
  return {
    name: 'exchange.order-entry.connect',
    summary: 'Enter orders, and be told what happens to them',
    path: '/v1/exchange/order-entry',
    permission: 'exchange.order-entry.connect',
    limits: { messageBytes: 64 * 1_024, bufferedBytes: 4 * 1_024 * 1_024, perCaller: 100 },
    open: (connection, tools) => new OrderSession(connection, tools, rate),
  }
}
