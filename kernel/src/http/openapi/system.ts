import { problemResponses } from './problems.ts'
import type { Json } from './schemas.ts'

export const systemTag = {
  name: 'system',
  description: 'Whether this server is well, and what it offers. No key needed.',
}

const readiness: Json = {
  type: 'object',
  required: ['status', 'parts'],
  properties: {
    status: { type: 'string', enum: ['ready', 'not ready', 'stopping'] },
    parts: { type: 'object', additionalProperties: { type: 'string', enum: ['ready', 'not ready'] } },
    notes: { type: 'object', additionalProperties: { type: 'string' } },
  },
  additionalProperties: false,
}

/** The endpoints that are no operations of the registry. */
export function systemPaths(responses: Record<string, Json>): Json {
  const problems = (codes: readonly string[]): Json => problemResponses(codes, responses)
  const ready = (description: string): Json => answer(description, 'application/json', readiness)
  return {
    '/health/live': endpoint('system.live', 'Whether the process answers', {
      '200': answer('It does', 'application/json', {
        type: 'object',
        required: ['status'],
        properties: { status: { type: 'string', enum: ['live'] } },
        additionalProperties: false,
      }),
      ...problems(['headers_too_large']),
    }),
    '/health/ready': endpoint('system.ready', 'Whether the server can do its work', {
      '200': ready('It can: the database answers and its schema is up to date'),
      ...problems(['headers_too_large']),
      '503': ready('It can’t, or it is stopping'),
    }),
    '/metrics': endpoint(
      'system.metrics',
      'Metrics in the Prometheus text format',
      {
        '200': answer('The metrics', 'text/plain', { type: 'string' }),
        ...problems(['unauthenticated', 'forbidden', 'headers_too_large', 'database_unavailable']),
      },
      {
        description:
          'Open where the server listens on this machine only; elsewhere for keys with the permission `kernel.metrics.read`.',
        security: [{}, { key: [] }],
      },
    ),
    '/openapi.json': endpoint('system.openapi', 'This description', {
      '200': answer('OpenAPI 3.1', 'application/json', { type: 'object' }),
      ...problems(['headers_too_large']),
    }),
  }
}

function endpoint(operationId: string, summary: string, responses: Json, more: Json = {}): Json {
  const description = `${summary}.`
  return {
    get: { operationId, summary, description, tags: [systemTag.name], security: [], ...more, responses },
  }
}

function answer(description: string, mediaType: string, schema: Json): Json {
  return {
    description,
    headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
    content: { [mediaType]: { schema } },
  }
}
