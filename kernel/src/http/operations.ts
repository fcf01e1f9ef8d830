import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Actor, Context } from '../context.ts'
import { RequestError } from '../errors.ts'
import type { Answer } from '../pipeline/outcomes.ts'
import type { Command, Query } from '../registry.ts'
import { Doorkeeper } from './authenticate.ts'
import { reasonOf, traceOf } from './headers.ts'
import { inputReader, type RequestParts } from './input.ts'
import { defaultHttpLimits, type HttpServerOptions } from './options.ts'
import { formatFor, Streams } from './streaming.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set before the body is read. */
    actor: Actor | undefined
  }
}

export const jsonMediaType = 'application/json; charset=utf-8'

/** Adds one route for each registered operation. */
export function addOperations(
  app: FastifyInstance,
  options: HttpServerOptions,
  stopping: () => boolean,
): void {
  const doorkeeper = new Doorkeeper(options)
  const streams = new Streams(options)
  app.decorateRequest('actor', undefined)
  // Before the body: strangers can't make us read theirs.
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    if (stopping()) throw new RequestError('shutting_down', 'This server is stopping', 1)
    request.actor = await doorkeeper.actorOf(request)
  }
  const add = (operation: Command | Query, handler: Handler): void => {
    app.route({
      method: operation.http.method,
      url: operation.http.path.replaceAll(/\{([^}]+)\}/g, ':$1'),
      bodyLimit: operation.bodyLimit ?? options.limits?.bodyBytes ?? defaultHttpLimits.bodyBytes,
      onRequest,
      handler,
    })
  }
  for (const command of options.registry.commands.values()) add(command, commandHandler(options, command))
  for (const query of options.registry.queries.values()) add(query, queryHandler(options, query, streams))
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

function commandHandler(options: HttpServerOptions, command: Command): Handler {
  const read = inputReader(command)
  return async (request, reply) => {
    formatFor(request.headers.accept, [])
    const answer = await options.engine.execute(command, read(partsOf(request)), contextOf(options, request))
    return sendAnswer(reply, answer)
  }
}

function queryHandler(options: HttpServerOptions, query: Query, streams: Streams): Handler {
  const read = inputReader(query)
  const { formats = [] } = query
  return async (request, reply) => {
    const input = read(partsOf(request))
    const context = contextOf(options, request)
    const format = formatFor(request.headers.accept, formats)
    if (formats.length > 0) reply.header('vary', 'Accept')
    if (format !== undefined) return streams.send(reply, query, format, input, context)
    const output = await options.engine.ask(query, input, context)
    return sendJson(reply, 200, output)
  }
}

/** 200 for what was done, also when it created something: a replay must say the same as the first answer. */
function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.replayed) reply.header('idempotency-replayed', 'true')
  switch (answer.status) {
    case 'done':
      return sendJson(reply, 200, answer.output)
    case 'pending':
      reply.header('location', `/v1/approvals/${answer.id}`)
      return sendJson(reply, 202, { status: 'pending', ...answer.approval })
    case 'refused':
      throw answer.refusal
  }
}

function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).header('content-type', jsonMediaType).send(JSON.stringify(body))
}

function partsOf(request: FastifyRequest): RequestParts {
  // Routes without schemas: Fastify hands out the parameters as the strings they are.
  return { target: request.url, parameters: request.params as Record<string, string>, body: request.body }
}

function contextOf(options: HttpServerOptions, request: FastifyRequest): Context {
  const { actor, headers } = request
  if (actor === undefined) throw new Error('A request came past the doorkeeper')
  return {
    actor,
    requestId: request.id,
    idempotencyKey: headerOf(headers['idempotency-key']),
    reason: reasonOf(headers['florin-reason']),
    sourceIp: request.ip,
    trace: traceOf(headers.traceparent),
    clock: options.clock,
    random: options.random,
  }
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
