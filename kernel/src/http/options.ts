import type { Clock } from '../clock.ts'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Engine } from '../pipeline/engine.ts'
import type { RetryPolicy } from '../pipeline/retry.ts'
import type { Random } from '../random.ts'
import type { Registry } from '../registry.ts'
import type { Authenticator } from './authenticate.ts'

export interface HttpServerOptions {
  readonly engine: Engine
  readonly registry: Registry
  readonly keyRing: Authenticator
  readonly database: Database
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  /** Florin's version, told in the API's description. */
  readonly version: string
  /** Further parts of `/health/ready`, each true when ready. The database is always one. */
  readonly readiness?: Readonly<Record<string, () => Promise<boolean>>>
  /** What `/health/ready` mentions beside its parts, such as when the books were last verified; never makes it unready. */
  readonly notes?: Readonly<Record<string, () => Promise<string>>>
  /** Whether `/metrics` needs no key. Default: true; set it to false where others can reach the port. */
  readonly openMetrics?: boolean
  readonly limits?: Partial<HttpLimits>
  readonly retry?: RetryPolicy
}

export interface HttpLimits {
  /** Largest body of operations that set none of their own, bytes. */
  readonly bodyBytes: number
  readonly connections: number
  /** A request's headers, and the whole of it, must have arrived within. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** An idle connection is kept for. Longer than a load balancer's, which would else meet closed connections. */
  readonly keepAliveMs: number
  /** Streams at once, each of which holds a database connection, and waiting. */
  readonly streams: { readonly running: number; readonly waiting: number }
  /** A reader that takes nothing of a stream for this long is dropped. */
  readonly streamStallMs: number
  /** WebSockets at once, how often each must give a sign of life, and how long one may take to close. */
  readonly sockets: { readonly connections: number; readonly heartbeatMs: number; readonly closeMs: number }
  /** Requests that take longer are logged as warnings. */
  readonly slowMs: number
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytes: 1024 * 1024,
  connections: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 65_000,
  streams: { running: 2, waiting: 20 },
  streamStallMs: 20_000,
  sockets: { connections: 2_000, heartbeatMs: 15_000, closeMs: 5_000 },
  slowMs: 1_000,
}
