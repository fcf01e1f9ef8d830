import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountState,
  accountStateBit,
  answer,
  auctionRecord,
  commandType,
  decodeRecord,
  decodeRecords,
  encodeTerms,
  noPrice,
  orderRecord,
  phase,
  phaseRecord,
  place,
  prevented,
  reason,
  recordKind,
  side,
  trade,
  words,
  writeWide,
} from '../src/index.ts'

const int = fc.integer({ min: -0x7fff_ffff, max: 0x7fff_ffff })

/** Words of a record from its layout: each field by its name there. */
function wordsOf(
  kind: keyof typeof recordKind,
  layout: Record<string, number>,
  values: Record<string, number>,
) {
  const record = new Int32Array(words)
  record[0] = recordKind[kind]
  for (const [name, value] of Object.entries(values)) {
    const at = layout[name]
    if (at !== undefined) record[at] = value
    else writeWide(record, layout[`${name}Low`] ?? -1, layout[`${name}High`] ?? -1, value)
  }
  return record
}

const numbers = <T extends string>(...names: T[]) => {
  const fields: Record<string, fc.Arbitrary<number>> = {}
  for (const name of names) fields[name] = int
  return fc.record(fields)
}

const sides = [
  'price',
  'makerOrder',
  'makerSlot',
  'makerAccount',
  'makerLeaves',
  'makerDisplayed',
  'takerOrder',
  'takerSlot',
  'takerAccount',
  'takerLeaves',
]

describe('records as people read them', () => {
  it('tells every word of an answer', () => {
    const values = numbers('count', 'order', 'slot', 'account', 'session', 'flags', 'price', 'quantity')
    const wide = fc.record({ sequence: fc.maxSafeNat(), time: fc.maxSafeNat() })
    fc.assert(
      fc.property(values, wide, (values, wide) => {
        const codes = { type: commandType.massCancel, reason: reason.throttled }
        const read = decodeRecord(wordsOf('answer', answer, { ...values, ...wide, ...codes }))
        expect(read).toEqual({
          kind: 'answer',
          command: 'massCancel',
          reason: 'throttled',
          ...values,
          ...wide,
        })
      }),
    )
  })

  it('has no name for a command that has none, and no price for none', () => {
    const read = decodeRecord(
      wordsOf('answer', answer, { type: 99, reason: reason.unknownCommand, price: noPrice }),
    )
    expect(read).toMatchObject({ command: undefined, reason: 'unknownCommand', price: null })
  })

  it('tells every word of a trade and of what was prevented', () => {
    fc.assert(
      fc.property(numbers(...sides, 'number', 'quantity', 'takerDisplayed'), (values) => {
        const read = decodeRecord(wordsOf('trade', trade, { ...values, side: side.sell }))
        expect(read).toEqual({ kind: 'trade', side: 'sell', ...values })
      }),
    )
    fc.assert(
      fc.property(numbers(...sides, 'makerRemoved', 'takerRemoved'), (values) => {
        const read = decodeRecord(wordsOf('prevented', prevented, { ...values, mode: 4, side: side.buy }))
        expect(read).toEqual({ kind: 'prevented', mode: 'decrement', side: 'buy', ...values })
      }),
    )
    expect(decodeRecord(wordsOf('trade', trade, { side: 2 }))).toMatchObject({ side: 'auction' })
  })

  it.each(['rested', 'refreshed', 'reduced', 'removed', 'held', 'triggered'] as const)(
    'tells every word of %s',
    (kind) => {
      const names = [
        'order',
        'slot',
        'account',
        'price',
        'leaves',
        'displayed',
        'session',
        'stop',
        'reducedBy',
      ]
      const terms = {
        side: 'sell',
        type: 'limit',
        timeInForce: 'day',
        selfTrade: 'cancelBoth',
        selfTradeScope: 'group',
        postOnly: 'reprice',
        short: true,
      } as const
      fc.assert(
        fc.property(numbers(...names), (values) => {
          const codes = { flags: encodeTerms(terms), reason: reason.expired, place: place.stops }
          const read = decodeRecord(wordsOf(kind, orderRecord, { ...values, ...codes }))
          expect(read).toEqual({ kind, terms, reason: 'expired', place: 'stops', ...values })
        }),
      )
    },
  )

  it('tells phases, auctions, limit states and states of accounts', () => {
    const phases = { phase: phase.volatilityAuction, previous: phase.continuous, cause: 1 }
    const auction = { price: 5, volume: 2 ** 40, surplus: 2 ** 33 + 1, surplusSide: 1 }
    const nothing = { price: noPrice, volume: 0, surplus: 0, surplusSide: 2 }
    const states = {
      account: 9,
      state: accountStateBit.halted | accountStateBit.marginCall,
      previous: accountStateBit.reduceOnly | accountStateBit.liquidation,
      cause: reason.dailyLoss,
      equity: -(2 ** 49),
    }
    const given = [
      wordsOf('phase', phaseRecord, phases),
      wordsOf('uncrossed', auctionRecord, auction),
      wordsOf('indicative', auctionRecord, nothing),
      wordsOf('limitState', { state: 1 }, { state: 2 }),
      wordsOf('accountState', accountState, states),
    ]
    const all = new Int32Array(given.flatMap((record) => [...record]))
    expect(decodeRecords(all, given.length)).toEqual([
      { kind: 'phase', phase: 'volatilityAuction', previous: 'continuous', cause: 'dynamicBand' },
      { kind: 'uncrossed', price: 5, volume: 2 ** 40, surplus: 2 ** 33 + 1, surplusSide: 'sell' },
      { kind: 'indicative', price: null, volume: 0, surplus: 0, surplusSide: 'none' },
      { kind: 'limitState', state: 'down' },
      {
        kind: 'accountState',
        account: 9,
        state: { halted: true, reduceOnly: false, marginCall: true, liquidation: false },
        previous: { halted: false, reduceOnly: true, marginCall: false, liquidation: true },
        cause: 'dailyLoss',
        equity: -(2 ** 49),
      },
    ])
  })

  it('refuses words that are no record', () => {
    expect(() => decodeRecord(new Int32Array(words))).toThrow(RangeError)
    expect(() => decodeRecord(wordsOf('rested', orderRecord, { flags: -1 }))).toThrow(RangeError)
    expect(() => decodeRecords(wordsOf('trade', trade, {}), 2)).toThrow(RangeError)
  })
})
