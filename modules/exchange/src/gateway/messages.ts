import { type Static, Type } from 'typebox'
import { AccountCode, MarketCode, SessionCode, strict } from '../schemas.ts'
import { amendInput, cancelInput, massCancelInput, orderInput } from '../wire/orders.ts'
import { messageReader } from './message-reader.ts'

/** The client's own number of a message: each greater than the one before. */
const Ref = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const Resume = Type.Record(MarketCode, Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), {
  description: 'By market: the last command that the client knows of; what came since is told first',
})
const Markets = Type.Array(MarketCode, { minItems: 1, maxItems: 100, uniqueItems: true })

const message = {
  login: strict({
    type: Type.Literal('login'),
    ref: Ref,
    session: SessionCode,
    markets: Markets,
    grace_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60_000,
        description:
          'A lost connection may be made again within so long before orders are cancelled; 0 if absent',
      }),
    ),
    resume: Type.Optional(Resume),
  }),
  watch: strict({
    type: Type.Literal('watch'),
    ref: Ref,
    accounts: Type.Union([Type.Literal('all'), Type.Array(AccountCode, { minItems: 1, maxItems: 1_000 })]),
    markets: Markets,
    resume: Type.Optional(Resume),
  }),
  enter: strict({ type: Type.Literal('enter'), ref: Ref, market: MarketCode, ...withType(orderInput) }),
  amend: strict({ type: Type.Literal('amend'), ref: Ref, market: MarketCode, ...amendInput }),
  cancel: strict({ type: Type.Literal('cancel'), ref: Ref, market: MarketCode, ...cancelInput }),
  cancel_all: strict({
    type: Type.Literal('cancel_all'),
    ref: Ref,
    market: MarketCode,
    ...massCancelInput,
  }),
  cancel_session: strict({ type: Type.Literal('cancel_session'), ref: Ref, market: MarketCode }),
  logout: strict({ type: Type.Literal('logout'), ref: Ref }),
}

/** `type` is the message's own: the order's is `order_type` here. */
function withType({ type, ...rest }: typeof orderInput) {
  return { ...rest, order_type: type }
}

export type Login = Static<typeof message.login>
export type Watch = Static<typeof message.watch>
export type OrderMessage = Static<
  | typeof message.enter
  | typeof message.amend
  | typeof message.cancel
  | typeof message.cancel_all
  | typeof message.cancel_session
>
export type ClientMessage = Login | Watch | OrderMessage | Static<typeof message.logout>

export const readMessage = messageReader(message)
