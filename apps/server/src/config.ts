import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How this Florin is to run. Everything comes from the environment and is checked before anything starts. */
export interface Config {
  readonly host: string
  readonly port: number
  /** Everything Florin keeps on this machine. */
  readonly dataDir: string
  /** A PostgreSQL of the user's own; without it the embedded one is started. */
  readonly databaseUrl: string | undefined
  readonly logLevel: (typeof logLevels)[number]
  /** Where backups are, and the write-ahead log of the embedded PostgreSQL is kept; none is kept without it. */
  readonly archive: string | undefined
  /** Database connections at most. */
  readonly poolSize: number
  /** Largest HTTP body of operations that set none of their own, bytes. */
  readonly bodyLimitBytes: number
  /** Calls waiting or running before further ones are answered 503. */
  readonly queueLimit: number
  /** HTTP connections at once. */
  readonly connectionLimit: number
  /** How long a stop waits for the calls under way. */
  readonly stopTimeoutMs: number
  readonly roles: readonly string[]
  /** Markets that the role `exchange` runs here: codes, or beginnings of codes with a `*`. */
  readonly markets: readonly string[]
  /** How often the role `verifier` looks at the books. */
  readonly verifyEveryMs: number
  /** The server that the command line talks to, and the key it shows. */
  readonly url: string | undefined
  readonly key: string | undefined
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Roles of `florin serve`; background work of a module names the role that runs it. */
export const knownRoles = ['api', 'worker', 'verifier', 'exchange', 'follower'] as const

/** The root of the installation: `.florin` lies there whatever the current folder is. */
export const installationRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

/** Where the first admin key is written. */
export function adminKeyFile(dataDir: string): string {
  return resolve(dataDir, 'admin.key')
}

/** Where a server on a database of the user's own leaves its address for the command line. */
export function addressFile(dataDir: string): string {
  return resolve(dataDir, 'address')
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

const known = [
  'FLORIN_ARCHIVE',
  'FLORIN_BODY_LIMIT_BYTES',
  'FLORIN_CONNECTION_LIMIT',
  'FLORIN_DATA',
  'FLORIN_HOST',
  'FLORIN_KEY',
  'FLORIN_LOG_LEVEL',
  'FLORIN_MARKETS',
  'FLORIN_POOL_SIZE',
  'FLORIN_PORT',
  'FLORIN_QUEUE_LIMIT',
  'FLORIN_ROLES',
  'FLORIN_STOP_TIMEOUT_MS',
  'FLORIN_URL',
  'FLORIN_VERIFY_EVERY',
]

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the configuration; throws ConfigError with one sentence for each thing that is wrong. */
export function readConfig(env: Environment): Config {
  const reader = new Reader(env)
  const config: Config = {
    host: reader.text('FLORIN_HOST') ?? '127.0.0.1',
    port: reader.integer('FLORIN_PORT', 0, 65_535) ?? 4400,
    dataDir: resolve(reader.text('FLORIN_DATA') ?? resolve(installationRoot, '.florin')),
    databaseUrl: reader.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    archive: reader.path('FLORIN_ARCHIVE'),
    logLevel: reader.choice('FLORIN_LOG_LEVEL', logLevels) ?? 'info',
    poolSize: reader.integer('FLORIN_POOL_SIZE', 4, 1_000) ?? 20,
    bodyLimitBytes: reader.integer('FLORIN_BODY_LIMIT_BYTES', 1_024, 1_073_741_824) ?? 1_048_576,
    queueLimit: reader.integer('FLORIN_QUEUE_LIMIT', 1, 10_000_000) ?? 20_000,
    connectionLimit: reader.integer('FLORIN_CONNECTION_LIMIT', 1, 1_000_000) ?? 10_000,
    stopTimeoutMs: reader.integer('FLORIN_STOP_TIMEOUT_MS', 0, 3_600_000) ?? 15_000,
    roles: reader.list('FLORIN_ROLES', knownRoles) ?? knownRoles,
    markets: reader.patterns('FLORIN_MARKETS') ?? ['*'],
    verifyEveryMs: reader.duration('FLORIN_VERIFY_EVERY') ?? 86_400_000,
    url: reader.url('FLORIN_URL', ['http:', 'https:'])?.replace(/\/+$/, ''),
    key: reader.text('FLORIN_KEY'),
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return config
}

/** Variables that look like ours and mean nothing: most likely typing errors. */
export function unknownVariables(env: Environment): string[] {
  const ours = (name: string): boolean => name.startsWith('FLORIN_') && !name.startsWith('FLORIN_TEST_')
  return Object.keys(env)
    .filter((name) => ours(name) && !known.includes(name))
    .sort()
}

export function parseRoles(text: string): { roles: string[]; unknown: string[] } {
  const roles = text.split(',').map((role) => role.trim())
  return { roles, unknown: roles.filter((role) => !knownRoles.some((one) => one === role)) }
}

/** A market's code, or how codes begin with a `*` after it. */
const marketPattern = /^(\*|[A-Z0-9][A-Z0-9.-]{0,31}\*?)$/

export function parseMarkets(text: string): { markets: string[]; wrong: string[] } {
  const markets = text.split(',').map((market) => market.trim())
  return { markets, wrong: markets.filter((market) => !marketPattern.test(market)) }
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

class Reader {
  readonly problems: string[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** An empty variable counts as none. */
  text(name: string): string | undefined {
    const value = this.#env[name]
    return value === undefined || value.trim() === '' ? undefined : value
  }

  path(name: string): string | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : resolve(text)
  }

  integer(name: string, least: number, most: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (/^\d{1,15}$/.test(text) && value >= least && value <= most) return value
    this.problems.push(`${name} must be a whole number from ${least} to ${most}; it is "${text}".`)
    return undefined
  }

  /** Such as `90s`, `15m`, `6h` or `1d`; at least ten seconds and at most a year. Milliseconds. */
  duration(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const [, count, unit] = /^(\d{1,8})([smhd])$/.exec(text) ?? []
    const ms = Number(count) * (unitMs[unit ?? ''] ?? Number.NaN)
    if (ms >= 10_000 && ms <= 366 * 86_400_000) return ms
    this.problems.push(`${name} must be a time from 10s to 366d, such as 6h or 1d; it is "${text}".`)
    return undefined
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    const choice = choices.find((one) => one === text)
    if (text !== undefined && choice === undefined) {
      this.problems.push(`${name} must be one of ${choices.join(', ')}; it is "${text}".`)
    }
    return choice
  }

  list(name: string, choices: readonly string[]): string[] | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const items = text.split(',').map((item) => item.trim())
    if (items.every((item) => choices.includes(item))) return items
    this.problems.push(`${name} must be one or more of ${choices.join(',')}; it is "${text}".`)
    return undefined
  }

  patterns(name: string): string[] | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const { markets, wrong } = parseMarkets(text)
    if (wrong.length === 0) return markets
    this.problems.push(`${name} must name markets such as ACME-EUR or ACME-*; it is "${text}".`)
    return undefined
  }

  /** The value itself is not repeated in the message: a URL may hold a password. */
  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const protocol = URL.canParse(text) ? new URL(text).protocol : ''
    if (protocols.includes(protocol)) return text
    this.problems.push(
      `${name} must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}.`,
    )
    return undefined
  }
}
