import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { command, decodeRecords, Engine, orderRecord, reason, recordKind, words } from '../src/index.ts'
import {
  compare,
  Generator,
  type MakeSubject,
  NaiveMarket,
  type Profile,
  profiles,
  Random,
  RestartingEngine,
  recordsOf,
  viewOfEngine,
} from '../src/testing/index.ts'

/** Of all profiles together; FLORIN_ORACLE asks for more. */
const commands = Number(process.env.FLORIN_ORACLE ?? 200_000)
const lengthOfSequence = 2000
const sequences = Math.ceil(commands / lengthOfSequence / profiles.length)

// the same in a check of somebody's change, new ones at every run by hand; a failure tells its seed
const firstSeed = process.env.CI ? 1 : randomInt(2 ** 31)
const enoughMs = 300_000 + commands

const engine: MakeSubject = (config) => {
  const market = new Engine(config)
  return { market, view: viewOfEngine(market) }
}

const restartingEngine: MakeSubject = (config) => {
  const market = new RestartingEngine(config, 23)
  return {
    market,
    get view() {
      return market.view
    },
  }
}

/** Plays generated commands to the naive market; returns the words of all of them. */
const generate = (profile: Profile, seed: number, count: number, market: NaiveMarket): Int32Array[] => {
  const generator = new Generator(new Random(seed), profile, market)
  return Array.from({ length: count }, () => {
    const { words: list } = generator.next()
    market.apply(list, 0)
    return list
  })
}

describe.each(profiles)('the engine in $name', (profile) => {
  it('makes the records of the oracle and keeps the invariants', { timeout: enoughMs }, () => {
    for (let seed = firstSeed; seed < firstSeed + sequences; seed += 1) {
      const difference = compare(profile, seed, lengthOfSequence, engine)
      expect(difference, difference).toBeUndefined()
    }
  })

  it('goes on like before after it was restored from its bytes', () => {
    const difference = compare(profile, firstSeed, 1000, restartingEngine)
    expect(difference, difference).toBeUndefined()
  })

  it('has the same digests after the same commands, and another one after others', () => {
    const list = generate(profile, firstSeed, 500, new NaiveMarket(profile.config))
    const digestsAfter = (sequence: readonly Int32Array[]): string[] => {
      const market = new Engine(profile.config)
      for (const one of sequence) market.apply(one, 0)
      return [market.digest(), market.stateDigest()]
    }
    const digests = digestsAfter(list)
    expect(digestsAfter(list)).toEqual(digests)
    const last = list.at(-1) ?? new Int32Array(words)
    const changed = list.with(-1, last.with(command.timeLow, (last[command.timeLow] ?? 0) ^ 1))
    expect(digestsAfter(changed)[0]).not.toBe(digests[0])
  })
})

describe('the generated commands', () => {
  it('meet every kind of record and every reason', () => {
    const kinds = new Set<string>()
    const reasons = new Set<string>()
    for (const profile of profiles) {
      for (let seed = 1; seed <= 6; seed += 1) {
        const market = new NaiveMarket(profile.config)
        const generator = new Generator(new Random(seed), profile, market)
        for (let count = 0; count < lengthOfSequence; count += 1) {
          const records = recordsOf(market, generator.next().words)
          for (const record of decodeRecords(records, records.length / words)) {
            kinds.add(record.kind)
            if (record.kind === 'answer' || record.kind === 'removed') reasons.add(record.reason)
          }
        }
      }
    }
    expect([...kinds].sort()).toEqual(Object.keys(recordKind).sort())
    // nobody enters 2^31 orders here, and what is prevented has a record of its own
    const neverTold = ['entriesExhausted', 'selfTrade']
    expect([...reasons, ...neverTold].sort()).toEqual(Object.keys(reason).sort())
  })
})

describe('a market that breaks a rule', () => {
  const [continuous, , stops] = profiles

  /** The oracle, but for a word of every record of a kind. */
  const spoilt = (kind: number, word: number, changed: (value: number) => number): MakeSubject => {
    return (config) => {
      const market = new NaiveMarket(config)
      return {
        market: {
          get sequence() {
            return market.sequence
          },
          get records() {
            return market.records.map((value, index, all) =>
              index % words === word && all[index - word] === kind ? changed(value) : value,
            )
          },
          apply: (list, offset) => market.apply(list, offset),
        },
      }
    }
  }

  it('is found out, and told by the few commands that show it', () => {
    const lies = spoilt(recordKind.trade, 2, (quantity) => quantity + 1)
    const report = continuous && compare(continuous, 1, lengthOfSequence, lies)
    expect(report).toContain('the shortest that fails')
    const told = report?.split('fails at:')[0]?.split('\n{') ?? []
    // the phase, a maker, a taker
    expect(told.length - 1).toBe(3)
    expect(report).toContain('expected:')
  })

  it('is found out even where it is rare', () => {
    const lies = spoilt(recordKind.triggered, orderRecord.session, (session) => (session === 3 ? 2 : session))
    expect(stops && compare(stops, 1, lengthOfSequence, lies)).toContain('triggered')
  })
})
