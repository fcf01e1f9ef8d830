import { eachCommand, type MarketRecord, priceOf, type Sequencer } from '@florin/exchange'
import { changePhase, endOfDay, noPrice, type PhaseName, phase, setMark, type TradeRecord } from '@florin/orderbook'
import { between, type Dice } from './dice.ts'
import { OpenOrders } from './orders.ts'
import type { Person } from './opening.ts'
import type { Sight, Strategy } from './participants.ts'
import type { PersonLine, Scene, TradeLine } from './picture.ts'

/** Their times are given by the sequencer. */
const time = 0
const levelsShown = 6
const tradesShown = 12

/** Participants that trade on a market that runs in this process. */
export class Simulation {
  readonly #sequencer: Sequencer
  readonly #market: MarketRecord
  readonly #people: readonly { readonly name: string; readonly strategy: Strategy }[]
  readonly #dice: Dice
  readonly #orders = new OpenOrders(tradesShown)
  readonly #forget: () => void
  #worth: number

  constructor(
    sequencer: Sequencer,
    people: readonly Person[],
    { worth, dice }: { readonly worth: number; readonly dice: Dice },
  ) {
    this.#sequencer = sequencer
    this.#market = sequencer.market
    this.#people = people.map(({ name, strategy }) => ({ name, strategy: strategy() }))
    this.#worth = worth
    this.#dice = dice
    this.#forget = sequencer.subscribe((block) =>
      eachCommand(block, (_seq, _command, _offset, records, count) => this.#orders.take(records, count)),
    )
  }

  /** Each participant acts once, after what it is worth has moved a little. */
  async step(): Promise<void> {
    this.#worth = Math.max(100, this.#worth + between(-2, 2, this.#dice))
    for (const [i, { strategy }] of this.#people.entries())
      await this.#send(strategy(this.#sightOf(i + 1), this.#dice))
    const { lastPrice } = this.#sequencer.engine
    if (lastPrice !== noPrice) await this.#send([setMark({ time, price: lastPrice })])
  }

  /** Moves the market on; from an auction to trading the book is uncrossed. */
  async phase(to: PhaseName): Promise<void> {
    await this.#send([changePhase({ time, phase: to })])
  }

  async endDay(): Promise<void> {
    await this.#send([endOfDay({ time })])
  }

  stop(): void {
    this.#forget()
  }

  scene(step: number): Scene {
    const { engine } = this.#sequencer
    const price = (ticks: number): string => priceOf(this.#market, ticks)
    const level = ({ price: ticks, displayed }: { price: number; displayed: number }) => ({
      price: price(ticks),
      quantity: displayed,
    })
    return {
      market: this.#market.code,
      phase: phaseNames.get(engine.phase) ?? '',
      last: engine.lastPrice === noPrice ? undefined : price(engine.lastPrice),
      lots: this.#orders.lots,
      orders: this.#orders.count,
      commands: engine.sequence,
      step,
      bids: engine.bids(levelsShown).map(level),
      asks: engine.asks(levelsShown).map(level),
      trades: this.#orders.trades.map((trade) => this.#lineOf(trade)),
      people: this.#people.map(({ name }, i) => this.#personOf(name, i + 1)),
    }
  }

  #sightOf(account: number): Sight {
    const { engine } = this.#sequencer
    const known = (price: number): number | undefined => (price === noPrice ? undefined : price)
    return {
      account,
      worth: this.#worth,
      bestBid: known(engine.bestBid()),
      bestAsk: known(engine.bestAsk()),
      position: engine.position(account)?.position ?? 0,
      open: this.#orders.of(account),
      collecting: engine.phase !== phase.continuous,
    }
  }

  async #send(commands: readonly Int32Array[]): Promise<void> {
    if (commands.length === 0) return
    const words = new Int32Array(commands.length * 16)
    for (const [i, command] of commands.entries()) words.set(command, i * 16)
    await this.#sequencer.submit(words)
  }

  #lineOf({ price, quantity, side, makerAccount, takerAccount }: TradeRecord): TradeLine {
    const makerBuys = side !== 'buy'
    return {
      price: priceOf(this.#market, price),
      quantity,
      side,
      buyer: this.#nameOf(makerBuys ? makerAccount : takerAccount),
      seller: this.#nameOf(makerBuys ? takerAccount : makerAccount),
    }
  }

  #nameOf(account: number): string {
    return this.#people[account - 1]?.name ?? String(account)
  }

  #personOf(name: string, account: number): PersonLine {
    throw new Error(`${name} ${account}`)
  }
}

const phaseNames = new Map(Object.entries(phase).map(([name, number]) => [number, name]))
