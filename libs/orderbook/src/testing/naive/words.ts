import { command, orderFlags } from '../../layout.ts'

/** The words of a command by their names. */
export type Words = Record<keyof typeof command, number>

export const readWords = (commands: Int32Array, offset: number): Words => {
  const word = (name: keyof typeof command): number => commands[offset + command[name]] ?? 0
  return {
    type: word('type'),
    account: word('account'),
    session: word('session'),
    flags: word('flags'),
    price: word('price'),
    quantity: word('quantity'),
    stop: word('stop'),
    display: word('display'),
    minimum: word('minimum'),
    clientLow: word('clientLow'),
    clientHigh: word('clientHigh'),
    expiry: word('expiry') >>> 0,
    order: word('order'),
    slot: word('slot'),
    timeLow: word('timeLow'),
    timeHigh: word('timeHigh'),
  }
}

/** The number of 53 bits in two words, which may be beyond what is exact. */
export const join = (low: number, high: number): number => high * 2 ** 32 + (low >>> 0)
export const lowWord = (value: number): number => value | 0
export const highWord = (value: number): number => Math.floor(value / 2 ** 32)

const knownBits = 14

export interface OrderFlags {
  readonly side: number
  readonly type: number
  readonly timeInForce: number
  readonly selfTrade: number
  readonly byGroup: boolean
  readonly postOnly: number
  readonly short: boolean
  readonly unknownBits: boolean
}

export const readFlags = (flags: number): OrderFlags => {
  const part = (name: keyof typeof orderFlags): number =>
    (flags >>> orderFlags[name].shift) % 2 ** orderFlags[name].bits
  return {
    side: part('side'),
    type: part('type'),
    timeInForce: part('timeInForce'),
    selfTrade: part('selfTrade'),
    byGroup: part('selfTradeScope') === 1,
    postOnly: part('postOnly'),
    short: part('short') === 1,
    unknownBits: flags >>> knownBits !== 0,
  }
}
