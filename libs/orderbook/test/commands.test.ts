import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountSetting,
  amendOrder,
  type Command,
  CommandError,
  cancelOrder,
  command,
  commandType,
  decodeCommand,
  decodeTerms,
  encodeCommand,
  encodeTerms,
  enterOrder,
  kill,
  marketSetting,
  massCancel,
  noPrice,
  orderFlags,
  orderType,
  phase,
  postOnly,
  readWide,
  selfTrade,
  setAccount,
  side,
  timeInForce,
  words,
  writeWide,
} from '../src/index.ts'

const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
// what stands for "absent" is left out when a command is read again
const present = int.filter((value) => value !== 0 && value !== noPrice)
const time = fc.maxSafeNat()
const oneOf = <T extends object>(names: T) => fc.constantFrom(...keysOf(names))
const keysOf = <T extends object>(names: T): (keyof T & string)[] => {
  const keys: (keyof T & string)[] = []
  for (const key in names) keys.push(key)
  return keys
}
const optional = <T>(fields: { [name in keyof T]: fc.Arbitrary<T[name]> }) =>
  fc.record(fields, { requiredKeys: [] })
const clientId = fc
  .maxSafeNat()
  .map((id) => id + 1)
  .filter(Number.isSafeInteger)
const sender = optional({ account: present, session: present })
const reference = fc
  .tuple(sender, optional({ order: present, slot: present, clientId }))
  .map(([from, which]) => ({ ...from, ...which }))

const terms = fc.record({
  side: oneOf(side),
  type: oneOf(orderType),
  timeInForce: oneOf(timeInForce),
  selfTrade: oneOf(selfTrade),
  selfTradeScope: fc.constantFrom('account' as const, 'group' as const),
  postOnly: oneOf(postOnly),
  short: fc.boolean(),
})

const entry = fc
  .record({
    terms,
    required: fc.record({ account: int, quantity: int, price: int }),
    rest: optional({
      session: present,
      stop: present,
      display: present,
      minimum: present,
      clientId,
      expiry: fc.integer({ min: 1, max: 0xffff_ffff }),
    }),
    time,
  })
  .map(
    ({ terms, required, rest, time }): Command => ({
      command: 'enter',
      ...terms,
      ...required,
      ...rest,
      time,
    }),
  )

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  entry,
  fc
    .tuple(reference, fc.record({ price: int, quantity: int, time }), optional({ stop: present }))
    .map(([which, to, stop]): Command => ({ command: 'amend', ...which, ...to, ...stop })),
  fc.tuple(reference, time).map(([which, time]): Command => ({ command: 'cancel', ...which, time })),
  fc
    .tuple(sender, optional({ side: oneOf(side) }), time)
    .map(([from, side, time]): Command => ({ command: 'massCancel', ...from, ...side, time })),
  fc
    .tuple(oneOf(phase), optional({ price: present }), time)
    .map(([phase, price, time]): Command => ({ command: 'phase', phase, ...price, time })),
  fc
    .tuple(optional({ price: present }), time)
    .map(([price, time]): Command => ({ command: 'indicate', ...price, time })),
  fc
    .tuple(fc.constantFrom('reference' as const, 'mark' as const), int, time)
    .map(([command, price, time]): Command => ({ command, price, time })),
  fc
    .tuple(oneOf(marketSetting), int, time)
    .map(([setting, value, time]): Command => ({ command: 'set', setting, value, time })),
  fc
    .tuple(present, oneOf(accountSetting), fc.maxSafeInteger(), time)
    .map(
      ([account, setting, value, time]): Command => ({ command: 'account', account, setting, value, time }),
    ),
  fc
    .tuple(sender, fc.boolean(), optional({ cancel: fc.constant(true) }), time)
    .map(([from, on, cancel, time]): Command => ({ command: 'kill', ...from, on, ...cancel, time })),
  fc
    .tuple(
      sender,
      fc.record({ side: oneOf(side), quantity: int, price: int, time }),
      optional({ forced: fc.constant(true) }),
    )
    .map(([from, what, forced]): Command => ({ command: 'adjust', ...from, ...what, ...forced })),
  fc
    .tuple(fc.constantFrom('tick' as const, 'endOfDay' as const), time)
    .map(([command, time]): Command => ({ command, time })),
)

