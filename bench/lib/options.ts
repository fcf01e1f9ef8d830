import { parseArgs } from 'node:util'

/** What a run of the benchmarks was asked for. */
export interface BenchOptions {
  /** Tiny sizes and one run of each: to see that everything works, not to quote. */
  readonly short: boolean
  /** For machines: JSON on standard output and nothing else. */
  readonly json: boolean
  /** Growth and reads at ten million postings instead of one. */
  readonly large: boolean
  /** The sections to run; all that need nothing else if absent. */
  readonly only: readonly string[] | undefined
  /** The scenarios of the posting section and the streams of the exchange; all if absent. */
  readonly scenarios: readonly string[] | undefined
  /** Where to write a CPU profile of the posting section. */
  readonly profile: string | undefined
  /** A folder with pgledger's SQL files. */
  readonly pgledger: string | undefined
}

/** Why the command line can't be followed, in one sentence. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError'
}

export function readOptions(args: readonly string[], sections: readonly string[]): BenchOptions {
  const { only, ...values } = parse(args)
  const names = only?.split(',').map((name) => name.trim())
  const unknown = names?.find((name) => !sections.includes(name))
  if (unknown !== undefined)
    throw new OptionsError(`There is no section "${unknown}"; there are: ${sections.join(', ')}`)
  if (names?.includes('pgledger') && values.pgledger === undefined)
    throw new OptionsError('The section pgledger needs --pgledger <folder with its SQL files>')
  return {
    short: values.short ?? false,
    json: values.json ?? false,
    large: values.large ?? false,
    only: names,
    scenarios: values.scenario?.split(',').map((name) => name.trim()),
    profile: values.profile,
    pgledger: values.pgledger,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean' },
        json: { type: 'boolean' },
        large: { type: 'boolean' },
        only: { type: 'string' },
        scenario: { type: 'string' },
        profile: { type: 'string' },
        pgledger: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error))
  }
}
