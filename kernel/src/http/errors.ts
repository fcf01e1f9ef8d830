import type { Socket } from 'node:net'
import type { ConnectionError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal, RequestError, type RequestErrorCode, requestErrors } from '../errors.ts'
import { TokenBucket } from './bucket.ts'
import { withoutKeys } from './mask.ts'
import type { HttpServerOptions } from './options.ts'
import { problemMediaType, problemOf, tellable } from './problems.ts'

/** Warnings about calls turned away: a few at once, then one each second. An overload must not flood the disk. */
const warnedAtOnce = 10
const warnedEveryMs = 1_000

export type ErrorAnswerer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Answers whatever is thrown as problem+json, logs what the operator must know, and counts what was rejected. */
export function errorAnswerer(options: HttpServerOptions): ErrorAnswerer {
  const warnings = new TokenBucket(options.clock, warnedAtOnce, warnedEveryMs)
  const note = (told: Refusal | RequestError, error: unknown, request: FastifyRequest): void => {
    const { id: requestId, method, routeOptions } = request
    const entry = { requestId, method, route: routeOptions.url, code: told.code }
    if (told instanceof Refusal) {
      options.log.debug(entry, 'refused')
      return
    }
    options.metrics.rejected(told.code)
    if (told.code === 'internal') options.log.error({ ...entry, err: error }, 'a fault')
    else if (isTurnedAway(told) && warnings.take()) {
      options.log.warn({ ...entry, err: told.cause ?? error }, 'turned away')
    } else options.log.debug({ ...entry, detail: withoutKeys(told.message) }, 'rejected')
  }
  return (error, request, reply) => {
    const told = tellable(error)
    note(told, error, request)
    return sendProblem(reply, told, request.id)
  }
}

function isTurnedAway(told: RequestError): boolean {
  return told.code === 'overloaded' || told.code === 'database_unavailable'
}

/** Warns of answers that took long. */
export function warnOfSlowAnswers(app: FastifyInstance, options: HttpServerOptions, slowMs: number): void {
  app.addHook('onResponse', (request, reply, next) => {
    if (reply.elapsedTime > slowMs) {
      const { method, id, routeOptions } = request
      options.log.warn(
        { requestId: id, method, route: routeOptions.url, ms: Math.round(reply.elapsedTime) },
        'a slow answer',
      )
    }
    next()
  })
}

function sendProblem(reply: FastifyReply, told: Refusal | RequestError, requestId: string): FastifyReply {
  const problem = problemOf(told, requestId)
  if (told.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="florin"')
  if (problem.status === 503) reply.header('retry-after', String(retryAfterOf(told)))
  return reply.code(problem.status).header('content-type', problemMediaType).send(JSON.stringify(problem))
}

function retryAfterOf(told: Refusal | RequestError): number {
  return told instanceof RequestError ? (told.retryAfterS ?? 1) : 1
}

const clientErrors: Readonly<Record<string, RequestErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** What is not even HTTP: answered on the bare socket, which is closed then. */
export function answerClientError(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = clientErrors[error.code] ?? 'malformed_request'
  const { status, title } = requestErrors[code]
  const { instance: _instance, request_id: _id, ...problem } = problemOf(new RequestError(code, title), '')
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
