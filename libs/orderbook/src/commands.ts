import {
  type accountSetting,
  accountSetting as accountSettings,
  commandType,
  command as field,
  type marketSetting,
  marketSetting as marketSettings,
  noPrice,
  type phase,
  phase as phases,
  side as sides,
  words as wordCount,
} from './layout.ts'
import { encodeTerms, type OrderTerms, type OrderType, type Side } from './order-terms.ts'
import { writeWide } from './wide.ts'

/*
 * Commands as people and JSON write them, and their words. Prices are ticks, quantities lots, values ticks x lots, times
 * microseconds since 1970; all integers. An encoder refuses what the words can't hold; what a market does not allow is the
 * market's own answer.
 */

interface Timed {
  /** Microseconds since 1970. */
  readonly time: number
}

interface FromAccount extends Timed {
  /** 0, the default, is the operator. */
  readonly account?: number
  readonly session?: number
}

export type EnterOrder = Timed &
  Partial<Omit<OrderTerms, 'side' | 'type'>> & {
    readonly account: number
    readonly session?: number
    readonly side: Side
    readonly quantity: number
    /** Stop price; of a trailing stop its distance. */
    readonly stop?: number
    /** Lots of an iceberg that are shown at a time. */
    readonly display?: number
    readonly minimum?: number
    /** From 1 to 2^53 − 1. */
    readonly clientId?: number
    /** Seconds since 1970, for `timeInForce: 'goodTillDate'`. */
    readonly expiry?: number
  } & (
    | {
        /** `limit` is the default. */
        readonly type?: Exclude<OrderType, 'market'>
        /** Of a trailing stop: how far beyond its stop it may trade. */
        readonly price: number
      }
    | {
        readonly type: 'market'
        /** Protection. */
        readonly price?: number
      }
  )

/** An order by its number and slot as its answer told them, or by its client id. */
export interface OrderReference extends FromAccount {
  readonly order?: number
  readonly slot?: number
  readonly clientId?: number
}

export interface AmendOrder extends OrderReference {
  readonly price: number
  /** The new total: what was executed included. */
  readonly quantity: number
  readonly stop?: number
}

export interface MassCancel extends FromAccount {
  /** Both where absent. */
  readonly side?: Side
}

export interface Kill extends FromAccount {
  readonly on: boolean
  /** Remove the orders that are there, too. */
  readonly cancel?: boolean
}

export interface AdjustPosition extends FromAccount {
  readonly side: Side
  readonly quantity: number
  readonly price: number
  /** Sell what open orders to sell need, too. */
  readonly forced?: boolean
}

/** A reference for the uncross; without it the market's. */
export interface WithReference extends Timed {
  readonly price?: number
}

export type Command =
  | ({ readonly command: 'enter' } & EnterOrder)
  | ({ readonly command: 'amend' } & AmendOrder)
  | ({ readonly command: 'cancel' } & OrderReference)
  | ({ readonly command: 'massCancel' } & MassCancel)
  | ({ readonly command: 'phase'; readonly phase: keyof typeof phase } & WithReference)
  | ({ readonly command: 'reference'; readonly price: number } & Timed)
  | ({
      readonly command: 'set'
      readonly setting: keyof typeof marketSetting
      readonly value: number
    } & Timed)
  | ({ readonly command: 'indicate' } & WithReference)
  | ({ readonly command: 'tick' } & Timed)
  | ({ readonly command: 'endOfDay' } & Timed)
  | ({
      readonly command: 'account'
      readonly account: number
      readonly setting: keyof typeof accountSetting
      readonly value: number
    } & Timed)
  | ({ readonly command: 'mark'; readonly price: number } & Timed)
  | ({ readonly command: 'kill' } & Kill)
  | ({ readonly command: 'adjust' } & AdjustPosition)

type Fields<Name extends Command['command']> = Omit<Extract<Command, { command: Name }>, 'command'>

export const enterOrder = (order: EnterOrder): Int32Array => encodeCommand({ command: 'enter', ...order })
export const amendOrder = (order: AmendOrder): Int32Array => encodeCommand({ command: 'amend', ...order })
export const cancelOrder = (order: OrderReference): Int32Array =>
  encodeCommand({ command: 'cancel', ...order })
export const massCancel = (which: MassCancel): Int32Array =>
  encodeCommand({ command: 'massCancel', ...which })
export const changePhase = (to: Fields<'phase'>): Int32Array => encodeCommand({ command: 'phase', ...to })
export const setReference = (to: Fields<'reference'>): Int32Array =>
  encodeCommand({ command: 'reference', ...to })
export const setMarket = (to: Fields<'set'>): Int32Array => encodeCommand({ command: 'set', ...to })
export const indicate = (to: WithReference): Int32Array => encodeCommand({ command: 'indicate', ...to })
export const tick = (to: Timed): Int32Array => encodeCommand({ command: 'tick', ...to })
export const endOfDay = (to: Timed): Int32Array => encodeCommand({ command: 'endOfDay', ...to })
export const setAccount = (to: Fields<'account'>): Int32Array => encodeCommand({ command: 'account', ...to })
export const setMark = (to: Fields<'mark'>): Int32Array => encodeCommand({ command: 'mark', ...to })
export const kill = (which: Kill): Int32Array => encodeCommand({ command: 'kill', ...which })
export const adjustPosition = (to: AdjustPosition): Int32Array => encodeCommand({ command: 'adjust', ...to })

