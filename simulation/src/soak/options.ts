/** What a soak is asked for. */
export interface SoakOptions {
  readonly minutes: number
  readonly seed: number
  readonly processes: number
  readonly faults: readonly FaultName[]
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

export const help = `Usage: npm run soak -- [--minutes N] [--seed S] [--processes N] [--faults "cut,kill server"]

Generated histories over the commands of the ledger, each step compared with a naive model, beside a load of postings by
several processes, while the wire, PostgreSQL and processes fail again and again. At the end everything that was
acknowledged must be there once, and verify must find nothing.

  --minutes    how long (1)
  --seed       of the histories and of the order of the faults (a new one each time, printed)
  --processes  Florins that post, beside the one that tells histories (2)
  --faults     ${faultNames.join(', ')} (all)
`

/** Reads the flags; throws a sentence for whoever typed them. */
export function readOptions(argv: readonly string[], seed: number): SoakOptions {
  const given = new Map<string, string>()
  for (let i = 0; i < argv.length; i += 2) {
    const [name = '', value] = argv.slice(i, i + 2)
    if (!/^--(minutes|seed|processes|faults)$/.test(name) || value === undefined) throw new Error(help)
    given.set(name.slice(2), value)
  }
  const number = (name: string, fallback: number, most: number): number => {
    const text = given.get(name) ?? String(fallback)
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value <= most) return value
    throw new Error(`--${name} is a number up to ${most}, not "${text}"`)
  }
  const wanted = given
    .get('faults')
    ?.split(',')
    .map((name) => name.trim())
  const faults = faultNames.filter((name) => wanted?.includes(name) ?? true)
  const unknown = wanted?.find((name) => !faults.some((one) => one === name))
  if (unknown !== undefined)
    throw new Error(`There is no fault "${unknown}"; there are ${faultNames.join(', ')}`)
  return {
    minutes: number('minutes', 1, 10_000),
    seed: Math.floor(number('seed', seed, 2 ** 31)),
    processes: Math.floor(number('processes', 2, 16)),
    faults,
  }
}
