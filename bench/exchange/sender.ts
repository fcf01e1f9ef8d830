import { eachResult, type Results, type Sequencer } from '@florin/exchange'
import { answer, words } from '@florin/orderbook'
import type { Stream } from './stream.ts'

/** Commands that somebody sends at once. */
export const together = 16
/** Commands under way at most where the market is sent as much as it takes. */
const underWay = 16_384

/**
 * Sends a stream in pieces and keeps how long each took. Nothing of a piece is kept once it is answered: what the load
 * leaves lying about would be collected at the market's expense.
 */
export class Sender {
  readonly #sequencer: Sequencer
  readonly #stream: Stream
  readonly #samples_ms: Float64Array
  #samples = 0
  #sent = 0
  #underWay = 0
  /** The first one: what follows a refused piece is refused because of it. */
  #failure: unknown
  #idle: (() => void) | undefined

  constructor(sequencer: Sequencer, stream: Stream) {
    this.#sequencer = sequencer
    this.#stream = stream
    this.#samples_ms = new Float64Array(Math.ceil(stream.count / together) + 100)
  }

  get sent(): number {
    return this.#sent
  }

  /** What was taken since the last time, milliseconds a piece. */
  takeSamples(): Float64Array {
    const samples = this.#samples_ms.slice(0, this.#samples)
    this.#samples = 0
    return samples
  }

  /** As many callers as there may be, each sends its next piece when the one before is answered. */
  async flatOut(commands: number): Promise<number> {
    const end = this.#sent + commands
    const next = (): void => {
      if (this.#sent < end) this.#send(performance.now(), end, next)
    }
    for (let caller = 0; caller < underWay / together; caller++) next()
    await this.#answered()
    return commands
  }

  /**
   * Pieces fall due at even intervals, whatever comes back, and are sent as soon as that is seen: every millisecond, and
   * whenever something was published.
   */
  async paced(commands: number, perSecond: number): Promise<number> {
    const end = this.#sent + commands
    const interval_ms = (together * 1_000) / perSecond
    let due = performance.now()
    const sendDue = (): void => {
      for (const now = performance.now(); due <= now && this.#sent < end; due += interval_ms)
        this.#send(due, end)
    }
    const unsubscribe = this.#sequencer.subscribe(sendDue)
    while (this.#sent < end) {
      sendDue()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    unsubscribe()
    await this.#answered()
    return commands
  }

  #send(since: number, end: number, next?: () => void): void {
    const count = Math.min(together, end - this.#sent)
    const at = this.#sent * words
    this.#sent += count
    this.#underWay++
    this.#sequencer.submit(this.#stream.commands.subarray(at, at + count * words), count).then(
      (results) => {
        this.#samples_ms[this.#samples++] = performance.now() - since
        this.#check(results)
        next?.()
        this.#done()
      },
      (error: unknown) => {
        this.#failure ??= error
        this.#done()
      },
    )
  }

  #check(results: Results): void {
    eachResult(results, (records, at) => {
      const reason = records[at + answer.reason]
      if (reason !== 0) this.#failure ??= new Error(`A command was refused with reason ${reason}`)
    })
  }

  #done(): void {
    this.#underWay--
    if (this.#underWay === 0) this.#idle?.()
  }

  async #answered(): Promise<void> {
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    if (this.#failure !== undefined) throw this.#failure
  }
}
