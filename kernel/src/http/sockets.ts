import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { allows, type Context } from '../context.ts'
import { isConnectionLoss } from '../database.ts'
import { RequestError } from '../errors.ts'
import type { Registry } from '../registry.ts'
import { closeCode, type SocketRoute } from '../sockets.ts'
import { bearerOf, Doorkeeper, socketProtocol } from './authenticate.ts'
import { defaultHttpLimits, type HttpServerOptions } from './options.ts'
import { Connection } from './socket-connection.ts'

/** Whether a request becomes a WebSocket; anything else, also `Upgrade: h2c`, is answered as an ordinary request. */
export function upgrades(registry: Registry): (request: IncomingMessage) => boolean {
  const paths = new Set(registry.sockets.map((route) => route.path))
  return ({ headers, url = '' }) =>
    headers.upgrade?.toLowerCase() === 'websocket' && paths.has(url.split('?')[0] ?? '')
}

/** A connection with what its caller presented, which is looked at again and again. */
interface Member {
  readonly connection: Connection
  readonly route: SocketRoute
  readonly secret: string
}

/** The WebSockets of all modules. */
export class Sockets {
  readonly #options: HttpServerOptions
  readonly #limits: typeof defaultHttpLimits.sockets
  readonly #doorkeeper: Doorkeeper
  readonly #members = new Set<Member>()
  readonly #heartbeat: NodeJS.Timeout
  #whenEmpty: (() => void) | undefined
  #stopping = false

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.#limits = { ...defaultHttpLimits.sockets, ...options.limits?.sockets }
    this.#doorkeeper = new Doorkeeper(options)
    this.#heartbeat = setInterval(() => this.#beat(), this.#limits.heartbeatMs)
    this.#heartbeat.unref()
    for (const { name } of options.registry.sockets)
      options.metrics.watchSockets(name, () => this.#count((member) => member.route.name === name))
  }

  /** Adds the routes. `left` is called for each request that becomes a connection: no answer of it will be seen. */
  async add(app: FastifyInstance, left: () => void): Promise<void> {
    const { sockets } = this.#options.registry
    if (sockets.length === 0) return
    const maxPayload = Math.max(...sockets.map((route) => route.limits.messageBytes))
    await app.register(websocket, {
      options: {
        maxPayload,
        perMessageDeflate: false,
        // Never one that has a key in it.
        handleProtocols: (offered: Set<string>) => (offered.has(socketProtocol) ? socketProtocol : false),
      },
      // Everything is closed before; what is left is cut.
      preClose: (done) => done(),
      errorHandler: (error, socket) => {
        this.#options.log.debug({ err: error }, 'a socket failed')
        socket.terminate()
      },
    })
    for (const route of sockets) this.#addRoute(app, route, left)
  }

  #addRoute(app: FastifyInstance, route: SocketRoute, left: () => void): void {
    app.route({
      method: 'GET',
      url: route.path,
      onRequest: async (request) => this.#admit(request, route),
      preHandler: (request, _reply, next) => {
        if (request.ws) left()
        next()
      },
      handler: (_request: FastifyRequest, reply: FastifyReply) => {
        reply.headers({ upgrade: 'websocket', connection: 'upgrade' })
        throw new RequestError('upgrade_required', `${route.path} speaks WebSocket`)
      },
      wsHandler: (socket, request) => this.#welcome(socket, request, route),
    })
  }

  /** Refuses before the upgrade, where a problem can still be told. */
  async #admit(request: FastifyRequest, route: SocketRoute): Promise<void> {
    if (this.#stopping) throw new RequestError('shutting_down', 'This server is stopping', 1)
    const actor = await this.#doorkeeper.actorOf(request)
    request.actor = actor
    if (!allows(actor, route.permission)) {
      const context = this.#contextOf(request)
      await this.#options.engine.recordAttempt({
        action: route.name,
        outcome: 'denied',
        code: 'forbidden',
        context,
        input: { missing: route.permission },
      })
      throw new RequestError('forbidden', `${actor.id} lacks the permission ${route.permission}`)
    }
    if (this.#members.size >= this.#limits.connections)
      throw new RequestError('overloaded', 'There are too many connections', 5)
    const own = this.#count((member) => member.route === route && actorIdOf(member) === actor.id)
    if (own >= route.limits.perCaller) {
      throw new RequestError('overloaded', `${actor.id} has ${own} connections here; no more are allowed`, 5)
    }
  }

  #welcome(socket: WebSocket, request: FastifyRequest, route: SocketRoute): void {
    const secret = bearerOf(request)
    const connection = new Connection(
      socket,
      route,
      this.#contextOf(request),
      this.#options,
      this.#limits.closeMs,
    )
    const member = { connection, route, secret: secret ?? '' }
    this.#members.add(member)
    const { database, clock, random, log } = this.#options
    connection.open({ database, clock, random, log }, () => this.#leave(member))
    // Stopping may have begun while the handshake was under way.
    if (this.#stopping) connection.close(closeCode.goingAway, 'This server is stopping')
  }

  #leave(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size === 0) this.#whenEmpty?.()
  }

  /** Closes all connections with 1001, and cuts those that do not close within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    clearInterval(this.#heartbeat)
    if (this.#members.size === 0) return
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
    for (const { connection } of this.#members)
      connection.close(closeCode.goingAway, 'This server is stopping')
    const cutter = setTimeout(() => {
      for (const { connection } of this.#members) connection.cut()
    }, graceMs)
    await empty
    clearTimeout(cutter)
  }

  #beat(): void {
    for (const member of this.#members) {
      member.connection.beat()
      void this.#recheck(member)
    }
  }

  /** A revoked key loses its connections within a heartbeat. */
  async #recheck({ connection, route, secret }: Member): Promise<void> {
    try {
      const actor = await this.#options.keyRing.actorOf(secret)
      if (actor === undefined || !allows(actor, route.permission))
        connection.close(closeCode.policy, 'The API key is no longer valid')
    } catch (error) {
      // Nobody is thrown out because the database is away; the next heartbeat asks again.
      if (!isConnectionLoss(error)) this.#options.log.warn({ err: error }, 'a key could not be checked again')
    }
  }

  #count(fits: (member: Member) => boolean): number {
    let count = 0
    for (const member of this.#members) if (fits(member)) count++
    return count
  }

  #contextOf(request: FastifyRequest): Context {
    const { clock, random } = this.#options
    if (request.actor === undefined) throw new Error('A connection came past the doorkeeper')
    return { actor: request.actor, requestId: request.id, sourceIp: request.ip, clock, random }
  }
}

function actorIdOf({ connection }: Member): string {
  return connection.context.actor.id
}
