import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import type { JournalFormat } from '@florin/journal'
import type { Config } from '../config.ts'
import { type CommonFlags, FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { send, successOf } from './call.ts'
import { connect } from './connect.ts'
import type { ApiAnswer, Connection } from './connection.ts'
import { usage } from './failure.ts'
import { helpOf } from './help.ts'
import type { PartOperations } from './import-large.ts'
import { renderImport } from './import-report.ts'
import { InputCollector } from './input.ts'
import type { Json } from './json.ts'
import type { Operation } from './operations.ts'
import { write } from './output.ts'

/** `florin import FILE --ledger NAME`: the same file again changes nothing, because its content makes the key. */
export async function importJournal(
  config: Config,
  server: string | undefined,
  operation: Operation,
  parts: PartOperations,
  argv: readonly string[],
): Promise<void> {
  const collector = new InputCollector({ ...operation, fields: withoutFiles(operation.fields) })
  const reader = new FlagReader(argv)
  let inParts = false
  const flags = readFlags(reader, (flag) => {
    if (flag.name !== 'parts') return collector.take(flag, reader)
    inParts = true
    return true
  })
  if (flags.help) return write(importHelp(operation))
  const [path, ...more] = reader.positional
  if (path === undefined) throw usage('Which file? florin import FILE --ledger NAME')
  refuseExtra(more)
  if (inParts || sizeOf(path) > partsFrom) {
    const { importLarge } = await import('./import-large.ts')
    const isDone = await importLarge(config, server, parts, path, collector.input, flags)
    if (isDone) return
  }
  const { collectJournal } = await import('./journal-files.ts')
  const input: Json = { ...collector.input, ...collectJournal(path, formatOf(collector.input.format)) }
  const connection = await connect(config, server, true)
  try {
    const answer = await importOnce(connection, operation, input, flags)
    await write(flags.output === 'json' ? `${answer.text}\n` : renderImport(answer))
  } finally {
    await connection.close()
  }
}

/** Larger files are imported in parts, bytes. */
const partsFrom = 16 * 1024 * 1024

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** A journal that was refused may be right by now, because the ledger has changed: an old refusal is not repeated. */
async function importOnce(
  connection: Connection,
  operation: Operation,
  input: Json,
  { key, reason }: CommonFlags,
): Promise<ApiAnswer> {
  const answer = await send(connection, operation, input, { key: key ?? contentKey(input), reason })
  const outdated = answer.status >= 400 && answer.replayed && key === undefined
  return successOf(outdated ? await send(connection, operation, input, { reason }) : answer)
}

export function importHelp(operation: Operation): string {
  const own = { ...operation, name: 'import FILE', fields: withoutFiles(operation.fields) }
  return `${helpOf(own)}
A file of more than 16 MB, or any with --parts, is read to its end first, then booked in parts, and no longer all or
nothing: after an interruption the same command goes on where it was.
`
}

/** The files come from the disk, not from flags. */
function withoutFiles(fields: Operation['fields']): Operation['fields'] {
  return fields.filter((field) => field.name !== 'main' && field.name !== 'files')
}

function contentKey(input: Json): string {
  return `import-${createHash('sha256').update(JSON.stringify(input)).digest('hex')}`
}

function formatOf(value: unknown): JournalFormat | undefined {
  if (value === undefined) return undefined
  if (value === 'beancount' || value === 'hledger' || value === 'ledger') return value
  throw usage('--format is beancount, hledger or ledger.')
}
