import type { Config } from '../config.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { call } from './call.ts'
import { connect } from './connect.ts'
import { exitCodes } from './failure.ts'
import { helpOf } from './help.ts'
import { isObject, type Json, stringAt } from './json.ts'
import type { Operation } from './operations.ts'
import { write } from './output.ts'
import { Progress } from './progress.ts'
import { render } from './render.ts'
import { restoreNote } from './restore.ts'

/** `florin verify`: shows how far it is, then what it found. Exit code 1 where anything does not hold. */
export async function verify(
  config: Config,
  server: string | undefined,
  operation: Operation,
  argv: readonly string[],
): Promise<number> {
  // Machines read the report; `--json` says so in the way of other programs.
  let json = false
  const reader = new FlagReader(argv)
  const flags = readFlags(reader, (flag) => {
    json ||= flag.name === 'json'
    return flag.name === 'json'
  })
  refuseExtra(reader.positional)
  if (flags.help) {
    await write(helpOf(operation))
    return exitCodes.done
  }
  const connection = await connect(config, server, false)
  const progress = new Progress('Verifying')
  try {
    const lines = new Lines((line) => showLine(progress, line))
    const accept = operation.formats.get('x-ndjson')
    const answer = await call(connection, operation, {}, { accept, onPiece: (piece) => lines.add(piece) })
    progress.end()
    const report: unknown = JSON.parse(answer.text.trimEnd().split('\n').at(-1) ?? '')
    await write(json || flags.output === 'json' ? `${JSON.stringify(report)}\n` : render(report))
    if (config.url === undefined && config.databaseUrl === undefined)
      process.stderr.write(await restoreNote(config.dataDir))
    return isObject(report) && report.ok === true ? exitCodes.done : exitCodes.refused
  } finally {
    progress.end()
    await connection.close()
  }
}

function showLine(progress: Progress, line: Json): void {
  const { done, of } = line
  if (typeof done !== 'number' || typeof of !== 'number') return
  progress.show(done, of, stringAt(line, 'module') ?? '')
}

/** Whole lines of JSON out of pieces of text. */
class Lines {
  readonly #take: (line: Json) => void
  #rest = ''

  constructor(take: (line: Json) => void) {
    this.#take = take
  }

  add(piece: string): void {
    const lines = (this.#rest + piece).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const value: unknown = JSON.parse(line)
      if (isObject(value)) this.#take(value)
    }
  }
}
