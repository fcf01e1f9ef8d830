import type { IncomingHttpHeaders, Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type FastifyInstance, fastify, type InjectOptions } from 'fastify'
import { RequestError } from '../errors.ts'
import { addDocs } from './docs.ts'
import { answerClientError, type ErrorAnswerer, errorAnswerer, warnOfSlowAnswers } from './errors.ts'
import { requestIdOf } from './headers.ts'
import { addHealth } from './health.ts'
import { parseJson } from './json.ts'
import { addMetrics } from './metrics-route.ts'
import { openApiDocument } from './openapi/document.ts'
import { addOperations, jsonMediaType } from './operations.ts'
import { defaultHttpLimits, type HttpLimits, type HttpServerOptions } from './options.ts'
import { addNotFound } from './routes.ts'
import { Sockets, upgrades } from './sockets.ts'

export interface InjectedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly body: string
}

/** Florin's HTTP API. */
export interface HttpServer {
  /** Starts to listen and says where, such as `http://127.0.0.1:4400`. Port 0: one that is free. */
  listen(options: { host: string; port: number }): Promise<string>
  /** Answers a request without a network. */
  inject(request: {
    method: string
    path: string
    headers?: Readonly<Record<string, string>>
    body?: string
  }): Promise<InjectedAnswer>
  /**
   * Accepts no more, closes WebSockets with 1001, answers 503 `shutting_down` on the connections that are left, waits for the calls under way
   * at most `graceMs`, then cuts what is left. Says whether all calls had ended by themselves.
   */
  stop(graceMs: number): Promise<boolean>
}

/** Headers of every answer of the API; the pages under /docs have helmet's instead. */
const answerHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...defaultHttpLimits, ...options.limits }
  const state = { stopping: false, running: 0 }
  const answerError = errorAnswerer(options)
  const app = createApp(options, limits, answerError)
  const sockets = new Sockets(options)
  addBodyParser(app)
  app.setErrorHandler(answerError)
  warnOfSlowAnswers(app, options, limits.slowMs)
  addNotFound(app)
  app.addHook('onRequest', (request, reply, next) => {
    state.running++
    reply.headers(answerHeaders).header('x-request-id', request.id)
    if (state.stopping) reply.header('connection', 'close')
    next()
  })
  app.addHook('onResponse', (_request, _reply, next) => {
    state.running--
    next()
  })
  const stopping = (): boolean => state.stopping
  await sockets.add(app, () => state.running--)
  addOperations(app, options, stopping)
  addHealth(app, options, stopping)
  addMetrics(app, options)
  const description = JSON.stringify(openApiDocument(options.registry, options.version))
  app.get('/openapi.json', (_request, reply) => reply.type(jsonMediaType).send(description))
  app.get('/', (_request, reply) => reply.redirect('/docs', 302))
  await addDocs(app)
  await app.ready()
  return {
    listen: async ({ host, port }) => {
      const address = await app.listen({ host, port, backlog: 1_024 })
      app.server.maxConnections = limits.connections
      return address
    },
    inject: async ({ method, path, headers, body }) => {
      const request = {
        method,
        url: path,
        headers: { ...headers },
        ...(body === undefined ? {} : { payload: body }),
      }
      const answer = await app.inject(request as InjectOptions)
      return { status: answer.statusCode, headers: answer.headers, body: answer.body }
    },
    stop: async (graceMs) => {
      state.stopping = true
      const closed = sockets.stop(Math.min(graceMs, limits.sockets.closeMs))
      const ended = await drain(app.server, state, graceMs)
      await closed
      app.server.closeAllConnections()
      await app.close()
      return ended
    },
  }
}

function createApp(
  options: HttpServerOptions,
  limits: HttpLimits,
  answerError: ErrorAnswerer,
): FastifyInstance {
  return fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id'], options.clock, options.random),
    requestIdHeader: false,
    bodyLimit: limits.bodyBytes,
    routerOptions: {
      // Longer addresses exist than find-my-way's 100 characters; their schemas bound them.
      maxParamLength: 4_096,
      // Query strings are read strictly by the operations that have one.
      querystringParser: () => ({}),
    },
    return503OnClosing: false,
    forceCloseConnections: true,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestTimeoutMs,
    clientErrorHandler: answerClientError,
    // Broken percent-encoding in the path: refused before any hook runs.
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...answerHeaders, 'x-request-id': request.id })
      answerError(error, request, reply)
    },
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
      shouldUpgradeCallback: upgrades(options.registry),
    },
  })
}

/** JSON alone; an empty body is an empty one, for commands whose input is all in the path. */
function addBodyParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseEncodings(request.headers)
      done(null, body.length === 0 ? undefined : parseJson(Buffer.isBuffer(body) ? body : Buffer.from(body)))
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** JSON is UTF-8 (RFC 8259), and a compressed body could grow beyond any limit. */
function refuseEncodings(headers: IncomingHttpHeaders): void {
  const type = headers['content-type']
  const charset = type === 'application/json' ? undefined : /;\s*charset="?([^";\s]+)/i.exec(type ?? '')?.[1]
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new RequestError('unsupported_media_type', `Bodies are UTF-8, not ${charset.slice(0, 40)}`)
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RequestError('unsupported_media_type', 'Bodies are not compressed')
  }
}

const pollMs = 10
/** Whoever has just sent a request gets an answer, too: connections are cut once it has been quiet for this long. */
const quietMs = 50

/** Stops accepting but keeps the connections, so that whoever is about to send gets an answer and no reset. */
async function drain(server: Server, state: { running: number }, graceMs: number): Promise<boolean> {
  if (server.listening) NetServer.prototype.close.call(server)
  const until = performance.now() + graceMs
  for (let busyAt = performance.now(); ; ) {
    const now = performance.now()
    if (state.running > 0) busyAt = now
    if (now >= until || now - busyAt >= quietMs) return state.running === 0
    await delay(pollMs)
  }
}
