import { arrayAt, isObject, type Json, objectAt, stringAt } from './json.ts'

/** One member of an operation's input, as a flag sees it. */
export interface Field {
  readonly name: string
  readonly place: 'path' | 'query' | 'body'
  readonly required: boolean
  readonly description: string
  /** With references followed. */
  readonly schema: Json
  readonly example: unknown
}

/** An operation of the API, from the server's own description of it: the command line has no list of its own. */
export interface Operation {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly isCommand: boolean
  readonly method: string
  readonly path: string
  readonly fields: readonly Field[]
  readonly refusals: readonly { readonly code: string; readonly title: string }[]
  /** Its media types other than JSON, by the short name that `--output` takes. */
  readonly formats: ReadonlyMap<string, string>
  readonly isList: boolean
}

/** Reads the operations out of an OpenAPI document. */
export function readOperations(document: Json): Map<string, Operation> {
  const operations = new Map<string, Operation>()
  for (const [path, item] of Object.entries(objectAt(document, 'paths'))) {
    if (!isObject(item)) continue
    for (const [method, operation] of Object.entries(item)) {
      if (!isObject(operation) || !('x-florin-kind' in operation)) continue
      const read = readOperation(document, path, method.toUpperCase(), operation)
      operations.set(read.name, read)
    }
  }
  return operations
}

function readOperation(document: Json, path: string, method: string, operation: Json): Operation {
  const answer = objectAt(objectAt(objectAt(operation, 'responses'), '200'), 'content')
  const output = follow(document, objectAt(objectAt(answer, 'application/json'), 'schema'))
  const fields = [...parameterFields(document, operation), ...bodyFields(document, operation)]
  return {
    name: stringAt(operation, 'operationId') ?? '',
    summary: stringAt(operation, 'summary') ?? '',
    description: stringAt(operation, 'description') ?? '',
    isCommand: operation['x-florin-kind'] === 'command',
    method,
    path,
    fields,
    refusals: refusalsOf(operation),
    formats: new Map(
      Object.keys(answer)
        .filter((mediaType) => mediaType !== 'application/json')
        .map((mediaType) => [shortName(mediaType), mediaType]),
    ),
    isList: 'items' in objectAt(output, 'properties') && fields.some((field) => field.name === 'cursor'),
  }
}

/** `text/csv; charset=utf-8` is csv, `text/plain` is text, `application/x+xml` is xml. */
function shortName(mediaType: string): string {
  const [bare = ''] = mediaType.split(';')
  if (bare === 'text/plain') return 'text'
  return bare.split(/[/+]/).at(-1) ?? bare
}

function parameterFields(document: Json, operation: Json): Field[] {
  return arrayAt(operation, 'parameters')
    .filter(isObject)
    .map((parameter) => follow(document, parameter))
    .flatMap((parameter) => {
      const place = parameter.in
      if (place !== 'path' && place !== 'query') return []
      return [
        fieldOf(document, stringAt(parameter, 'name') ?? '', place, parameter.required === true, parameter),
      ]
    })
}

function bodyFields(document: Json, operation: Json): Field[] {
  const content = objectAt(objectAt(objectAt(operation, 'requestBody'), 'content'), 'application/json')
  const schema = follow(document, objectAt(content, 'schema'))
  const required = arrayAt(schema, 'required')
  const example = objectAt(content, 'example')
  return Object.entries(objectAt(schema, 'properties')).map(([name, property]) =>
    fieldOf(document, name, 'body', required.includes(name), { schema: property, example: example[name] }),
  )
}

function fieldOf(document: Json, name: string, place: Field['place'], required: boolean, from: Json): Field {
  const given = objectAt(from, 'schema')
  const schema = follow(document, given)
  const description = stringAt(given, 'description') ?? stringAt(schema, 'description') ?? ''
  return { name, place, required, description, schema, example: from.example }
}

function refusalsOf(operation: Json): { code: string; title: string }[] {
  const titles = new Map<string, string>()
  for (const response of Object.values(objectAt(operation, 'responses'))) {
    const content = objectAt(objectAt(response, 'content'), 'application/problem+json')
    for (const [code, example] of Object.entries(objectAt(content, 'examples'))) {
      titles.set(code, stringAt(example, 'summary') ?? '')
    }
  }
  return arrayAt(operation, 'x-florin-refusals').map((code) => ({
    code: String(code),
    title: titles.get(String(code)) ?? '',
  }))
}

/** What a reference refers to; items and alternatives are followed as well. */
function follow(document: Json, schema: Json): Json {
  const ref = stringAt(schema, '$ref')
  const target =
    ref === undefined
      ? schema
      : ref
          .slice(2)
          .split('/')
          .reduce((at: Json, part) => objectAt(at, part), document)
  const { items, anyOf } = target
  return {
    ...target,
    ...(isObject(items) ? { items: follow(document, items) } : {}),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.filter(isObject).map((one) => follow(document, one)) } : {}),
  }
}
