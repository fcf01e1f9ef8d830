import fc from 'fast-check'
import { expect, test } from 'vitest'
import { highestRate, tierFor, tiersFault } from '../src/domain/fees.ts'
import { instantOf, isZone, localDay } from '../src/domain/local-time.ts'
import { marketChoice } from '../src/domain/market-choice.ts'
import { actionsOf, dueSteps, type ScheduleStep, scheduleFault } from '../src/domain/schedule.ts'
import { limitSettings, marketSettings, settingValue } from '../src/domain/settings.ts'
import {
  lotsOf,
  minorOf,
  moneyOf,
  priceOf,
  quantityOf,
  ticksOf,
  unitsOf,
  wholeValueOf,
} from '../src/domain/units.ts'
import { microsecondClock } from '../src/sequencer/clock.ts'

const exponents = { instrument: 0, quote: 2 }
const units = unitsOf('0.05', '10', exponents)
if (typeof units === 'string') throw new Error(units)
const acme = units

test('a tick of a lot is worth whole minor units, or there is no market', () => {
  expect(acme).toMatchObject({ tickValue: 50n, lotUnits: 10n })
  expect(unitsOf('0.001', '1', exponents)).toMatch(/not a whole number of the quote/)
  expect(unitsOf('0.001', '10', exponents)).toMatchObject({ tickValue: 1n })
  expect(unitsOf('0', '10', exponents)).toMatch(/tick 0 is not above zero/)
  expect(unitsOf('1', '0', exponents)).toMatch(/lot 0 is not/)
  expect(unitsOf('1', '0.5', exponents)).toMatch(/lot 0.5 is not/)
  // a token of 6 decimals in lots of 0.01, in yen
  expect(unitsOf('100', '0.01', { instrument: 6, quote: 0 })).toMatchObject({
    tickValue: 1n,
    lotUnits: 10_000n,
  })
})

test('prices and quantities become ticks and lots and come back; what does not fit is told', () => {
  expect(ticksOf(acme, '100.05')).toBe(2001)
  expect(ticksOf(acme, '100.04')).toBeUndefined()
  expect(ticksOf(acme, '100.050')).toBe(2001)
  expect(lotsOf(acme, '25')).toBeUndefined()
  expect(lotsOf(acme, '999999999999999')).toBeUndefined()
  expect(wholeValueOf(acme, '1.29')).toBe(2)
  expect(wholeValueOf(acme, '1.295')).toBeUndefined()
  expect(moneyOf(acme, 3)).toBe('1.50')
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      (ticks, lots) => {
        expect(ticksOf(acme, priceOf(acme, ticks))).toBe(ticks)
        expect(lotsOf(acme, quantityOf(acme, lots))).toBe(lots)
        expect(minorOf(acme, BigInt(ticks) * BigInt(lots))).toBe(BigInt(ticks) * BigInt(lots) * 50n)
      },
    ),
  )
})

test('settings are counted as the engine counts them', () => {
  expect(settingValue(acme, 'collar', limitSettings.collar, '1.00')).toBe(20)
  expect(settingValue(acme, 'max_position', limitSettings.max_position, '100')).toBe(10)
  expect(settingValue(acme, 'daily_loss', limitSettings.daily_loss, '10.20')).toBe(20)
  expect(settingValue(acme, 'reduce_only', limitSettings.reduce_only, true)).toBe(1)
  expect(settingValue(acme, 'price_step', marketSettings.price_step, '0')).toMatch(/outside/)
  expect(settingValue(acme, 'collar', limitSettings.collar, '0.01')).toMatch(/does not fit/)
})

test('fee tiers begin at 0, rise, and never pay more than they take', () => {
  const tier = (from: bigint, makerPpm = 1, takerPpm = 2) => ({ from, makerPpm, takerPpm })
  expect(tiersFault([tier(0n), tier(5n, -1, 1)])).toBeUndefined()
  expect(tiersFault([tier(1n)])).toMatch(/begin at 0/)
  expect(tiersFault([tier(0n), tier(0n)])).toMatch(/Tier 2/)
  expect(tiersFault([tier(0n, -3, 2)])).toMatch(/pays more/)
  const schedule = { version: 1, tiers: [tier(0n), tier(5n, -1, 1)], minimum: 0n }
  expect([0n, 4n, 5n, 6n].map((traded) => tierFor(schedule, traded).from)).toEqual([0n, 0n, 5n, 5n])
  expect(highestRate(schedule)).toBe(2)
  expect(highestRate({ tiers: [tier(0n, -5, 0)] })).toBe(0)
})

test('local times are what clocks on the wall show, also where they change', () => {
  const at = (day: string, time: string, zone = 'Europe/Berlin') =>
    new Date(instantOf(zone, day, time)).toISOString()
  expect(at('2026-01-15', '09:00')).toBe('2026-01-15T08:00:00.000Z')
  expect(at('2026-07-15', '09:00:30')).toBe('2026-07-15T07:00:30.000Z')
  // 02:30 is left out on the last Sunday of March and comes twice on that of October
  expect(at('2026-03-29', '02:30')).toBe('2026-03-29T01:30:00.000Z')
  expect(at('2026-10-25', '02:30')).toBe('2026-10-25T00:30:00.000Z')
  expect(at('2026-03-29', '09:00')).toBe('2026-03-29T07:00:00.000Z')
  expect(at('2026-03-08', '09:30', 'America/New_York')).toBe('2026-03-08T13:30:00.000Z')
  expect(at('2026-06-01', '00:00', 'Pacific/Auckland')).toBe('2026-05-31T12:00:00.000Z')
  expect(localDay('Pacific/Auckland', Date.parse('2026-05-31T12:00:00Z'))).toBe('2026-06-01')
  expect(isZone('Europe/Atlantis')).toBe(false)
})

