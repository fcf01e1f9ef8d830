import { Type } from 'typebox'
import { PendingView } from '../../approvals/schemas.ts'
import type { Command, Query, Registry } from '../../registry.ts'
import { describeOperation, reasonParameter, type Shared, tagOf } from './operation.ts'
import { problemSchema } from './problems.ts'
import { type Json, Schemas } from './schemas.ts'
import { systemPaths, systemTag } from './system.ts'

/** The OpenAPI 3.1 description of everything that is registered. */
export function openApiDocument(registry: Registry, version: string): Json {
  const schemas = new Schemas()
  const shared: Shared = { schemas, responses: { Pending: pending(schemas) } }
  const paths: Record<string, Json> = {}
  const add = (operation: Command | Query, isCommand: boolean): void => {
    const { method, path } = operation.http
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(operation, isCommand, shared) }
  }
  for (const command of registry.commands.values()) add(command, true)
  for (const query of registry.queries.values()) add(query, false)
  const system = systemPaths(shared.responses)
  return {
    openapi: '3.1.0',
    info: info(version, registry),
    servers: [{ url: '/', description: 'The server that answers this description' }],
    security: [{ key: [] }],
    tags: [...operationTags(registry), systemTag],
    paths: { ...paths, ...system },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer florin_…`' },
      },
      parameters,
      headers,
      responses: shared.responses,
      schemas: { Problem: problemSchema, ...shared.schemas.components },
    },
  }
}

function info(version: string, registry: Registry): Json {
  return {
    title: 'Florin',
    version,
    summary: 'A money core: double-entry ledger on PostgreSQL',
    description: [
      'Every change is a **command** and needs an `Idempotency-Key`: send the same call with the same key as often as you like, it takes effect once and always gets the first answer (`Idempotency-Replayed: true`). Commands answer 200 when done, also when they created something, and 202 when a policy asks for a second person first.',
      'Reads are **queries**. Lists answer `items` and `next`; send `next` back as `cursor` for the next page, until it is null.',
      'Amounts are decimal **strings** with their asset, never JSON numbers. Unknown members and parameters are refused.',
      'Everything that goes wrong is answered as `application/problem+json` with a stable `code` and an `action` that says what to do. 5xx: send the same call with the same key again.',
      'Each operation has an example that works as it stands, sent by the key `admin` (or the one that `x-florin-by` names) after the examples named in `x-florin-after`, each with its own key `example-<operation>`.',
      ...socketsOf(registry),
    ].join('\n\n'),
    license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    contact: { name: 'Florin' },
  }
}

/** OpenAPI has no place for what flows in both directions: it is named where a reader begins. */
function socketsOf({ sockets }: Registry): string[] {
  if (sockets.length === 0) return []
  const lines = sockets.map(
    ({ path, summary, permission }) => `- \`${path}\`: ${summary} (permission \`${permission}\`)`,
  )
  return [`Over WebSocket:\n\n${lines.join('\n')}`]
}

function operationTags(registry: Registry): Json[] {
  const names = new Set(registry.operations().map((operation) => tagOf(operation.name)))
  return [...names].sort().map((name) => {
    const [module = name, ...thing] = name.split('.')
    const about = thing.length === 0 ? '' : `, about its ${thing.join(' ')}s`
    return { name, description: `Operations of the module \`${module}\`${about}` }
  })
}

const requestIdPattern = '^[A-Za-z0-9._:=@/+-]{1,128}$'

const parameters: Json = {
  'Florin-Reason': reasonParameter,
  'X-Request-Id': {
    name: 'X-Request-Id',
    in: 'header',
    required: false,
    description: 'Your id for this request; Florin makes one where it is absent or malformed.',
    schema: { type: 'string' },
  },
  traceparent: {
    name: 'traceparent',
    in: 'header',
    required: false,
    description: 'W3C trace context; ignored where malformed.',
    schema: { type: 'string' },
  },
}

const headers: Json = {
  'X-Request-Id': {
    description: 'The id of this request, as in logs and audit trail',
    schema: { type: 'string', pattern: requestIdPattern },
  },
  'Idempotency-Replayed': {
    description: '`true` where this key was used before: the answer is the first one',
    schema: { type: 'string', enum: ['true'] },
  },
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: 'How to log in', schema: { type: 'string' } },
}

function pending(schemas: Schemas): Json {
  const answer = Type.Object(
    { status: Type.Enum(['pending']), ...PendingView.properties },
    { additionalProperties: false },
  )
  return {
    description:
      'A policy asks for the approval of others first; the call is kept and runs with the last approval. A repeat gets this answer for good: what came of it is told by `kernel.approval.get`.',
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
      'Idempotency-Replayed': { $ref: '#/components/headers/Idempotency-Replayed' },
      Location: { description: 'Where the request for approval is', schema: { type: 'string' } },
    },
    content: { 'application/json': { schema: schemas.add(answer) } },
  }
}
