import { connect } from 'node:net'
import { createLog, insertKey, KeyRing, Metrics, newSecret, systemRandom } from '@florin/kernel'
import { createHttpServer, type HttpLimits, type HttpServer, type Problem } from '@florin/kernel/http'
import { createWorld, quickRetry, type World, type WorldOptions } from '@florin/kernel/testing'
import { modules } from './probe.ts'

/** A world with its HTTP server, and a key that may do everything. */
export interface Site {
  readonly world: World
  readonly http: HttpServer
  readonly url: string
  readonly secret: string
  /** What was logged so far, at every level. */
  readonly logged: () => string
  readonly metrics: Metrics
  close(): Promise<void>
}

export interface SiteOptions {
  readonly limits?: Partial<HttpLimits>
  readonly openMetrics?: boolean
  readonly readiness?: Readonly<Record<string, () => Promise<boolean>>>
  /** Where the database comes from: the shared server unless given. */
  readonly createDatabase?: NonNullable<WorldOptions['createDatabase']>
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const { createDatabase, ...serverOptions } = options
  const world = await createWorld({ modules, ...(createDatabase === undefined ? {} : { createDatabase }) })
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => lines.push(line) })
  const metrics = new Metrics()
  const { engine, database } = world.secondEngine({ log })
  const secret = newSecret(systemRandom)
  await insertKey(world.adminDatabase, keyNamed(world, 'admin', secret, ['*']), world.clock.now())
  const http = await createHttpServer({
    engine,
    registry: world.registry,
    database,
    log,
    metrics,
    keyRing: new KeyRing(database, world.clock),
    clock: world.clock,
    random: systemRandom,
    version: '0.0.0',
    retry: quickRetry,
    ...serverOptions,
  })
  return {
    world,
    http,
    url: await http.listen({ host: '127.0.0.1', port: 0 }),
    secret,
    logged: () => lines.join(''),
    metrics,
    close: async () => {
      await http.stop(1_000)
      await world.close()
    },
  }
}

export function keyNamed(world: World, name: string, secret: string, permissions: readonly string[]) {
  return { id: world.context().requestId, name, secret, permissions, expiresAt: null, createdBy: 'test' }
}

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Without it the call bears the key. */
  readonly anonymous?: boolean
}

let calls = 0

/** Sends a request with everything that a good one has, unless told otherwise. */
export function send(site: Site, path: string, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = {
    ...(call.anonymous === true ? {} : { authorization: `Bearer ${site.secret}` }),
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    'idempotency-key': `call-${calls++}`,
    ...call.headers,
  }
  return fetch(`${site.url}${path}`, {
    method: call.method ?? (call.body === undefined ? 'GET' : 'POST'),
    headers,
    body: call.body ?? null,
    redirect: 'manual',
  })
}

/** Status and code of an answer that should be a problem. */
export async function problem(answer: Response | Promise<Response>): Promise<Problem> {
  const response = await answer
  const mediaType = response.headers.get('content-type')
  if (mediaType !== 'application/problem+json; charset=utf-8')
    throw new Error(`${response.status} ${mediaType}`)
  return (await response.json()) as Problem
}

export async function refusedWith(answer: Promise<Response>): Promise<string> {
  const { status, code } = await problem(answer)
  return `${status} ${code}`
}

/** Sends bytes as they are and collects what comes back until the server closes. */
export function sendRaw(site: Site, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1')
    socket.on('data', (data) => {
      received += data.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
    socket.write(Buffer.from(text, 'latin1'))
  })
}
