import { type Block, type Results, ResultsDivider } from './blocks.ts'

/**
 * Commands that somebody submitted together and waits for. A class: where V8 has once seen many objects (or arrays) of a
 * literal live long, it puts all later ones among the old, and everything they refer to lives on until the next long pause.
 */
export class Submission {
  readonly words: Int32Array
  readonly count: number
  /** When it came, microseconds since 1970. */
  readonly time: number
  readonly resolve: (results: Results) => void
  readonly reject: (error: Error) => void

  constructor(
    words: Int32Array,
    count: number,
    time: number,
    resolve: (results: Results) => void,
    reject: (error: Error) => void,
  ) {
    this.words = words
    this.count = count
    this.time = time
    this.resolve = resolve
    this.reject = reject
  }
}

/** What waits for a commit, in the order in which it came. */
export class SubmissionQueue {
  readonly #waiting: Submission[] = []
  #commands = 0

  /** Commands that wait. */
  get commands(): number {
    return this.#commands
  }

  add(submission: Submission): void {
    this.#waiting.push(submission)
    this.#commands += submission.count
  }

  /** The first ones, as many as have no more commands than there is room for; none is divided. */
  take(room: number): readonly Submission[] {
    if (this.#commands <= room) return this.takeAll()
    let count = 0
    let taken = 0
    for (const submission of this.#waiting) {
      if (count + submission.count > room) break
      count += submission.count
      taken++
    }
    this.#commands -= count
    return this.#waiting.splice(0, taken)
  }

  takeAll(): readonly Submission[] {
    this.#commands = 0
    return this.#waiting.splice(0)
  }
}

/** What was carried out, and those who are still to hear of it. */
class Answer {
  readonly block: Block
  /** Number of the first command that was submitted. */
  readonly seq: number
  readonly submissions: readonly Submission[]

  constructor(block: Block, seq: number, submissions: readonly Submission[]) {
    this.block = block
    this.seq = seq
    this.submissions = submissions
  }

  give(): void {
    const divider = new ResultsDivider(this.block, this.seq)
    for (const { count, resolve } of this.submissions) resolve(divider.next(count))
  }
}

/** Answers submissions in the next turn of the event loop, all that came until then, in order. */
export class Answers {
  readonly #pending: Answer[] = []

  /** The submissions' commands lie in the block from number `seq` on. */
  add(block: Block, seq: number, submissions: readonly Submission[]): void {
    this.#pending.push(new Answer(block, seq, submissions))
    if (this.#pending.length === 1) setImmediate(() => this.#giveAll())
  }

  #giveAll(): void {
    for (const answer of this.#pending.splice(0)) answer.give()
  }
}
