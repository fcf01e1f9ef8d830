import type { FastifyRequest } from 'fastify'
import type { Actor, Context } from '../context.ts'
import { RequestError } from '../errors.ts'
import type { AuditRecord } from '../pipeline/records.ts'
import { defaultRetryPolicy, withRetry } from '../pipeline/retry.ts'
import { TokenBucket } from './bucket.ts'
import { withoutKeys } from './mask.ts'
import type { HttpServerOptions } from './options.ts'

/** Finds out who presents a secret. */
export interface Authenticator {
  actorOf(secret: string): Promise<Actor | undefined>
}

/** Refused logins recorded one by one: this many at once, then one each second; the surplus is only counted. */
const recordedAtOnce = 100
const recordedEveryMs = 1_000

const nobody: Actor = { id: 'anonymous', kind: 'key', permissions: [] }

type Refused = 'no credentials' | 'another scheme' | 'unknown, expired or revoked key'

/** Turns the Authorization header into the actor, or refuses the login and records that it was tried. */
export class Doorkeeper {
  readonly #options: HttpServerOptions
  readonly #bucket: TokenBucket
  #unrecorded = 0

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.#bucket = new TokenBucket(options.clock, recordedAtOnce, recordedEveryMs)
  }

  async actorOf(request: FastifyRequest): Promise<Actor> {
    const secret = bearerOf(request)
    if (secret === undefined) {
      const none = request.headers.authorization === undefined
      throw await this.#refuse(request, none ? 'no credentials' : 'another scheme')
    }
    const actor = await withRetry(
      this.#options.retry ?? defaultRetryPolicy,
      () => this.#options.keyRing.actorOf(secret),
      (cause) => this.#options.metrics.retry('kernel.login', cause),
    )
    return actor ?? Promise.reject(await this.#refuse(request, 'unknown, expired or revoked key'))
  }

  async #refuse(request: FastifyRequest, why: Refused): Promise<RequestError> {
    if (this.#bucket.take()) await this.#record(request, why)
    else {
      this.#unrecorded++
      this.#options.metrics.unrecordedLogin()
    }
    return new RequestError('unauthenticated', `Not logged in: ${why}`)
  }

  /** The answer does not depend on the record: a database that is away must not turn a 401 into something else. */
  async #record(request: FastifyRequest, why: Refused): Promise<void> {
    const before = this.#unrecorded
    this.#unrecorded = 0
    const record: AuditRecord = {
      action: 'kernel.login',
      outcome: 'denied',
      code: 'unauthenticated',
      context: this.#context(request),
      input: {
        why,
        method: request.method,
        path: pathOf(request),
        ...(before > 0 ? { unrecorded_before: before } : {}),
      },
    }
    try {
      await this.#options.engine.recordAttempt(record)
    } catch (error) {
      this.#unrecorded += before + 1
      this.#options.log.warn({ err: error, requestId: request.id }, 'a refused login could not be recorded')
    }
  }

  #context(request: FastifyRequest): Context {
    const { clock, random } = this.#options
    return { actor: nobody, requestId: request.id, sourceIp: request.ip, clock, random }
  }
}

/** The subprotocol that is taken of those that a WebSocket client offers. */
export const socketProtocol = 'florin'

/**
 * The secret of an `Authorization: Bearer` header. A browser can't set one on a WebSocket: it may offer the subprotocol
 * `florin.key.<secret>` beside `florin`.
 */
export function bearerOf(request: FastifyRequest): string | undefined {
  const { authorization, 'sec-websocket-protocol': offered = '' } = request.headers
  if (authorization !== undefined) return /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  return request.ws ? /(?:^|,) *florin\.key\.([^\s,]+)/.exec(offered)?.[1] : undefined
}

/** The path alone and bounded: a key pasted into a query string must not end up in the audit trail. */
function pathOf(request: FastifyRequest): string {
  const [path = ''] = request.url.split('?')
  return withoutKeys(path).slice(0, 200)
}
