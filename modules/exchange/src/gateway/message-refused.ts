import { Refusal, RequestError } from '@florin/kernel'
import { OrderFault } from '../domain/order-words.ts'
import { MarketLost, type Sequencer } from '../sequencer/sequencer.ts'
import type { Login, Watch } from './messages.ts'

/** Why a message was refused; the connection goes on. */
export class MessageRefused extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** What a message is told that failed like this; undefined: it is a fault. */
export function refusalOf(error: unknown): MessageRefused | undefined {
  if (error instanceof MessageRefused) return error
  if (error instanceof OrderFault || error instanceof Refusal || error instanceof RequestError)
    return new MessageRefused(error.code, error.message)
  if (!(error instanceof MarketLost)) return undefined
  return error.unknown
    ? new MessageRefused('exchange_outcome_unknown', 'Whether it was carried out is known after a resume')
    : new MessageRefused('exchange_market_elsewhere', error.message)
}

export function throttled(): MessageRefused {
  return new MessageRefused('exchange_session_throttled', 'Too many messages; this one was not looked at')
}

export function refuseStrayResume({ markets, resume = {} }: Login | Watch): void {
  for (const code of Object.keys(resume))
    if (!markets.includes(code))
      throw new MessageRefused('invalid_input', `resume names ${code}, which is not among the markets`)
}

/** A client that knows of more than there is was told by another exchange: what it missed can't be said. */
export function refuseFuture({ market, engine }: Sequencer, known: number | undefined): void {
  if (known !== undefined && known > engine.sequence)
    throw new MessageRefused(
      'invalid_input',
      `resume says that ${market.code} has come to ${known}; it has come to ${engine.sequence}`,
    )
}

export function elsewhere(market: string, address: string | undefined): MessageRefused {
  return new MessageRefused(
    'exchange_market_elsewhere',
    address === undefined
      ? `${market} is run by no process at present`
      : `${market} is run by the process that answers on ${address}`,
    { market, address: address ?? null },
  )
}
