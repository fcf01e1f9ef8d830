import { decodeCommand } from '../command-reading.ts'
import { words } from '../layout.ts'
import { decodeRecords, type MarketRecord } from '../records.ts'
import type { Market, MarketConfig } from '../types.ts'
import { type BookView, viewOfNaive } from './book-view.ts'
import { type GeneratedCommand, Generator } from './generator.ts'
import { Invariants } from './invariants.ts'
import { minimise } from './minimise.ts'
import { NaiveMarket } from './naive/market.ts'
import { Playback, recordsOf } from './playback.ts'
import type { Profile } from './profiles.ts'
import { Random } from './random.ts'

/** A market that is compared with the oracle. */
export interface Subject {
  readonly market: Market
  /** What it shows; without it only its records are checked. */
  readonly view?: BookView
}

export type MakeSubject = (config: MarketConfig) => Subject

/** Plays the same commands to the oracle and to a subject, and checks the invariants after each. */
class Comparison {
  readonly oracle: NaiveMarket
  readonly #subject: Subject
  readonly #playback = new Playback()
  readonly #invariants = new Invariants()
  readonly #oracleView: BookView

  constructor(config: MarketConfig, makeSubject: MakeSubject) {
    this.oracle = new NaiveMarket(config)
    this.#oracleView = viewOfNaive(this.oracle)
    this.#subject = makeSubject(config)
  }

  /** Returns what is wrong, if something is. */
  step(command: GeneratedCommand): string | undefined {
    const resolved = this.#playback.resolve(command)
    const expected = recordsOf(this.oracle, resolved)
    this.#playback.note(command, expected)
    try {
      const actual = recordsOf(this.#subject.market, resolved)
      if (!isEqual(expected, actual)) return describeDifference(resolved, expected, actual)
      this.#invariants.check(expected, expected.length / words, this.#subject.view ?? this.#oracleView)
      return undefined
    } catch (error) {
      if (!(error instanceof Error)) throw error
      return `${describeCommand(resolved)}\n${error.stack ?? error.message}`
    }
  }
}

/**
 * Generates `count` commands from `seed` and compares; returns a report with the shortest sequence of commands that still
 * fails, or undefined if nothing differs.
 */
export const compare = (
  profile: Profile,
  seed: number,
  count: number,
  makeSubject: MakeSubject,
): string | undefined => {
  const comparison = new Comparison(profile.config, makeSubject)
  const generator = new Generator(new Random(seed), profile, comparison.oracle)
  const played: GeneratedCommand[] = []
  for (let index = 0; index < count; index += 1) {
    const command = generator.next()
    played.push(command)
    if (comparison.step(command) !== undefined) return reportOf(profile, seed, played, makeSubject)
  }
  return undefined
}

const failureOf = (
  config: MarketConfig,
  commands: readonly GeneratedCommand[],
  makeSubject: MakeSubject,
): string | undefined => {
  const comparison = new Comparison(config, makeSubject)
  for (const command of commands) {
    const failure = comparison.step(command)
    if (failure !== undefined) return failure
  }
  return undefined
}

const reportOf = (
  profile: Profile,
  seed: number,
  played: readonly GeneratedCommand[],
  makeSubject: MakeSubject,
): string => {
  const fails = (commands: readonly GeneratedCommand[]): boolean =>
    failureOf(profile.config, commands, makeSubject) !== undefined
  const shortest = minimise(played, fails)
  const playback = new Playback()
  const oracle = new NaiveMarket(profile.config)
  const lines = shortest.map((command) => {
    const resolved = playback.resolve(command)
    playback.note(command, recordsOf(oracle, resolved))
    return describeCommand(resolved)
  })
  return [
    `${profile.name}, seed ${seed}: after ${played.length} commands; the shortest that fails:`,
    ...lines,
    'fails at:',
    failureOf(profile.config, shortest, makeSubject),
  ].join('\n')
}

const isEqual = (one: Int32Array, other: Int32Array): boolean =>
  one.length === other.length && one.every((value, index) => value === other[index])

const describeCommand = (resolved: Int32Array): string => JSON.stringify(decodeCommand(resolved))

const describeDifference = (resolved: Int32Array, expected: Int32Array, actual: Int32Array): string => {
  const [wanted, got] = [expected, actual].map((records) => describeRecords(records))
  return [describeCommand(resolved), 'expected:', ...(wanted ?? []), 'actual:', ...(got ?? [])].join('\n')
}

const describeRecords = (records: Int32Array): string[] => {
  try {
    return decodeRecords(records, records.length / words).map(describeRecord)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [`${error.message}: ${records.join(' ')}`]
  }
}

const describeRecord = (record: MarketRecord): string => `  ${JSON.stringify(record)}`
