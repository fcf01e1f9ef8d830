import { randomUUID } from 'node:crypto'
import type { ApiAnswer, ApiRequest, Connection } from './connection.ts'
import { exitCodes, Failure } from './failure.ts'
import { type Json, stringAt } from './json.ts'
import type { Operation } from './operations.ts'
import { failureOf } from './problem.ts'

export interface CallOptions {
  readonly key?: string | undefined
  readonly reason?: string | undefined
  /** The media type wanted; JSON where absent. */
  readonly accept?: string | undefined
  /** Is told the answer piece by piece, as it comes. */
  readonly onPiece?: (piece: string) => void
}

/** Calls an operation; throws a Failure with what to print where it is refused. */
export async function call(
  connection: Connection,
  operation: Operation,
  input: Json,
  options: CallOptions = {},
): Promise<ApiAnswer> {
  return successOf(await send(connection, operation, input, options))
}

/** Calls an operation, whatever it answers. */
export function send(
  connection: Connection,
  operation: Operation,
  input: Json,
  options: CallOptions = {},
): Promise<ApiAnswer> {
  return connection.send(requestOf(operation, input, options))
}

/** Done it must be: who goes on with what comes next can't do so while a call waits for approval. */
export function successOf(answer: ApiAnswer): ApiAnswer {
  const { status } = answer
  if (status >= 400) throw failureOf(answer)
  if (status === 202) throw new Failure(exitCodes.refused, waitingNote(answer))
  return answer
}

/** Where to look for what becomes of a call that waits. */
export function waitingNote(answer: ApiAnswer): string {
  const id = stringAt(JSON.parse(answer.text), 'approval')
  return `This waits for approval: npx florin kernel approval get --approval ${id}`
}

/** The request that carries this input: path, query string or body, wherever each member belongs. */
function requestOf(operation: Operation, input: Json, options: CallOptions): ApiRequest {
  const rest: Json = { ...input }
  let path = operation.path
  for (const field of operation.fields) {
    if (field.place !== 'path') continue
    path = path.replace(`{${field.name}}`, encodeURIComponent(String(rest[field.name])))
    delete rest[field.name]
  }
  const headers = headersOf(operation, options)
  if (operation.method === 'GET') {
    const { onPiece } = options
    return {
      method: 'GET',
      path: path + queryString(rest),
      headers,
      ...(onPiece === undefined ? {} : { onPiece }),
    }
  }
  const body = JSON.stringify(rest)
  return {
    method: operation.method,
    path,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  }
}

function headersOf(operation: Operation, options: CallOptions): Record<string, string> {
  return {
    accept: options.accept ?? 'application/json',
    ...(operation.isCommand ? { 'idempotency-key': options.key ?? randomUUID() } : {}),
    ...(options.reason === undefined ? {} : { 'florin-reason': encodeURIComponent(options.reason) }),
  }
}

function queryString(input: Json): string {
  const pairs = Object.entries(input).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`,
    ),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