const day: readonly ScheduleStep[] = [
  { at: '08:50', phase: 'opening_auction', end_of_day: false },
  { at: '09:00', phase: 'continuous', end_of_day: false },
  { at: '17:30', phase: 'closing_auction', end_of_day: false },
  { at: '17:35', phase: 'closed', end_of_day: true },
]
const schedule = { zone: 'Europe/Berlin', steps: day }
const always = () => true
const t = (text: string) => Date.parse(text)

test('steps are due once, in order, on business days only', () => {
  const due = (after: string, upTo: string, isOpen: (day: string) => boolean = always) =>
    dueSteps(schedule, isOpen, t(after), t(upTo)).map(({ instant }) =>
      new Date(instant).toISOString().slice(5, 16),
    )
  expect(due('2026-02-02T07:50:00Z', '2026-02-02T08:00:00Z')).toEqual(['02-02T08:00'])
  expect(due('2026-02-02T07:49:59.999Z', '2026-02-02T08:00:00Z')).toEqual(['02-02T07:50', '02-02T08:00'])
  expect(due('2026-02-02T08:00:00Z', '2026-02-02T16:29:59Z')).toEqual([])
  expect(due('2026-02-02T16:30:00Z', '2026-02-03T07:50:00Z')).toEqual(['02-02T16:35', '02-03T07:50'])
  expect(
    due('2026-01-30T17:00:00Z', '2026-02-02T08:00:00Z', (d) => d !== '2026-01-31' && d !== '2026-02-01'),
  ).toEqual(['02-02T07:50', '02-02T08:00'])
})

test('whoever asks often sees every step that one sees who asks seldom', () => {
  const from = t('2026-03-27T00:00:00Z')
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 * 3_600_000 }), { minLength: 1, maxLength: 6 }),
      (pauses) => {
        let now = from
        const seen: number[] = []
        for (const pause of pauses) {
          seen.push(...dueSteps(schedule, always, now, now + pause).map(({ instant }) => instant))
          now += pause
        }
        expect(seen).toEqual(dueSteps(schedule, always, from, now).map(({ instant }) => instant))
      },
    ),
  )
})

test('of missed phases the last one counts, and a day that ended meanwhile ends', () => {
  const actions = (after: string, upTo: string) => actionsOf(dueSteps(schedule, always, t(after), t(upTo)))
  expect(actions('2026-02-02T08:00:00Z', '2026-02-02T09:00:00Z')).toEqual([])
  expect(actions('2026-02-02T07:00:00Z', '2026-02-02T07:50:00Z')).toEqual([{ phase: 'opening_auction' }])
  expect(actions('2026-02-02T16:30:00Z', '2026-02-02T16:35:00Z')).toEqual([
    { phase: 'closed' },
    { endOfDay: true },
  ])
  expect(actions('2026-02-02T08:00:00Z', '2026-02-05T08:30:00Z')).toEqual([
    { endOfDay: true },
    { phase: 'continuous' },
  ])
})

test('a schedule that contradicts itself is refused', () => {
  expect(scheduleFault(schedule)).toBeUndefined()
  expect(scheduleFault({ ...schedule, zone: 'Mars/Olympus' })).toMatch(/no time zone/)
  expect(scheduleFault({ ...schedule, steps: [...day].reverse() })).toMatch(/comes after/)
  const twice = { at: '18:00', phase: 'closed', end_of_day: true } as const
  expect(scheduleFault({ ...schedule, steps: [...day, twice] })).toMatch(/ends once/)
})

test('microseconds stay within the clock’s millisecond and follow it back', () => {
  let ms = 1_000
  let elapsed = 0
  const clock = microsecondClock({ now: () => ms }, () => elapsed, 'test')
  expect(clock.now()).toBe(1_000_000)
  elapsed += 250
  expect(clock.now()).toBe(1_000_250)
  elapsed += 5_000
  expect(clock.now()).toBe(1_000_999)
  ms += 1
  elapsed += 1
  expect(clock.now()).toBe(1_001_000)
  ms -= 500
  expect(clock.now()).toBe(501_999)
})

test('markets are chosen by their codes, or by how they begin', () => {
  const chosen = (...patterns: string[]) => ['ACME-EUR', 'ACME-USD', 'BTC-EUR'].filter(marketChoice(patterns))
  expect(chosen('*')).toEqual(['ACME-EUR', 'ACME-USD', 'BTC-EUR'])
  expect(chosen('ACME-*')).toEqual(['ACME-EUR', 'ACME-USD'])
  expect(chosen('ACME-USD', 'BTC-EUR')).toEqual(['ACME-USD', 'BTC-EUR'])
  expect(chosen('ACME')).toEqual([])
})
