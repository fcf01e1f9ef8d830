import { type Config, knownRoles, parseMarkets, parseRoles } from '../config.ts'
import { serve } from '../serve.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { usage } from './failure.ts'
import { write } from './output.ts'

const help = `Usage: florin serve [--roles api,worker] [--markets ACME-EUR,BTC-*]

Starts Florin and runs until Ctrl-C. Configuration by environment:
  FLORIN_PORT, FLORIN_HOST   where to listen (4400, 127.0.0.1)
  FLORIN_DATA                the data folder (.florin in the installation)
  DATABASE_URL               a PostgreSQL of your own, 16 or newer; then none is started
  FLORIN_ARCHIVE             a folder for backups and the archived log (florin backup --help)
  FLORIN_LOG_LEVEL           fatal, error, warn, info (default), debug, trace, silent
  FLORIN_ROLES               as --roles
  FLORIN_MARKETS             as --markets: those that the role exchange runs here (*)
  FLORIN_POOL_SIZE           database connections at most (20)
  FLORIN_BODY_LIMIT_BYTES    largest request body (1048576)
  FLORIN_QUEUE_LIMIT         calls waiting before others are answered 503 (20000)
  FLORIN_CONNECTION_LIMIT    HTTP connections at once (10000)
  FLORIN_STOP_TIMEOUT_MS     how long a stop waits for calls under way (15000)
`

export async function serveCommand(config: Config, argv: readonly string[]): Promise<void> {
  let { roles, markets } = config
  const reader = new FlagReader(argv)
  const flags = readFlags(reader, (flag) => {
    if (flag.name === 'roles') roles = rolesOf(reader.value(flag))
    else if (flag.name === 'markets') markets = marketsOf(reader.value(flag))
    else return false
    return true
  })
  refuseExtra(reader.positional)
  if (flags.help) return write(help)
  await serve({ ...config, roles, markets })
}

function rolesOf(text: string): string[] {
  const { roles, unknown } = parseRoles(text)
  if (unknown[0] !== undefined)
    throw usage(`There is no role "${unknown[0]}"; there are ${knownRoles.join(', ')}.`)
  return roles
}

function marketsOf(text: string): string[] {
  const { markets, wrong } = parseMarkets(text)
  if (wrong[0] !== undefined)
    throw usage(
      `"${wrong[0]}" names no market; write codes such as ACME-EUR, or ACME-* for all that begin so.`,
    )
  return markets
}
