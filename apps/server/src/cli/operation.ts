import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { type CommonFlags, FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { call, send, successOf, waitingNote } from './call.ts'
import { connect } from './connect.ts'
import type { ApiAnswer, Connection } from './connection.ts'
import { helpOf } from './help.ts'
import { InputCollector } from './input.ts'
import { arrayAt, isObject, type Json, stringAt } from './json.ts'
import type { Operation } from './operations.ts'
import { write } from './output.ts'
import { render } from './render.ts'

/** Runs one registered operation from its flags and prints its answer. */
export async function runOperation(
  config: Config,
  server: string | undefined,
  operation: Operation,
  argv: readonly string[],
): Promise<ApiAnswer | undefined> {
  const collector = new InputCollector(operation)
  const reader = new FlagReader(argv)
  const flags = readFlags(reader, (flag) => collector.take(flag, reader), operation.formats.keys())
  refuseExtra(reader.positional)
  if (flags.help) {
    await write(helpOf(operation))
    return undefined
  }
  const { input } = collector
  const connection = await connect(config, server, operation.isCommand)
  try {
    return await perform(connection, operation, input, flags)
  } finally {
    await connection.close()
  }
}

async function perform(
  connection: Connection,
  operation: Operation,
  input: Json,
  flags: CommonFlags,
): Promise<ApiAnswer | undefined> {
  const format = operation.formats.get(flags.output)
  if (flags.all && operation.isList && format === undefined) {
    await performAll(connection, operation, input, flags)
    return undefined
  }
  const key = operation.isCommand ? (flags.key ?? inventKey()) : undefined
  // What is text already is for people as it is.
  const accept = format ?? (flags.output === 'table' ? operation.formats.get('text') : undefined)
  const answer = await send(connection, operation, input, { key, reason: flags.reason, accept })
  if (answer.status !== 202) successOf(answer)
  if (answer.replayed) process.stderr.write('This key was used before: the answer is the first one.\n')
  await print(answer, flags.output)
  if (answer.status === 202) process.stderr.write(`${waitingNote(answer)}\n`)
  return answer
}

/** Told before the call, so that whoever loses the answer can repeat the call and change nothing twice. */
function inventKey(): string {
  const key = randomUUID()
  process.stderr.write(`--key ${key}\n`)
  return key
}

async function print(answer: ApiAnswer, output: string): Promise<void> {
  const isJson = answer.mediaType === 'application/json'
  if (output === 'json' || !isJson) return write(isJson ? `${answer.text}\n` : answer.text)
  return write(render(JSON.parse(answer.text)))
}

async function performAll(
  connection: Connection,
  operation: Operation,
  input: Json,
  flags: CommonFlags,
): Promise<void> {
  const items: unknown[] = []
  let frame: Json = {}
  for (let cursor: string | undefined; ; ) {
    const answer = await call(connection, operation, {
      ...input,
      ...(cursor === undefined ? {} : { cursor }),
    })
    const page: unknown = JSON.parse(answer.text)
    items.push(...arrayAt(page, 'items'))
    if (isObject(page)) frame = page
    cursor = isObject(page) ? stringAt(page, 'next') : undefined
    if (cursor === undefined) break
  }
  const all = { ...frame, items, next: null }
  await write(flags.output === 'json' ? `${JSON.stringify(all)}\n` : render(all))
}
