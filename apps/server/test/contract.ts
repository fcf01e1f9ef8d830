import { Compile } from 'typebox/schema'
import { isObject, type Json, objectAt } from '../src/cli/json.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Compares answers with what the OpenAPI document says of them. */
export class Contract {
  readonly #document: Json

  constructor(document: unknown) {
    if (!isObject(document)) throw new Error('The API description is no object')
    this.#document = document
  }

  operation(method: string, path: string): Json {
    return objectAt(objectAt(objectAt(this.#document, 'paths'), path), method.toLowerCase())
  }

  /** What about the answer is not documented; empty when all of it is. */
  violations(operation: Json, answer: Answer): string[] {
    const documented = objectAt(operation, 'responses')[String(answer.status)]
    if (!isObject(documented)) return [`status ${answer.status} is not documented: ${answer.text}`]
    const response = this.#follow(documented)
    const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? ''
    const content = objectAt(response, 'content')[mediaType]
    if (!isObject(content)) return [`${answer.status} in ${mediaType} is not documented`]
    return [
      ...this.#undocumentedHeaders(response, answer),
      ...this.#wrongBody(content, mediaType, answer.text),
    ]
  }

  #undocumentedHeaders(response: Json, answer: Answer): string[] {
    const ours = ['x-request-id', 'idempotency-replayed', 'retry-after', 'www-authenticate', 'location']
    const documented = Object.keys(objectAt(response, 'headers')).map((name) => name.toLowerCase())
    return ours
      .filter((name) => answer.headers.has(name) && !documented.includes(name))
      .map((name) => `the header ${name} is not documented`)
  }

  #wrongBody(content: Json, mediaType: string, text: string): string[] {
    if (!mediaType.endsWith('json')) return []
    const schema = withDefinitions(objectAt(content, 'schema'), this.#document)
    const [, errors] = Compile(schema).Errors(JSON.parse(text))
    return errors.map((error) => `${error.instancePath}: ${error.message} in ${text}`)
  }

  #follow(value: Json): Json {
    if (typeof value.$ref !== 'string') return value
    return value.$ref
      .slice(2)
      .split('/')
      .reduce((at: Json, name) => objectAt(at, name), this.#document)
  }
}

/** The schema as a JSON Schema of its own: components become definitions, and objects are closed. */
function withDefinitions(schema: Json, document: Json): Json {
  const definitions = objectAt(objectAt(document, 'components'), 'schemas')
  const text = JSON.stringify({ ...schema, $defs: definitions })
  const moved: unknown = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'))
  return isObject(moved) ? moved : {}
}
