import { type Command, command, commandType, decodeRecords, Engine, encodeCommand } from '@florin/orderbook'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventWriter } from '../../src/records/event-writer.ts'
import type { OrderEvent, RecordedOrder } from '../../src/records/order-event.ts'
import { type Passage, Transcript } from '../../src/records/transcript.ts'

const side = fc.constantFrom('buy', 'sell')
const account = fc.integer({ min: 1, max: 3 })
const price = fc.integer({ min: 95, max: 105 })
const quantity = fc.integer({ min: 1, max: 20 })
const time = 0
const selfTrade = fc.constantFrom('allow', 'cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement')

const limit = fc.record({
  command: fc.constant('enter'),
  time: fc.integer({ min: 0, max: 40_000_000 }),
  account,
  side,
  price,
  quantity,
  display: fc.constantFrom(0, 0, 3),
  selfTrade,
  timeInForce: fc.constantFrom('day', 'goodTillCancelled'),
  postOnly: fc.constantFrom('no', 'no', 'reject', 'reprice'),
})
const dated = fc.record({
  command: fc.constant('enter'),
  time: fc.integer({ min: 0, max: 20_000_000 }),
  account,
  side,
  price,
  quantity,
  timeInForce: fc.constant('goodTillDate'),
  expiry: fc.integer({ min: 21, max: 40 }),
})
const immediate = fc.record({
  command: fc.constant('enter'),
  time: fc.constant(time),
  account,
  side,
  price,
  quantity,
  selfTrade,
  timeInForce: fc.constantFrom('immediate', 'fillOrKill'),
})
const stop = fc.record({
  command: fc.constant('enter'),
  time: fc.constant(time),
  account,
  side,
  type: fc.constantFrom('stop', 'stopLimit', 'trailingStop'),
  price,
  stop: fc.oneof(price, fc.integer({ min: 1, max: 4 })),
  quantity,
})
/** Of an order that may live by now: one of the first, with slots as they are given out. */
const meant = { order: fc.integer({ min: 1, max: 25 }), slot: fc.integer({ min: 1, max: 12 }) }
const amend = fc.record({
  command: fc.constant('amend'),
  time: fc.constant(time),
  account: fc.constant(0),
  ...meant,
  price,
  quantity,
  stop: price,
})
const cancel = fc.record({
  command: fc.constant('cancel'),
  time: fc.constant(time),
  account: fc.constant(0),
  ...meant,
})
const massCancel = fc.record({
  command: fc.constant('massCancel'),
  time: fc.constant(time),
  account: fc.integer({ min: 0, max: 3 }),
})
const phase = fc.record({
  command: fc.constant('phase'),
  time: fc.constant(time),
  phase: fc.constantFrom('continuous', 'openingAuction', 'halted', 'closed'),
})
const other = fc.constantFrom<Command>(
  { command: 'endOfDay', time },
  { command: 'indicate', time },
  { command: 'set', time, setting: 'dynamicRange', value: 3 },
)

const session = fc.array(
  fc.oneof(
    { arbitrary: limit, weight: 12 },
    { arbitrary: immediate, weight: 4 },
    { arbitrary: stop, weight: 4 },
    { arbitrary: amend, weight: 5 },
    { arbitrary: cancel, weight: 3 },
    { arbitrary: dated, weight: 2 },
    massCancel,
    phase,
    other,
  ),
  { minLength: 1, maxLength: 60 },
)

/** Whatever the generator makes is a command, if not one that a market takes. */
function wordsOf(spec: object): Int32Array {
  return encodeCommand({ time, ...spec } as Command)
}

function transcriptOf(specs: readonly object[]): Passage[] {
  const engine = new Engine({
    lowestPrice: 1,
    highestPrice: 200,
    orders: 40,
    accounts: 3,
    sessions: 1,
    clientIds: 1,
    largestPosition: 10_000,
    risk: false,
    digest: false,
  })
  const transcript = new Transcript()
  const visit = transcript.begin(engine)
  const commands = [{ command: 'phase', phase: 'continuous' }, ...specs].map(wordsOf)
  for (const [i, one] of commands.entries()) {
    const count = engine.apply(one, 0)
    visit(i + 1, one, 0, engine.records, count)
  }
  return transcript.passages
}

function eventsOf(passages: readonly Passage[], known: ReadonlyMap<number, RecordedOrder> = new Map()) {
  const writer = new EventWriter(known)
  for (const passage of passages) writer.write(passage)
  return writer.events
}

/** Counted apart, from the records alone. */
function expectedCount({ command: own, records, count }: Passage): number {
  const [answer, ...rest] = decodeRecords(records, count)
  if (answer?.kind !== 'answer') throw new Error('no answer')
  const type = own[command.type]
  const changes = type === commandType.amend || type === commandType.cancel
  let events = type === commandType.enter || (changes && answer.reason !== 'none') ? 1 : 0
  for (const record of rest) {
    if (record.kind === 'trade') events += 2
    if (record.kind === 'prevented')
      events += (record.makerRemoved > 0 ? 1 : 0) + (record.takerRemoved > 0 ? 1 : 0)
    if (['refreshed', 'reduced', 'removed', 'triggered'].includes(record.kind)) events++
  }
  return events
}

test('every record of the engine is in the events, none twice', () => {
  fc.assert(
    fc.property(session, (specs) => {
      const passages = transcriptOf(specs)
      const events = eventsOf(passages)
      for (const passage of passages)
        expect(events.filter(({ seq }) => seq === passage.seq).length).toBe(expectedCount(passage))
    }),
    { numRuns: 300 },
  )
})

test('lots are conserved through the life of every order', () => {
  fc.assert(
    fc.property(session, (specs) => {
      const lives = Map.groupBy(
        eventsOf(transcriptOf(specs)).filter(({ orderId }) => orderId !== null),
        ({ orderId }) => orderId,
      )
      for (const life of lives.values()) {
        expect(life[0]?.event).toMatch(/NEWO/)
        let gone = 0
        for (const event of life) {
          if (event.execution === null && !['REME', 'REMO'].includes(event.event)) gone += event.lots
          if (event.event === 'REME') gone = event.initial - event.executed - event.leaves
          expect(event.executed + event.leaves + gone).toBe(event.initial)
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('it does not matter where reading stopped and went on', () => {
  fc.assert(
    fc.property(session, fc.nat(60), (specs, cut) => {
      const passages = transcriptOf(specs)
      const whole = eventsOf(passages)
      const first = eventsOf(passages.slice(0, cut))
      // What is known of an order afterwards is its last event.
      const known = new Map<number, RecordedOrder>()
      for (const event of first) if (event.orderId !== null) known.set(event.orderId, orderOf(event))
      expect([...first, ...eventsOf(passages.slice(cut), known)]).toEqual(whole)
    }),
    { numRuns: 300 },
  )
})

function orderOf(event: OrderEvent): RecordedOrder {
  const { seq: _, place: __, event: ___, at_us: ____, lots: _____, execution: ______, ...rest } = event
  const { phase: _______, reason: ________, ...order } = rest
  return order
}
