import { Line, type LineOptions, type Message } from './line.ts'
import { type Orders, type Step, type StepKind, stepKinds } from './orders.ts'

/** Steps under way at most. */
const window = 192
/** Client ids from here on are of marks, which ask for an order that never was. */
export const firstMark = 2 ** 40

/** Codes after which a step has certainly not been taken, and is sent again. */
const again = new Set(['overloaded', 'exchange_session_throttled'])
/** Codes after which only a resume tells what became of a step, or where the market is. */
const elsewhere = new Set(['exchange_outcome_unknown', 'exchange_market_elsewhere', 'exchange_session_state'])

interface Sent {
  readonly step: Step
  /** Counts sendings, of all steps. */
  readonly number: number
}

/**
 * Sends steps, some at a time, and sees to it that each is carried out exactly once, whatever fails: after a connection
 * was lost, what was missed is told first; then it sends a mark, and what was sent before and not told of by the time the
 * mark is answered never got to the market, and is sent again.
 */
export class Trader extends Line {
  readonly #orders: Orders
  #steps: number
  readonly #market: string
  readonly #account: string
  readonly #pending = new Map<number, Sent>()
  readonly #answered: Uint8Array
  /** Steps from here on are held back until {@link release}. */
  #heldFrom: number
  /** Steps to be sent again, the oldest first. */
  #waiting: Step[] = []
  #keys = new Map<number, number>()
  #mark = firstMark
  #isMarked = false
  #begun = 0
  #sent = 0
  #newestAnswered = 0
  answers = 0
  refusals = 0
  fills = 0
  /** Steps that were sent again since they never got to the market. */
  resent = 0

  constructor(options: LineOptions & { account: string; orders: Orders; steps: number }) {
    super(options)
    this.#orders = options.orders
    this.#steps = options.steps
    this.#heldFrom = Math.floor(options.steps * 0.9)
    this.#market = options.market
    this.#account = options.account
    this.#answered = new Uint8Array((options.steps + 1) * stepKinds.length)
  }

  /** For whoever wonders why it does not go on. */
  override toString(): string {
    const { isOpen, answers } = this
    const [first] = this.#pending.values()
    const wanted = first === undefined ? 'nothing' : `${first.step.kind} ${first.step.order}`
    return `${this.#account}: ${isOpen ? 'open' : 'not open'}, ${this.#isMarked ? '' : 'not '}marked, told up to ${this.told.last}, ${answers} answers, waits for ${wanted}`
  }

  /** Whether every step has its answer. */
  get isDone(): boolean {
    return this.#begun === this.#steps && this.#pending.size + this.#waiting.length === 0 && this.#isMarked
  }

  /** How many orders there may be; their client ids count from 1. */
  get orders(): number {
    return this.#steps
  }

  /** Begins nothing more. */
  finish(): void {
    this.#steps = this.#begun
    this.#heldFrom = this.#begun
  }

  /** Lets it come to its end. */
  release(): void {
    this.#heldFrom = this.#steps
  }

  /** To be compared with {@link hasAnsweredSince}. */
  get sent(): number {
    return this.#sent
  }

  /** Whether something that was sent after `sent` has been answered. */
  hasAnsweredSince(sent: number): boolean {
    return this.#newestAnswered > sent || this.isDone
  }

  /** How often a step was answered: 0 or 1. */
  answersTo(kind: StepKind, order: number): number {
    return this.#answered[keyOf(kind, order)] ?? 0
  }

  protected override get waits(): boolean {
    return !this.isOpen || !this.isDone
  }

  protected override begun(): void {
    this.#isMarked = false
    this.#keys = new Map()
    this.#sendMark()
  }

  protected override tick(): void {
    this.#pump()
  }

  protected override reported(_report: Message, events: readonly Message[]): void {
    for (const event of events) this.#event(event)
    this.#pump()
  }

  protected override refused(ref: number, code: string): void {
    const key = this.#keys.get(ref)
    if (elsewhere.has(code)) this.reconnect()
    else if (!again.has(code)) this.wrong.push(`${this.#account} was refused with ${code}`)
    else if (key === undefined) this.#sendMark()
    else this.#sendAgain(key)
  }

  #sendMark(): void {
    this.#mark++
    const client_id = String(this.#mark)
    this.send({ type: 'cancel', market: this.#market, account: this.#account, client_id })
  }

  #event({ event, command, client_id }: Message): void {
    if (event === 'fill') this.fills++
    if (client_id === undefined) return
    const kind = kindOf(event, command)
    if (kind === undefined) return
    const order = Number(client_id)
    if (order < firstMark) this.#answer(kind, order, event === 'refused')
    else if (order === this.#mark) this.#marked()
  }

  #answer(kind: StepKind, order: number, isRefusal: boolean): void {
    const key = keyOf(kind, order)
    const sent = this.#pending.get(key)
    if (sent === undefined || this.#answered[key] !== 0) {
      this.wrong.push(`${this.#account}: ${kind} ${order} was answered and not waited for`)
      return
    }
    this.#pending.delete(key)
    this.#answered[key] = 1
    this.#newestAnswered = Math.max(this.#newestAnswered, sent.number)
    this.answers++
    if (isRefusal) this.refusals++
  }

  /** Everything that got to the market before was told before. */
  #marked(): void {
    this.#isMarked = true
    this.resent += this.#pending.size
    this.#waiting = [...[...this.#pending.values()].map(({ step }) => step), ...this.#waiting]
    this.#pending.clear()
  }

  #sendAgain(key: number): void {
    const sent = this.#pending.get(key)
    if (sent === undefined) return
    this.#pending.delete(key)
    this.#waiting.push(sent.step)
  }

  #pump(): void {
    if (!this.#isMarked || !this.isOpen) return
    while (this.#pending.size < window) {
      const step = this.#waiting.shift() ?? this.#nextStep()
      if (step === undefined) return
      const key = keyOf(step.kind, step.order)
      this.#pending.set(key, { step, number: ++this.#sent })
      this.#keys.set(this.send(step.message), key)
    }
  }

  #nextStep(): Step | undefined {
    if (this.#begun === this.#steps || this.#begun === this.#heldFrom) return undefined
    this.#begun++
    return this.#orders.next()
  }
}

function keyOf(kind: StepKind, order: number): number {
  return order * stepKinds.length + stepKinds.indexOf(kind)
}

/** Which kind of step an event answers. */
function kindOf(event: unknown, command: unknown): StepKind | undefined {
  switch (event) {
    case 'accepted':
      return 'enter'
    case 'amended':
      return 'amend'
    case 'cancelled':
      return 'cancel'
    case 'refused':
      return stepKinds.find((kind) => kind === command)
    default:
      return undefined
  }
}
