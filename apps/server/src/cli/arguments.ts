import { usage } from './failure.ts'

/** The words of a command line up to its first flag, and the rest. */
export function splitWords(argv: readonly string[]): { words: readonly string[]; rest: readonly string[] } {
  const first = argv.findIndex((argument) => argument.startsWith('-') && argument !== '-')
  return first === -1 ? { words: argv, rest: [] } : { words: argv.slice(0, first), rest: argv.slice(first) }
}

export interface Flag {
  readonly name: string
  /** What stood after `=`. */
  readonly inline: string | undefined
}

/** Reads flags one after another. Which of them take a value is known only to whoever reads them. */
export class FlagReader {
  readonly #rest: string[]
  /** Arguments that are neither flags nor values. */
  readonly positional: string[] = []

  constructor(argv: readonly string[]) {
    this.#rest = [...argv]
  }

  /** The next flag, or undefined at the end. */
  next(): Flag | undefined {
    for (let argument = this.#rest.shift(); argument !== undefined; argument = this.#rest.shift()) {
      if (argument === '-h') return { name: 'help', inline: undefined }
      const match = /^--([A-Za-z][A-Za-z0-9_-]*)(?:=([\s\S]*))?$/.exec(argument)
      if (match?.[1] !== undefined) return { name: match[1], inline: match[2] }
      if (argument.startsWith('-') && argument !== '-') throw usage(`"${argument}" is no flag.`)
      this.positional.push(argument)
    }
    return undefined
  }

  value(flag: Flag): string {
    const value = flag.inline ?? this.#rest.shift()
    if (value === undefined) throw usage(`--${flag.name} needs a value.`)
    return value
  }
}

/** Flags that every command understands. */
export interface CommonFlags {
  readonly output: string
  readonly key: string | undefined
  readonly reason: string | undefined
  readonly help: boolean
  readonly all: boolean
}

/**
 * Collects the common flags; `own` is asked about each other flag and says whether it knew it. `formats` are the
 * outputs there are besides json and table.
 */
export function readFlags(
  reader: FlagReader,
  own: (flag: Flag, reader: FlagReader) => boolean,
  formats: Iterable<string> = [],
): CommonFlags {
  const common: { -readonly [Name in keyof CommonFlags]: CommonFlags[Name] } = {
    output: 'table',
    key: undefined,
    reason: undefined,
    help: false,
    all: false,
  }
  for (let flag = reader.next(); flag !== undefined; flag = reader.next()) {
    if (flag.name === 'help') common.help = true
    else if (flag.name === 'all') common.all = true
    else if (flag.name === 'key') common.key = reader.value(flag)
    else if (flag.name === 'reason') common.reason = reader.value(flag)
    else if (flag.name === 'output') common.output = outputOf(reader.value(flag), formats)
    else if (!own(flag, reader))
      throw usage(`There is no flag --${flag.name} here; --help lists those there are.`)
  }
  return common
}

function outputOf(value: string, formats: Iterable<string>): string {
  const offered = ['json', 'table', ...formats]
  if (offered.includes(value)) return value
  throw usage(`--output is ${offered.slice(0, -1).join(', ')} or ${offered.at(-1)} here, not "${value}".`)
}

/** Refuses arguments that would be silently ignored. */
export function refuseExtra(positional: readonly string[]): void {
  if (positional[0] !== undefined) throw usage(`"${positional[0]}" is one argument too many.`)
}
