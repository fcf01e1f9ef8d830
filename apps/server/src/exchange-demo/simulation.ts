import { eachCommand, type MarketRecord, moneyOf, priceOf, type Sequencer } from '@florin/exchange'
import {
  changePhase,
  endOfDay,
  indicate,
  namesOf,
  noPrice,
  type PhaseName,
  phase,
  setMark,
  type TradeRecord,
  words,
} from '@florin/orderbook'
import { between, type Dice } from './dice.ts'
import type { Person } from './opening.ts'
import { OpenOrders } from './orders.ts'
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

  /** @param worth what the instrument is worth at first, in ticks */
  constructor(sequencer: Sequencer, people: readonly Person[], worth: number, dice: Dice) {
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
    if (this.#collects()) await this.#send([indicate({ time })])
    else if (lastPrice !== noPrice) await this.#send([setMark({ time, price: lastPrice })])
  }

  /** Moves the market on; from an auction to trading or to the end the book is uncrossed. */
  async phase(to: PhaseName): Promise<void> {
    await this.#send([changePhase({ time, phase: to })])
  }

  async endDay(): Promise<void> {
    await this.#send([endOfDay({ time })])
  }

  stop(): void {
    this.#forget()
  }

  /** Lots of each participant, by name. */
  positions(): Map<string, number> {
    return new Map(this.#people.map(({ name }, i) => [name, this.#positionOf(i + 1)]))
  }

  scene(): Scene {
    const { engine } = this.#sequencer
    const level = ({ price, displayed }: { price: number; displayed: number }) => ({
      price: this.#price(price),
      quantity: displayed,
    })
    const { indicative, lots, count, trades } = this.#orders
    return {
      market: this.#market.code,
      phase: spoken(phaseNames.of(engine.phase) ?? ''),
      last: engine.lastPrice === noPrice ? undefined : this.#price(engine.lastPrice),
      indicative:
        indicative === undefined || indicative.price === null
          ? undefined
          : { price: this.#price(indicative.price), volume: indicative.volume },
      lots,
      orders: count,
      bids: engine.bids(levelsShown).map(level),
      asks: engine.asks(levelsShown).map(level),
      trades: trades.map((trade) => this.#tradeLine(trade)),
      people: this.#people.map(({ name }, i) => this.#personLine(name, i + 1)),
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
      position: this.#positionOf(account),
      open: this.#orders.of(account),
      collecting: this.#collects(),
    }
  }

  #collects(): boolean {
    return this.#sequencer.engine.phase !== phase.continuous
  }

  #positionOf(account: number): number {
    return this.#sequencer.engine.position(account)?.position ?? 0
  }

  async #send(commands: readonly Int32Array[]): Promise<void> {
    if (commands.length === 0) return
    const together = new Int32Array(commands.length * words)
    for (const [i, command] of commands.entries()) together.set(command, i * words)
    await this.#sequencer.submit(together)
  }

  #price(ticks: number): string {
    return priceOf(this.#market, ticks)
  }

  #tradeLine({ price, quantity, side, makerAccount, takerAccount }: TradeRecord): TradeLine {
    const [buyer, seller] = side === 'buy' ? [takerAccount, makerAccount] : [makerAccount, takerAccount]
    const nameOf = (account: number): string => this.#people[account - 1]?.name ?? String(account)
    return { price: this.#price(price), quantity, side, buyer: nameOf(buyer), seller: nameOf(seller) }
  }

  #personLine(name: string, account: number): PersonLine {
    const known = this.#sequencer.engine.position(account)
    const money = (value: number | undefined): string => moneyOf(this.#market, value ?? 0)
    return {
      name,
      position: known?.position ?? 0,
      realisedAverage: money(known?.realisedAverage),
      realisedFifo: money(known?.realisedFifo),
      unrealised: money(known?.unrealised),
      cash: money(known?.cash),
    }
  }
}

const phaseNames = namesOf(phase)

/** `openingAuction` as people say it. */
function spoken(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
