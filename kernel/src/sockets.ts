import type { Clock } from './clock.ts'
import type { Context } from './context.ts'
import type { Database } from './database.ts'
import type { Logger } from './log.ts'
import type { Random } from './random.ts'

/**
 * A WebSocket endpoint of a module: for what flows all the time, in both directions. The kernel knows the caller and
 * counts, bounds and closes; what the messages say is the module's. Messages are JSON texts.
 */
export interface SocketRoute {
  /** `<module>.<thing>.<verb>`: the name in audit, metrics and logs. */
  readonly name: string
  readonly summary: string
  /** Without parameters: what a connection is about is said in its first message. */
  readonly path: string
  readonly permission: string
  readonly limits: SocketLimits
  /** Called once the connection stands. What it throws closes the connection with 1011. */
  open(connection: SocketConnection, tools: SocketTools): SocketHandler
}

export interface SocketLimits {
  /** Largest message taken, bytes; a larger one closes the connection with 1009. */
  readonly messageBytes: number
  /** Bytes that may wait to be sent. */
  readonly bufferedBytes: number
  /** Connections of one caller at a time. */
  readonly perCaller: number
}

export interface SocketConnection {
  /** Who connected and how; each connection has its own request id. */
  readonly context: Context
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number
  /** Whether at most half of what may wait is waiting. */
  readonly hasRoom: boolean
  /** Sends a JSON text, unless too much waits to be sent already, or the connection is closing: says whether it did. */
  send(message: string | Uint8Array): boolean
  /** Takes no more messages, sends what waits, then closes with the code (RFC 6455 §7.4) and a reason of at most 123 bytes. */
  close(code: number, reason: string): void
}

/** What the module does with one connection. */
export interface SocketHandler {
  /** One message, parsed: any JSON value. What it throws closes the connection with 1011. */
  message(value: unknown): void
  /** There was no room, and there is again. */
  drained?(): void
  /** Called once, last. */
  closed(code: number): void
}

/** What handlers have at hand beside their connection. */
export interface SocketTools {
  readonly database: Database
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** The close codes that Florin uses. */
export const closeCode = {
  /** The server stops: connect to another one, or later. */
  goingAway: 1001,
  /** A binary message; all messages are texts. */
  unsupportedData: 1003,
  /** A message that is not JSON that can be trusted. */
  invalidMessage: 1007,
  /** The key was revoked or has expired, or the rules of the endpoint were broken. */
  policy: 1008,
  messageTooBig: 1009,
  fault: 1011,
  tryAgainLater: 1013,
} as const
