import type { Block } from '../sequencer/blocks.ts'
import type { Sequencer } from '../sequencer/sequencer.ts'

/** Somebody who follows a market that runs in this process. */
export interface FeedListener {
  /** What was just carried out; blocks come in order and without gaps. */
  block(block: Block): void
  /** The market is no longer run here; called once, last. */
  lost(): void
}

/** How often it is looked whether the market is still run here. */
const lookEveryMs = 500

const feeds = new WeakMap<Sequencer, MarketFeed>()

/**
 * Hands on what a sequencer publishes, a turn of the event loop later: the sequencer is not kept from its next commit by
 * whoever listens, and those who submitted know the numbers of their commands before anybody tells what came of them.
 */
export class MarketFeed {
  readonly sequencer: Sequencer
  readonly #listeners = new Set<FeedListener>()
  #queue: Block[] = []
  #position: number
  #unsubscribe: (() => void) | undefined
  #watch: NodeJS.Timeout | undefined

  static of(sequencer: Sequencer): MarketFeed {
    const feed = feeds.get(sequencer) ?? new MarketFeed(sequencer)
    feeds.set(sequencer, feed)
    return feed
  }

  private constructor(sequencer: Sequencer) {
    this.sequencer = sequencer
    this.#position = sequencer.engine.sequence
  }

  /** Number of the last command that was handed on. */
  get position(): number {
    return this.#listeners.size === 0 ? this.sequencer.engine.sequence : this.#position
  }

  /** Returns what ends it. */
  listen(listener: FeedListener): () => void {
    if (this.#listeners.size === 0) this.#start()
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#end()
    }
  }

  #start(): void {
    this.#position = this.sequencer.engine.sequence
    this.#unsubscribe = this.sequencer.subscribe((block) => {
      this.#queue.push(block)
      if (this.#queue.length === 1) setImmediate(() => this.#handOn())
    })
    this.#watch = setInterval(() => this.#look(), lookEveryMs)
    this.#watch.unref()
  }

  #end(): void {
    this.#unsubscribe?.()
    clearInterval(this.#watch)
    this.#queue = []
  }

  #handOn(): void {
    const blocks = this.#queue
    this.#queue = []
    for (const block of blocks) {
      this.#position = block.lastSeq
      for (const listener of this.#listeners) listener.block(block)
    }
  }

  #look(): void {
    if (!this.sequencer.lost || this.#queue.length > 0) return
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    this.#end()
    for (const listener of listeners) listener.lost()
  }
}
