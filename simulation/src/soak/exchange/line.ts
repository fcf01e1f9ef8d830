import { setTimeout as sleep } from 'node:timers/promises'
import { Told } from './told.ts'

/** A message of the server, as far as it was looked at. */
export type Message = Readonly<Record<string, unknown>>

export interface LineOptions {
  /** Where order entry is offered, any of which may run the market. */
  readonly urls: () => readonly string[]
  readonly key: string
  /** The first message: a login, or a wish to watch. */
  readonly opening: object
  readonly market: string
  /** Without a word for so long, the other side is taken for gone; ms. Longer each time that it was only slow. */
  readonly patience_ms: number
}

const pause_ms = 50
const longestPatience_ms = 40_000

/**
 * A connection for order entry that is made again whenever it is lost, and resumed after the last command that it was told
 * of. What is told twice, or too late, is noted.
 */
export abstract class Line {
  readonly told = new Told()
  readonly wrong: string[] = []
  /** Connections that were opened. */
  opened = 0
  readonly #options: LineOptions
  #socket: WebSocket | undefined
  #isOpen = false
  #ref = 0
  #place = 0
  #heard = 0
  #patience_ms: number
  #stopping = false
  readonly #watch: NodeJS.Timeout

  constructor(options: LineOptions) {
    this.#options = options
    this.#patience_ms = options.patience_ms
    this.#watch = setInterval(() => this.#look(), pause_ms)
    this.#connect()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Says good-bye, so that nothing is cancelled, and waits until that was heard. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    clearInterval(this.#watch)
    const socket = this.#socket
    if (socket === undefined || !this.#isOpen) return this.#leave()
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    this.send({ type: 'logout' })
    await Promise.race([closed, sleep(this.#options.patience_ms)])
    this.#leave()
  }

  /** The connection stands, and what was missed is being told. */
  protected abstract begun(): void
  protected abstract reported(report: Message, events: readonly Message[]): void
  /** A message of ours never got to the market. */
  protected abstract refused(ref: number, code: string): void
  /** Whether an answer is waited for, so that silence means something. */
  protected abstract get waits(): boolean
  /** Called every now and then. */
  protected abstract tick(): void

  /** Sends with the next number, which it gives. */
  protected send(message: object): number {
    const ref = ++this.#ref
    this.#socket?.send(JSON.stringify({ ref, ...message }))
    return ref
  }

  protected reconnect(): void {
    this.#leave()
    this.#place++
  }

  #connect(): void {
    const urls = this.#options.urls()
    const url = urls[this.#place % urls.length] ?? ''
    this.#heard = performance.now()
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/exchange/order-entry`, {
      headers: { authorization: `Bearer ${this.#options.key}` },
    })
    this.#socket = socket
    this.#ref = 0
    // One that was left may still speak, and is not listened to any more.
    const ours = (work: () => void) => () => {
      if (this.#socket === socket) work()
    }
    socket.addEventListener(
      'open',
      ours(() => {
        const resume = { [this.#options.market]: this.told.last }
        this.send({ ...this.#options.opening, markets: [this.#options.market], resume })
      }),
    )
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket === socket) this.#take(String(data))
    })
    const gone = ours(() => this.reconnect())
    socket.addEventListener('close', gone)
    socket.addEventListener('error', gone)
  }

  #take(text: string): void {
    this.#heard = performance.now()
    const message: unknown = JSON.parse(text)
    if (!isMessage(message)) return
    if (message.type === 'opened') {
      this.#isOpen = true
      this.opened++
      this.begun()
    } else if (message.type === 'report') this.#report(message)
    else if (message.type === 'refused') this.#refused(message)
    else this.wrong.push(`The server said ${text.slice(0, 200)}`)
  }

  #report(report: Message): void {
    const { seq, at, events } = report
    const fits = Array.isArray(events) && typeof seq === 'number'
    if (!fits || !this.told.add(seq, `${at} ${JSON.stringify(events)}`)) {
      this.wrong.push(`Command ${seq} was told after ${this.told.last}`)
      return
    }
    this.#patience_ms = this.#options.patience_ms
    this.reported(report, events.filter(isMessage))
  }

  /** A login is refused by whoever does not run the market, or does not yet. */
  #refused({ ref, code }: Message): void {
    if (this.#isOpen) this.refused(Number(ref), String(code))
    else this.reconnect()
  }

  #look(): void {
    if (this.#stopping) return
    if (this.#socket === undefined) this.#connect()
    else if (this.waits && performance.now() - this.#heard > this.#patience_ms) this.#giveUp()
    if (this.#isOpen) this.tick()
  }

  /** Who is slow is heard of next time, and who is gone is not: the address is another one then. */
  #giveUp(): void {
    this.#patience_ms = Math.min(2 * this.#patience_ms, longestPatience_ms)
    this.reconnect()
  }

  /** Whoever is stopped does not even answer a good-bye, so it is not waited for. */
  #leave(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#isOpen = false
    socket?.close()
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
