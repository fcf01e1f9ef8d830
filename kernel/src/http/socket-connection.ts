import type { RawData, WebSocket } from 'ws'
import type { Context } from '../context.ts'
import { RequestError } from '../errors.ts'
import { uuidv7 } from '../ids.ts'
import {
  closeCode,
  type SocketConnection,
  type SocketHandler,
  type SocketRoute,
  type SocketTools,
} from '../sockets.ts'
import { parseJson } from './json.ts'
import type { HttpServerOptions } from './options.ts'
import { problemOf } from './problems.ts'

/** One WebSocket: bounded in both directions, and closed exactly once. */
export class Connection implements SocketConnection {
  readonly context: Context
  readonly #socket: WebSocket
  readonly #route: SocketRoute
  readonly #options: HttpServerOptions
  readonly #closeMs: number
  #handler: SocketHandler | undefined
  #alive = true
  #closing = false
  /** There was no room, and nobody was told yet that there is again. */
  #awaitsRoom = false
  #cutter: NodeJS.Timeout | undefined

  constructor(
    socket: WebSocket,
    route: SocketRoute,
    context: Context,
    options: HttpServerOptions,
    closeMs: number,
  ) {
    this.context = context
    this.#socket = socket
    this.#route = route
    this.#options = options
    this.#closeMs = closeMs
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  get hasRoom(): boolean {
    return this.bufferedBytes <= this.#route.limits.bufferedBytes / 2
  }

  /** Begins to listen. `closed` is called when the connection is gone. */
  open(tools: SocketTools, closed: () => void): void {
    this.#socket.on('message', (data, binary) => this.#receive(data, binary))
    this.#socket.on('pong', () => {
      this.#alive = true
    })
    this.#socket.once('close', (code) => {
      clearTimeout(this.#cutter)
      this.#options.metrics.socketClosed(this.#route.name, code)
      this.#note('closed', code)
      closed()
      this.#guarded(() => this.#handler?.closed(code))
    })
    this.#note('opened')
    this.#guarded(() => {
      this.#handler = this.#route.open(this, tools)
    })
  }

  send(message: string | Uint8Array): boolean {
    if (this.#closing) return false
    const data = typeof message === 'string' ? Buffer.from(message) : message
    if (this.bufferedBytes + data.length > this.#route.limits.bufferedBytes) {
      this.#awaitsRoom = true
      return false
    }
    this.#options.metrics.socketMessage(this.#route.name, 'out')
    this.#socket.send(data, { binary: false }, this.#onSent)
    if (!this.hasRoom) this.#awaitsRoom = true
    return true
  }

  close(code: number, reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#socket.close(code, shortened(reason))
    // A peer that reads nothing never gets to the closing handshake.
    this.#cutter = setTimeout(() => this.#socket.terminate(), this.#closeMs)
  }

  cut(): void {
    this.#socket.terminate()
  }

  /** Asks for a sign of life; a peer that gave none since the last time is cut off. */
  beat(): void {
    if (this.#closing) return
    if (!this.#alive) {
      this.cut()
      return
    }
    this.#alive = false
    this.#socket.ping()
  }

  readonly #onSent = (error?: Error | null): void => {
    if (error instanceof Error) return
    // What the network takes is a sign of life, too: a slow reader's pong waits behind everything else.
    this.#alive = true
    if (!this.#awaitsRoom || !this.hasRoom) return
    this.#awaitsRoom = false
    this.#guarded(() => this.#handler?.drained?.())
  }

  #receive(data: RawData, binary: boolean): void {
    if (this.#closing) return
    this.#alive = true
    this.#options.metrics.socketMessage(this.#route.name, 'in')
    if (binary || !Buffer.isBuffer(data)) this.close(closeCode.unsupportedData, 'Messages are texts')
    else if (data.length > this.#route.limits.messageBytes)
      this.close(closeCode.messageTooBig, `Messages have at most ${this.#route.limits.messageBytes} bytes`)
    else this.#hand(data)
  }

  #hand(data: Buffer): void {
    const message = this.#parse(data)
    if (message !== undefined) this.#guarded(() => this.#handler?.message(message.value))
  }

  #parse(data: Buffer): { readonly value: unknown } | undefined {
    try {
      return { value: parseJson(data) }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      this.send(JSON.stringify({ type: 'problem', problem: problemOf(error, this.context.requestId) }))
      this.close(closeCode.invalidMessage, error.message)
      return undefined
    }
  }

  /** A handler's fault ends its connection and nothing else. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      const id = uuidv7(this.#options.clock, this.#options.random)
      this.#options.log.error(
        { err: error, faultId: id, requestId: this.context.requestId, socket: this.#route.name },
        'a fault',
      )
      this.close(closeCode.fault, `Something went wrong inside Florin: ${id}`)
    }
  }

  #note(what: 'opened' | 'closed', code?: number): void {
    const { requestId, actor } = this.context
    const entry = { requestId, socket: this.#route.name, actor: actor.id }
    this.#options.log.debug(
      code === undefined ? entry : { ...entry, code },
      what === 'opened' ? 'a socket opened' : 'a socket closed',
    )
  }
}

/** A close frame has room for 123 bytes of reason. */
function shortened(reason: string): string {
  return Buffer.byteLength(reason) <= 123 ? reason : `${reason.replaceAll(/[^ -~]/g, '?').slice(0, 120)}...`
}