/** A field of a command that its words can't hold. `field` is its name. */
export class CommandError extends RangeError {
  readonly field: string

  constructor(field: string, message: string) {
    super(`${field}: ${message}`)
    this.name = 'CommandError'
    this.field = field
  }
}

/**
 * Writes the 16 words of a command from `offset` on and returns `target`. Throws {@link CommandError} for what is not an
 * integer or too large for its words.
 */
export function encodeCommand(
  command: Command,
  target: Int32Array = new Int32Array(wordCount),
  offset = 0,
): Int32Array {
  const to = target.subarray(offset, offset + wordCount)
  if (to.length < wordCount)
    throw new RangeError(`${wordCount} words do not fit at ${offset} of ${target.length}`)
  to.fill(0)
  to[field.type] = commandType[command.command]
  wide(to, field.timeLow, field.timeHigh, 'time', command.time, 0)
  writeFields(to, command)
  return target
}

function writeFields(to: Int32Array, command: Command): void {
  switch (command.command) {
    case 'enter':
      writeEntry(to, command)
      break
    case 'amend':
      writeReference(to, command)
      put(to, field.price, 'price', command.price)
      put(to, field.quantity, 'quantity', command.quantity)
      put(to, field.stop, 'stop', command.stop ?? 0)
      break
    case 'cancel':
      writeReference(to, command)
      break
    case 'massCancel':
      writeSender(to, command)
      put(to, field.flags, 'side', command.side === undefined ? 0 : sides[command.side] + 1)
      break
    case 'phase':
      put(to, field.flags, 'phase', phases[command.phase])
      put(to, field.price, 'price', command.price ?? noPrice)
      break
    case 'indicate':
      put(to, field.price, 'price', command.price ?? noPrice)
      break
    case 'reference':
    case 'mark':
      put(to, field.price, 'price', command.price)
      break
    case 'set':
      put(to, field.flags, 'setting', marketSettings[command.setting])
      put(to, field.quantity, 'value', command.value)
      break
    case 'account':
      writeSender(to, command)
      put(to, field.flags, 'setting', accountSettings[command.setting])
      wide(to, field.clientLow, field.clientHigh, 'value', command.value, Number.MIN_SAFE_INTEGER)
      break
    case 'kill':
      writeSender(to, command)
      put(to, field.flags, 'on', (command.on ? 1 : 0) | (command.cancel === true ? 2 : 0))
      break
    case 'adjust':
      writeSender(to, command)
      put(to, field.flags, 'side', sides[command.side] | (command.forced === true ? 2 : 0))
      put(to, field.quantity, 'quantity', command.quantity)
      put(to, field.price, 'price', command.price)
      break
    case 'tick':
    case 'endOfDay':
      break
  }
}

function writeEntry(to: Int32Array, order: EnterOrder): void {
  writeSender(to, order)
  to[field.flags] = encodeTerms({
    side: order.side,
    type: order.type ?? 'limit',
    timeInForce: order.timeInForce ?? (order.type === 'market' ? 'immediate' : 'day'),
    selfTrade: order.selfTrade ?? 'allow',
    selfTradeScope: order.selfTradeScope ?? 'account',
    postOnly: order.postOnly ?? 'no',
    short: order.short ?? false,
  })
  put(to, field.price, 'price', order.price ?? noPrice)
  put(to, field.quantity, 'quantity', order.quantity)
  put(to, field.stop, 'stop', order.stop ?? 0)
  put(to, field.display, 'display', order.display ?? 0)
  put(to, field.minimum, 'minimum', order.minimum ?? 0)
  wide(to, field.clientLow, field.clientHigh, 'clientId', order.clientId ?? 0, 0)
  unsigned(to, field.expiry, 'expiry', order.expiry ?? 0)
}

function writeReference(to: Int32Array, reference: OrderReference): void {
  writeSender(to, reference)
  put(to, field.order, 'order', reference.order ?? 0)
  put(to, field.slot, 'slot', reference.slot ?? 0)
  wide(to, field.clientLow, field.clientHigh, 'clientId', reference.clientId ?? 0, 0)
}

function writeSender(to: Int32Array, from: { readonly account?: number; readonly session?: number }): void {
  put(to, field.account, 'account', from.account ?? 0)
  put(to, field.session, 'session', from.session ?? 0)
}

function put(to: Int32Array, at: number, name: string, value: number): void {
  integer(name, value, -0x8000_0000, 0x7fff_ffff)
  to[at] = value
}

function unsigned(to: Int32Array, at: number, name: string, value: number): void {
  integer(name, value, 0, 0xffff_ffff)
  to[at] = value
}

function wide(to: Int32Array, low: number, high: number, name: string, value: number, least: number): void {
  integer(name, value, least, Number.MAX_SAFE_INTEGER)
  writeWide(to, low, high, value)
}

function integer(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new CommandError(name, `must be an integer from ${least} to ${most}`)
}
