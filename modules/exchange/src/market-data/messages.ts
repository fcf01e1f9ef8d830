import { type Static, Type } from 'typebox'
import { messageReader } from '../gateway/message-reader.ts'
import { MarketCode, strict } from '../schemas.ts'

const common = {
  ref: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  market: MarketCode,
  channel: Type.Enum(['levels', 'orders', 'top', 'trades']),
}
const message = {
  subscribe: strict({
    type: Type.Literal('subscribe'),
    ...common,
    depth: Type.Optional(
      Type.Enum([1, 5, 10, 25, 50, 100], { description: 'Of `levels`: so many of each side; all if absent' }),
    ),
    units: Type.Optional(Type.Enum(['decimal', 'ticks'], { description: '`decimal` if absent' })),
  }),
  unsubscribe: strict({ type: Type.Literal('unsubscribe'), ...common }),
}
export type Subscribe = Static<typeof message.subscribe>
export type Unsubscribe = Static<typeof message.unsubscribe>
export const readMessage = messageReader(message)
