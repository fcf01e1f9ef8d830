import { Engine, side } from '../src/index.ts'
import { Generator, NaiveMarket, Playback, type Profile, profiles, Random } from '../src/testing/index.ts'

/** An engine that is given generated commands, one at a time. */
export class GeneratedMarket {
  readonly engine: Engine
  readonly random: Random
  readonly #generator: Generator
  readonly #naive: NaiveMarket
  readonly #playback = new Playback()

  constructor({ config, ...rest }: Profile, seed: number) {
    // what risk refuses is of no interest here
    const profile = { ...rest, config: { ...config, risk: false } }
    this.random = new Random(seed)
    this.#naive = new NaiveMarket(profile.config)
    this.#generator = new Generator(new Random(seed + 1), profile, this.#naive)
    this.engine = new Engine(profile.config)
  }

  /** Carries out a further command; returns how many records it made. */
  step(): number {
    const generated = this.#generator.next()
    const words = this.#playback.resolve(generated)
    this.#naive.apply(words, 0)
    const count = this.engine.apply(words, 0)
    this.#playback.note(generated, this.engine.records)
    return count
  }
}

/** Profiles that differ in what the public sees. */
export const bookProfiles = profiles.filter(({ config }) => !config.risk)

export const profileCalled = (name: string): Profile => {
  const found = profiles.find((profile) => profile.name === name)
  if (found === undefined) throw new Error(`no profile ${name}`)
  return found
}

type Row = readonly [number, number, number]

/** Price, displayed lots and number of orders. */
export const levelsOf = (engine: Engine): { bids: Row[]; asks: Row[] } => ({
  bids: engine.bids(2 ** 24).map(({ price, displayed, orders }) => [price, displayed, orders]),
  asks: engine.asks(2 ** 24).map(({ price, displayed, orders }) => [price, displayed, orders]),
})

/** Number, price and displayed lots in priority. */
export const ordersOf = (engine: Engine, ofSide: number): Row[] => {
  const found: Row[] = []
  engine.eachOrder(ofSide, (order, _slot, _account, _flags, price, _leaves, displayed) => {
    found.push([order, price, displayed])
  })
  return found
}

export const sidesOf = (engine: Engine): { bids: Row[]; asks: Row[] } => ({
  bids: ordersOf(engine, side.buy),
  asks: ordersOf(engine, side.sell),
})
