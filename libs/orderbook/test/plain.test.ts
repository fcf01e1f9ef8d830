import { expect, test } from 'vitest'
import { command, commandType, Engine, recordKind, timeInForce, words } from '../src/index.ts'
import { Generator, NaiveMarket, profiles, Random } from '../src/testing/index.ts'

const { immediate } = timeInForce

/** Amended upwards, an order with a display becomes an iceberg: amends are left out here. */
const withoutAmends = (sent: Int32Array): Int32Array =>
  sent[command.type] === commandType.amend ? sent.with(command.type, commandType.tick) : sent

const isPlain = (sent: Int32Array): boolean => {
  const flags = sent[command.flags] ?? 0
  const optional = [command.display, command.stop, command.expiry, command.minimum]
  return (
    sent[command.type] === commandType.enter &&
    ((flags >> 1) & 7) === 0 &&
    ((flags >> 4) & 7) < immediate &&
    ((flags >> 11) & 3) === 0 &&
    optional.every((place) => sent[place] === 0)
  )
}

/** A display of the whole quantity means nothing, and is not plain. */
const theLongWay = (sent: Int32Array): Int32Array =>
  isPlain(sent) ? sent.with(command.display, sent[command.quantity] ?? 0) : sent

test.each(profiles.map((profile) => [profile.name, profile] as const))(
  '%s: an order makes the same records on the short way and on the long one',
  (_, profile) => {
    let rested = 0
    for (let seed = 1; seed <= 4; seed++) {
      const naive = new NaiveMarket(profile.config)
      const generator = new Generator(new Random(seed), profile, naive)
      const short = new Engine(profile.config)
      const long = new Engine(profile.config)
      for (let step = 0; step < 600; step++) {
        const sent = withoutAmends(generator.next().words)
        naive.apply(sent, 0)
        const count = short.apply(sent, 0)
        expect(long.apply(theLongWay(sent), 0)).toBe(count)
        const records = short.records.subarray(0, count * words)
        expect(long.records.subarray(0, count * words)).toEqual(records)
        if (isPlain(sent) && records[words] === recordKind.rested) rested++
      }
    }
    expect(rested).toBeGreaterThan(0)
  },
)
