import { type Command, type EnterOrder, encodeCommand, type OrderReference } from './commands.ts'
import {
  accountSetting,
  commandType,
  command as field,
  marketSetting,
  noPrice,
  phase,
  words as wordCount,
} from './layout.ts'
import { namesOf } from './names.ts'
import { decodeTerms, type OrderTerms, type Side, sideNames } from './order-terms.ts'
import { readWide, word } from './wide.ts'

const commandNames = namesOf(commandType)
const phaseNames = namesOf(phase)
const marketSettingNames = namesOf(marketSetting)
const accountSettingNames = namesOf(accountSetting)

/** Words that no encoder writes: a market may get them from elsewhere, and answers them. */
export interface RawCommand {
  readonly command: 'raw'
  readonly words: readonly number[]
}

/**
 * The command whose words begin at `offset`, without what is at its default. Nothing is lost: where encoding the result would
 * not give the very words again, they are told as they are.
 */
export function decodeCommand(commands: Int32Array, offset = 0): Command | RawCommand {
  const words = commands.subarray(offset, offset + wordCount)
  if (words.length < wordCount)
    throw new RangeError(`no ${wordCount} words at ${offset} of ${commands.length}`)
  const command = named(words)
  return command !== undefined && encodes(command, words) ? command : { command: 'raw', words: [...words] }
}

function encodes(command: Command, words: Int32Array): boolean {
  const time = readWide(words, field.timeLow, field.timeHigh)
  if (!Number.isSafeInteger(time) || time < 0) return false
  const client = readWide(words, field.clientLow, field.clientHigh)
  if (!Number.isSafeInteger(client) || (client < 0 && command.command !== 'account')) return false
  return encodeCommand(command).every((value, at) => value === words[at])
}

function named(words: Int32Array): Command | undefined {
  const time = readWide(words, field.timeLow, field.timeHigh)
  const flags = word(words, field.flags)
  const price = word(words, field.price)
  const quantity = word(words, field.quantity)
  const command = commandNames.of(word(words, field.type))
  switch (command) {
    case 'enter': {
      const terms = decodeTerms(flags)
      const order = terms && entry(words, terms, time)
      return order && { command, ...order }
    }
    case 'amend':
      return {
        command,
        ...reference(words, time),
        price,
        quantity,
        ...given('stop', word(words, field.stop)),
      }
    case 'cancel':
      return { command, ...reference(words, time) }
    case 'massCancel': {
      const side = sideNames.of(flags - 1)
      return { command, ...sender(words), ...(side && { side }), time }
    }
    case 'phase': {
      const to = phaseNames.of(flags)
      return to && { command, phase: to, ...priced(price), time }
    }
    case 'indicate':
      return { command, ...priced(price), time }
    case 'reference':
    case 'mark':
      return { command, price, time }
    case 'set': {
      const setting = marketSettingNames.of(flags)
      return setting && { command, setting, value: quantity, time }
    }
    case 'account': {
      const setting = accountSettingNames.of(flags)
      const value = readWide(words, field.clientLow, field.clientHigh)
      return setting && { command, account: word(words, field.account), setting, value, time }
    }
    case 'kill':
      return { command, ...sender(words), on: (flags & 1) === 1, ...marked('cancel', flags), time }
    case 'adjust': {
      const side: Side = sideNames.known(flags & 1)
      return { command, ...sender(words), side, quantity, price, ...marked('forced', flags), time }
    }
    case 'tick':
    case 'endOfDay':
      return { command, time }
    case undefined:
      return undefined
  }
}

function entry(words: Int32Array, terms: OrderTerms, time: number): EnterOrder | undefined {
  const { type, side, timeInForce, selfTrade, selfTradeScope, postOnly, short } = terms
  const price = word(words, field.price)
  const common = {
    account: word(words, field.account),
    ...given('session', word(words, field.session)),
    side,
    quantity: word(words, field.quantity),
    ...(timeInForce !== (type === 'market' ? 'immediate' : 'day') && { timeInForce }),
    ...(selfTrade !== 'allow' && { selfTrade }),
    ...(selfTradeScope !== 'account' && { selfTradeScope }),
    ...(postOnly !== 'no' && { postOnly }),
    ...(short && { short }),
    ...given('stop', word(words, field.stop)),
    ...given('display', word(words, field.display)),
    ...given('minimum', word(words, field.minimum)),
    ...given('clientId', readWide(words, field.clientLow, field.clientHigh)),
    ...given('expiry', word(words, field.expiry) >>> 0),
    time,
  }
  if (type === 'market') return { type, ...priced(price), ...common }
  return type === 'limit' ? { price, ...common } : { type, price, ...common }
}

function reference(words: Int32Array, time: number): OrderReference {
  return {
    ...sender(words),
    ...given('order', word(words, field.order)),
    ...given('slot', word(words, field.slot)),
    ...given('clientId', readWide(words, field.clientLow, field.clientHigh)),
    time,
  }
}

function sender(words: Int32Array): { account?: number; session?: number } {
  return { ...given('account', word(words, field.account)), ...given('session', word(words, field.session)) }
}

function priced(price: number): { price?: number } {
  return price === noPrice ? {} : { price }
}

function given<Name extends string>(name: Name, value: number): { [name in Name]?: number } {
  const present: { [name in Name]?: number } = {}
  if (value !== 0) Object.assign(present, { [name]: value })
  return present
}

function marked<Name extends string>(name: Name, flags: number): { [name in Name]?: true } {
  const present: { [name in Name]?: true } = {}
  if ((flags & 2) !== 0) Object.assign(present, { [name]: true })
  return present
}
