import {
  createLog,
  type Database,
  defineModule,
  insertKey,
  KeyRing,
  kernelModule,
  Metrics,
  newSecret,
  Registry,
  type RunningService,
  type SocketRoute,
  systemRandom,
} from '@florin/kernel'
import { createHttpServer, type HttpServer } from '@florin/kernel/http'
import { quickRetry, type World } from '@florin/kernel/testing'
import { ledgerModule } from '@florin/ledger'
import { sessionService } from '../../src/gateway/disconnects.ts'
import { exchangeModule, MarketHost, type MarketRecord, type Sequencer } from '../../src/index.ts'
import { microsecondClock } from '../../src/sequencer/clock.ts'
import { runBy } from './market.ts'

/** A process with a server and markets of its own. */
export interface Site {
  readonly database: Database
  readonly host: MarketHost
  readonly http: HttpServer
  readonly url: string
  readonly metrics: Metrics
  sequencer(market: MarketRecord): Promise<Sequencer>
  /** A key that may do this much. */
  secret(permissions: readonly string[]): Promise<string>
  close(): Promise<void>
}

let elapsed = 0
let keys = 0

export async function openSite(
  world: World,
  sockets: readonly SocketRoute[] = exchangeModule.sockets ?? [],
): Promise<Site> {
  const metrics = new Metrics()
  const log = createLog('silent')
  const { engine, database } = world.secondEngine({ log })
  const registry = new Registry([kernelModule, ledgerModule, defineModule({ ...exchangeModule, sockets })])
  const http = await createHttpServer({
    engine,
    registry,
    database,
    log,
    metrics,
    keyRing: new KeyRing(database, world.clock),
    clock: world.clock,
    random: systemRandom,
    version: '0.0.0',
    retry: quickRetry,
    limits: { sockets: { connections: 100, heartbeatMs: 60_000, closeMs: 2_000 } },
  })
  const url = await http.listen({ host: '127.0.0.1', port: 0 })
  const host = new MarketHost({
    database,
    log,
    clock: microsecondClock(world.clock, () => elapsed++, 'test clock'),
    elapsedMs: () => elapsed,
    owner: `site ${url}`,
    address: url,
  })
  const service: RunningService = sessionService.start({
    database,
    log,
    metrics,
    clock: world.clock,
    random: systemRandom,
    address: url,
    context: () => world.context(),
    execute: (command, input, context) => engine.execute(command, input, context),
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await http.stop(1_000)
    await service.stop()
    await host.stop()
  }
  return {
    database,
    host,
    http,
    url,
    metrics,
    sequencer: (market) => runBy(host, market),
    async secret(permissions) {
      const secret = newSecret(systemRandom)
      const id = world.context().requestId
      const name = `key-${++keys}`
      const key = { id, name, secret, permissions, expiresAt: null, createdBy: 'test' }
      await insertKey(world.adminDatabase, key, world.clock.now())
      return secret
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

export type Message = Readonly<Record<string, unknown>> & { readonly type: string }

/** A client that keeps what it is told. */
export class Client {
  readonly socket: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number; reason: string }>
  /** Everything that came so far. */
  readonly received: Message[] = []
  readonly #waiting: { fits: (message: Message) => boolean; resolve: (message: Message) => void }[] = []
  #taken = 0
  #ref = 0

  constructor(site: Site, path: string, secret: string) {
    this.socket = new WebSocket(`${site.url.replace('http', 'ws')}${path}`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener('open', () => resolve())
      this.socket.addEventListener('error', () => reject(new Error('not opened')))
    })
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
    })
    this.opened.catch(() => undefined)
    this.socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Message))
  }

  /** Sends a message with the next number, which it gives. */
  send(message: object): number {
    const ref = ++this.#ref
    this.socket.send(JSON.stringify({ ref, ...message }))
    return ref
  }

  /** The next message, or the next that fits, of those that were not taken yet. */
  next(fits: (message: Message) => boolean = () => true): Promise<Message> {
    for (let at = this.#taken; at < this.received.length; at++) {
      const message = this.received[at]
      if (message !== undefined && fits(message)) {
        this.#taken = at + 1
        return Promise.resolve(message)
      }
    }
    return new Promise((resolve) => this.#waiting.push({ fits, resolve }))
  }

  /** Sends, and gives the message that answers it. */
  ask(message: object): Promise<Message> {
    const ref = this.send(message)
    return this.next((answer) => answer.ref === ref)
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.closed
  }

  #take(message: Message): void {
    this.received.push(message)
    const at = this.#waiting.findIndex(({ fits }) => fits(message))
    if (at === -1) return
    const [waiter] = this.#waiting.splice(at, 1)
    this.#taken = this.received.length
    waiter?.resolve(message)
  }
}

export async function connected(site: Site, path: string, secret: string): Promise<Client> {
  const client = new Client(site, path, secret)
  await client.opened
  return client
}
