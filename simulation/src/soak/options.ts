/** What a soak of the ledger is asked for. */
export interface LedgerSoakOptions {
  readonly of: 'ledger'
  readonly minutes: number
  readonly seed: number
  readonly processes: number
  readonly faults: readonly FaultName[]
}

/** What a soak of the exchange is asked for. */
export interface ExchangeSoakOptions {
  readonly of: 'exchange'
  /** Commands that traders send, all together. */
  readonly commands: number
  readonly seed: number
  /** Traders, each with a session and an account of its own. */
  readonly sessions: number
  readonly faults: readonly ExchangeFaultName[]
}

export const faultNames = [
  'cut',
  'gone',
  'silent',
  'slow wire',
  'slow flush',
  'kill server',
  'kill backend',
  'kill process',
  'stop process',
  'no connections',
] as const
export type FaultName = (typeof faultNames)[number]

export const exchangeFaultNames = [
  'kill owner',
  'stop owner',
  'kill other',
  'kill server',
  'cut database',
  'cut clients',
] as const
export type ExchangeFaultName = (typeof exchangeFaultNames)[number]

export const help = `Usage: npm run soak -- [--minutes N] [--seed S] [--processes N] [--faults "cut,kill server"]
       npm run soak -- --exchange [--commands N] [--seed S] [--sessions N] [--faults "kill owner,cut clients"]

Generated histories over the commands of the ledger, each step compared with a naive model, beside a load of postings by
several processes, while the wire, PostgreSQL and processes fail again and again. At the end everything that was
acknowledged must be there once, and verify must find nothing.

With --exchange: two processes of "florin serve" on one PostgreSQL, and traders who send a market as much as it takes,
while whoever runs the market is killed and stopped, PostgreSQL is killed, and connections are cut. At the end every
command has exactly one answer, a new process comes to the same digests, and trades, history, records and ledger are one.
Ctrl-C ends it early, and what was done until then is proved.

  --minutes    how long (1)
  --commands   how many the traders send (1000000)
  --seed       of histories, orders, and the order of the faults (a new one each time, printed)
  --processes  Florins that post, beside the one that tells histories (2)
  --sessions   traders (8)
  --faults     ${faultNames.join(', ')} (all)
               with --exchange: ${exchangeFaultNames.join(', ')} (all)
`

const flagsOf = {
  ledger: ['minutes', 'seed', 'processes', 'faults'],
  exchange: ['commands', 'seed', 'sessions', 'faults'],
} as const

/** Reads the flags; throws a sentence for whoever typed them. */
export function readOptions(argv: readonly string[], seed: number): LedgerSoakOptions | ExchangeSoakOptions {
  const of = argv.includes('--exchange') ? 'exchange' : 'ledger'
  const given = readFlags(
    argv.filter((word) => word !== '--exchange'),
    flagsOf[of],
  )
  const number = (name: string, fallback: number, most: number): number => {
    const text = given.get(name) ?? String(fallback)
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value <= most) return value
    throw new Error(`--${name} is a number up to ${most}, not "${text}"`)
  }
  const whole = (name: string, fallback: number, most: number) => Math.floor(number(name, fallback, most))
  const common = { seed: whole('seed', seed, 2 ** 31) }
  if (of === 'exchange')
    return {
      of,
      ...common,
      commands: whole('commands', 1_000_000, 20_000_000),
      sessions: Math.max(1, whole('sessions', 8, 64)),
      faults: readFaults(given.get('faults'), exchangeFaultNames),
    }
  return {
    of,
    ...common,
    minutes: number('minutes', 1, 10_000),
    processes: whole('processes', 2, 16),
    faults: readFaults(given.get('faults'), faultNames),
  }
}

function readFlags(argv: readonly string[], known: readonly string[]): Map<string, string> {
  const given = new Map<string, string>()
  for (let i = 0; i < argv.length; i += 2) {
    const [word = '', value] = argv.slice(i, i + 2)
    const name = word.replace(/^--/, '')
    if (!word.startsWith('--') || !known.includes(name) || value === undefined) throw new Error(help)
    given.set(name, value)
  }
  return given
}

function readFaults<T extends string>(text: string | undefined, names: readonly T[]): T[] {
  const wanted = text?.split(',').map((name) => name.trim())
  const faults = names.filter((name) => wanted?.includes(name) ?? true)
  const unknown = wanted?.find((name) => !faults.some((one) => one === name))
  if (unknown !== undefined) throw new Error(`There is no fault "${unknown}"; there are ${names.join(', ')}`)
  return faults
}
