import type { Command, Query } from '../../registry.ts'
import { codesOf, problemResponses } from './problems.ts'
import { isJson, type Json, type Schemas } from './schemas.ts'

/** What the operations of a document share. */
export interface Shared {
  readonly schemas: Schemas
  readonly responses: Record<string, Json>
}

/** The OpenAPI operation object of a command or query. */
export function describeOperation(operation: Command | Query, isCommand: boolean, shared: Shared): Json {
  const { schemas, responses } = shared
  const parts = splitInput(operation, schemas.add(operation.input))
  const { after = [] } = operation.example
  return {
    operationId: operation.name,
    summary: operation.summary,
    description: describe(operation),
    tags: [tagOf(operation.name)],
    parameters: [...parts.parameters, ...headerParameters(operation, isCommand)],
    ...(parts.body === undefined ? {} : { requestBody: parts.body }),
    responses: {
      '200': done(operation, isCommand, schemas),
      ...(isCommand ? { '202': { $ref: '#/components/responses/Pending' } } : {}),
      ...problemResponses(codesOf({ ...operation, isCommand }), responses),
    },
    'x-florin-kind': isCommand ? 'command' : 'query',
    'x-florin-permission': operation.permission,
    'x-florin-refusals': operation.refusals,
    'x-florin-after': after,
    ...(operation.example.at === undefined ? {} : { 'x-florin-at': operation.example.at }),
    ...('approval' in operation && operation.approval !== undefined
      ? { 'x-florin-approval': operation.approval }
      : {}),
    ...(operation.example.by === undefined ? {} : { 'x-florin-by': operation.example.by }),
    ...(operation.bodyLimit === undefined ? {} : { 'x-florin-body-limit-bytes': operation.bodyLimit }),
  }
}

/** `ledger.account.open` belongs to `ledger.account`, `ledger.open` to `ledger`. */
export function tagOf(name: string): string {
  return name.split('.').slice(0, -1).join('.')
}

function describe(operation: Command | Query): string {
  const { description, summary, permission, refusals, example } = operation
  const { after = [] } = example
  return [
    description ?? `${summary}.`,
    `Permission: \`${permission}\`.`,
    ...(refusals.length === 0
      ? []
      : [
          `Refusals, the first that applies is answered: ${refusals.map((code) => `\`${code}\``).join(', ')}.`,
        ]),
    ...(after.length === 0
      ? []
      : [`The example works once those of ${after.map((name) => `\`${name}\``).join(', ')} were sent.`]),
    ...(example.at === undefined ? [] : [`The example works from ${example.at} on.`]),
    ...(example.by === undefined
      ? []
      : ['The example is sent by somebody else, who is permitted everything.']),
    ...(example.waits === true ? ['The example waits for approval: it is answered with 202.'] : []),
  ].join('\n\n')
}

interface InputParts {
  readonly parameters: Json[]
  readonly body: Json | undefined
}

/** The input's members, where a request carries them. */
function splitInput(operation: Command | Query, input: Json): InputParts {
  const properties = isJson(input.properties) ? input.properties : {}
  const required = Array.isArray(input.required) ? input.required.map(String) : []
  const inPath = [...operation.http.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? '')
  const others = Object.keys(properties).filter((name) => !inPath.includes(name))
  const parameter = (name: string, place: 'path' | 'query'): Json =>
    describeParameter(operation, name, place, properties[name], required.includes(name))
  const path = inPath.map((name) => parameter(name, 'path'))
  if (operation.http.method === 'GET') {
    return { parameters: [...path, ...others.map((name) => parameter(name, 'query'))], body: undefined }
  }
  if (others.length === 0) return { parameters: path, body: undefined }
  const mandatory = required.filter((name) => !inPath.includes(name))
  const schema = {
    ...input,
    properties: Object.fromEntries(others.map((name) => [name, properties[name]])),
    required: mandatory,
  }
  return { parameters: path, body: describeBody(operation, schema, mandatory.length > 0, others) }
}

function describeParameter(
  operation: Command | Query,
  name: string,
  place: 'path' | 'query',
  schema: unknown,
  required: boolean,
): Json {
  const example = operation.example.input[name]
  return {
    name,
    in: place,
    required: place === 'path' || required,
    ...(isJson(schema) && typeof schema.description === 'string' ? { description: schema.description } : {}),
    schema,
    ...(example === undefined ? {} : { example }),
    ...(Array.isArray(example) || (isJson(schema) && schema.type === 'array')
      ? { style: 'form', explode: true }
      : {}),
  }
}

function describeBody(
  operation: Command | Query,
  schema: Json,
  required: boolean,
  names: readonly string[],
): Json {
  const example = Object.fromEntries(
    Object.entries(operation.example.input).filter(([name]) => names.includes(name)),
  )
  return { required, content: { 'application/json': { schema, example } } }
}

function headerParameters(operation: Command | Query, isCommand: boolean): Json[] {
  const shared = [
    { $ref: '#/components/parameters/X-Request-Id' },
    { $ref: '#/components/parameters/traceparent' },
  ]
  if (!isCommand) return shared
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    description: 'A key of your own. The same key with the same payload gets the first answer again.',
    schema: { type: 'string', pattern: '^[ -~]{1,255}$' },
    example: `example-${operation.name}`,
  }
  const { reason } = operation.example
  const why = { $ref: '#/components/parameters/Florin-Reason' }
  return [key, reason === undefined ? why : { ...reasonParameter, example: reason }, ...shared]
}

export const reasonParameter: Json = {
  name: 'Florin-Reason',
  in: 'header',
  required: false,
  description:
    'Why, in the caller’s words, for the audit trail; some commands demand it. UTF-8, plain or percent-encoded.',
  schema: { type: 'string', maxLength: 500 },
}

function done(operation: Command | Query, isCommand: boolean, schemas: Schemas): Json {
  const formats = 'formats' in operation ? (operation.formats ?? []) : []
  return {
    description: isCommand ? 'Done, now or when this key was first used' : 'The answer',
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
      ...(isCommand ? { 'Idempotency-Replayed': { $ref: '#/components/headers/Idempotency-Replayed' } } : {}),
    },
    content: {
      'application/json': { schema: schemas.add(operation.output) },
      ...Object.fromEntries(formats.map(({ mediaType }) => [mediaType, { schema: { type: 'string' } }])),
    },
  }
}
