import { type RequestErrorCode, refusalKind, requestErrors } from '../../errors.ts'
import type { Json } from './schemas.ts'

const exampleRequestId = '01890a5d-ac96-774b-bcce-b302099a8057'

/** The members that every problem has; each response says which codes it can carry. */
export const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457 problem details. `code` is stable; the texts may improve.',
  required: ['type', 'title', 'status', 'detail', 'code', 'action'],
  properties: {
    type: { type: 'string', description: '`urn:florin:problem:<code>`' },
    title: { type: 'string', description: 'What the code means' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong with this very request' },
    instance: { type: 'string', description: '`urn:florin:request:<request id>`' },
    code: { type: 'string' },
    action: { type: 'string', description: 'What the caller can do about it' },
    request_id: { type: 'string', description: 'Also in the X-Request-Id header and in Florin’s logs' },
    details: {
      type: 'object',
      description: 'What a refusal is about: amounts, names, limits',
      additionalProperties: true,
    },
    errors: {
      type: 'array',
      description: 'Every place of the input that is wrong; for `invalid_input`',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'RFC 6901 JSON pointer into the input' },
          detail: { type: 'string' },
        },
        additionalProperties: false,
      },
    },
  },
  unevaluatedProperties: false,
}

const requestErrorKinds: Readonly<Record<string, { status: number; title: string; action: string }>> =
  requestErrors

function kindOf(code: string): { status: number; title: string; action: string } {
  return requestErrorKinds[code] ?? refusalKind(code)
}

/** The problem responses of an operation that can answer these codes, by status. */
export function problemResponses(
  codes: readonly string[],
  shared: Record<string, Json>,
): Record<string, Json> {
  const byStatus = Map.groupBy(new Set(codes), (code) => kindOf(code).status)
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, of]) => [String(status), sharedOrInline(status, of, shared)]),
  )
}

/** Responses without refusals are the same for many operations: written once. */
function sharedOrInline(status: number, codes: readonly string[], shared: Record<string, Json>): Json {
  if (!codes.every((code) => code in requestErrors)) return response(status, codes)
  const name = `Status${status}${codes.map(camel).join('')}`
  shared[name] ??= response(status, codes)
  return { $ref: `#/components/responses/${name}` }
}

function camel(code: string): string {
  return code.replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}

function response(status: number, codes: readonly string[]): Json {
  return {
    description: codes.map((code) => `\`${code}\`: ${kindOf(code).title}`).join('\n\n'),
    headers: headersOf(status),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            {
              type: 'object',
              properties: {
                status: { type: 'integer', enum: [status] },
                code: { type: 'string', enum: codes },
              },
            },
          ],
        },
        examples: Object.fromEntries(
          codes.map((code) => [code, { summary: kindOf(code).title, value: exampleOf(code) }]),
        ),
      },
    },
  }
}

function headersOf(status: number): Json {
  const ref = (name: string): Json => ({ $ref: `#/components/headers/${name}` })
  return {
    'X-Request-Id': ref('X-Request-Id'),
    ...(status === 401 ? { 'WWW-Authenticate': ref('WWW-Authenticate') } : {}),
    ...(status === 503 ? { 'Retry-After': ref('Retry-After') } : {}),
  }
}

function exampleOf(code: string): Json {
  const { status, title, action } = kindOf(code)
  return {
    type: `urn:florin:problem:${code}`,
    title,
    status,
    detail: title,
    instance: `urn:florin:request:${exampleRequestId}`,
    code,
    action,
    request_id: exampleRequestId,
    ...(code === 'invalid_input' ? { errors: [{ pointer: '/name', detail: 'must be string' }] } : {}),
  }
}

/** Codes that any authenticated operation can answer. */
const always: readonly RequestErrorCode[] = [
  'invalid_input',
  'malformed_request',
  'header_invalid',
  'unauthenticated',
  'forbidden',
  'not_acceptable',
  'request_timeout',
  'headers_too_large',
  'internal',
  'overloaded',
  'database_unavailable',
  'shutting_down',
]
const withBody: readonly RequestErrorCode[] = [
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
]
const ofCommands: readonly RequestErrorCode[] = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
]

/** Every code that an operation can answer, its own refusals included. */
export function codesOf(operation: {
  readonly refusals: readonly string[]
  readonly http: { readonly method: string }
  readonly isCommand: boolean
}): string[] {
  return [
    ...always,
    ...(operation.http.method === 'GET' ? [] : withBody),
    ...(operation.isCommand ? ofCommands : []),
    ...operation.refusals,
  ]
}