describe('commands and their words', () => {
  it('says the same again, whatever the command, wherever it is written', () => {
    fc.assert(
      fc.property(anyCommand, fc.nat({ max: 3 }), (written, before) => {
        const target = new Int32Array((before + 2) * words).fill(-1)
        encodeCommand(written, target, before * words)
        const read = decodeCommand(target, before * words)
        expect(read.command).toBe(written.command)
        if (read.command === 'raw') return
        // what is at its default is left out, so the words are compared, and then every field that was told
        expect(encodeCommand(read)).toEqual(encodeCommand(written))
        expect(written).toMatchObject(read)
        expect(target.subarray(0, before * words).every((word) => word === -1)).toBe(true)
        expect(target.subarray((before + 1) * words).every((word) => word === -1)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('loses no word of anything', () => {
    const near = fc.tuple(
      fc.integer({ min: 0, max: 16 }),
      fc.array(fc.oneof(fc.integer({ min: -2, max: 3 }), int), { minLength: 15, maxLength: 15 }),
    )
    fc.assert(
      fc.property(near, ([type, rest]) => {
        const given = Int32Array.of(type, ...rest)
        const read = decodeCommand(given)
        expect(read.command === 'raw' ? Int32Array.from(read.words) : encodeCommand(read)).toEqual(given)
      }),
      { numRuns: 2000 },
    )
  })

  it('puts an order where the layout says', () => {
    const given = enterOrder({
      account: 7,
      session: 3,
      side: 'sell',
      type: 'stopLimit',
      timeInForce: 'goodTillDate',
      selfTrade: 'decrement',
      selfTradeScope: 'group',
      short: true,
      price: -5,
      quantity: 100,
      stop: -4,
      display: 10,
      minimum: 0,
      clientId: 2 ** 40 + 5,
      expiry: 0xf000_0000,
      time: 2 ** 33 + 1,
    })
    const expected = new Int32Array(words)
    expected[command.type] = commandType.enter
    expected[command.account] = 7
    expected[command.session] = 3
    expected[command.flags] = 1 | (3 << 1) | (2 << 4) | (4 << 7) | (1 << 10) | (1 << 13)
    expected[command.price] = -5
    expected[command.quantity] = 100
    expected[command.stop] = -4
    expected[command.display] = 10
    expected[command.clientLow] = 5
    expected[command.clientHigh] = 2 ** 8
    expected[command.expiry] = 0xf000_0000 | 0
    expected[command.timeLow] = 1
    expected[command.timeHigh] = 2
    expect(given).toEqual(expected)
  })

  it('enters a limit order for the day, a market order at once', () => {
    const limit = enterOrder({ account: 1, side: 'buy', price: 1, quantity: 1, time: 0 })
    const market = enterOrder({ account: 1, side: 'buy', type: 'market', quantity: 1, time: 0 })
    expect(decodeTerms(limit[command.flags] ?? -1)).toMatchObject({ type: 'limit', timeInForce: 'day' })
    expect(decodeTerms(market[command.flags] ?? -1)).toMatchObject({
      type: 'market',
      timeInForce: 'immediate',
    })
    expect(market[command.price]).toBe(noPrice)
  })

  it('names the side of a mass cancel and what a kill switch does', () => {
    expect(massCancel({ time: 0 })[command.flags]).toBe(0)
    expect(massCancel({ side: 'buy', time: 0 })[command.flags]).toBe(1)
    expect(massCancel({ side: 'sell', time: 0 })[command.flags]).toBe(2)
    expect(kill({ on: true, cancel: true, time: 0 })[command.flags]).toBe(3)
    expect(kill({ on: false, time: 0 })[command.flags]).toBe(0)
  })

  it.each([
    ['price', () => enterOrder({ account: 1, side: 'buy', price: 1.5, quantity: 1, time: 0 })],
    ['price', () => enterOrder({ account: 1, side: 'buy', price: 2 ** 31, quantity: 1, time: 0 })],
    ['quantity', () => amendOrder({ order: 1, slot: 1, price: 1, quantity: Number.NaN, time: 0 })],
    ['account', () => cancelOrder({ account: -(2 ** 31) - 1, order: 1, slot: 1, time: 0 })],
    ['clientId', () => cancelOrder({ account: 1, clientId: -1, time: 0 })],
    ['clientId', () => cancelOrder({ account: 1, clientId: 2 ** 53, time: 0 })],
    [
      'expiry',
      () => enterOrder({ account: 1, side: 'buy', price: 1, quantity: 1, expiry: 2 ** 32, time: 0 }),
    ],
    ['time', () => massCancel({ time: -1 })],
    ['value', () => setAccount({ account: 1, setting: 'cash', value: -(2 ** 53), time: 0 })],
  ])('refuses a %s that the words can not hold', (field, run) => {
    expect(run).toThrow(CommandError)
    expect(run).toThrow(expect.objectContaining({ field }))
  })

  it('does not write or read beyond the end', () => {
    expect(() => encodeCommand({ command: 'tick', time: 0 }, new Int32Array(words), 1)).toThrow(RangeError)
    expect(() => decodeCommand(new Int32Array(words), 1)).toThrow(RangeError)
  })
})

describe('the parts of words', () => {
  it('holds every term of an order in the bits of the layout', () => {
    fc.assert(
      fc.property(terms, (given) => {
        expect(decodeTerms(encodeTerms(given))).toEqual(given)
      }),
    )
    const bits = Object.values(orderFlags).reduce((sum, part) => sum + part.bits, 0)
    for (let flags = 0; flags < 1 << (bits + 1); flags++) {
      const read = decodeTerms(flags)
      if (read !== undefined && encodeTerms(read) !== flags) expect.fail(`${flags} changes`)
    }
    expect(decodeTerms(1 << bits)).toBeUndefined()
    expect(decodeTerms(-1)).toBeUndefined()
  })

  it('holds numbers of 53 bits in two words', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const two = new Int32Array(2)
        writeWide(two, 0, 1, value)
        expect(readWide(two, 0, 1)).toBe(value)
      }),
    )
  })
})
