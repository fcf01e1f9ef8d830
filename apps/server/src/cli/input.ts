import { readFileSync } from 'node:fs'
import { parseJson } from '@florin/kernel/json'
import type { Flag, FlagReader } from './arguments.ts'
import { usage } from './failure.ts'
import { arrayAt, isObject, type Json, stringAt } from './json.ts'
import type { Field, Operation } from './operations.ts'

export function flagOf(field: { name: string }): string {
  return `--${field.name.replaceAll('_', '-')}`
}

/** Gathers an operation's input from `--json` and from one flag for each member. */
export class InputCollector {
  readonly #operation: Operation
  #whole: Json = {}
  readonly #members: Json = {}

  constructor(operation: Operation) {
    this.#operation = operation
  }

  /** Takes the flag if it belongs to the input. */
  take(flag: Flag, reader: FlagReader): boolean {
    if (flag.name === 'json') {
      this.#whole = wholeOf(reader.value(flag))
      return true
    }
    const field = this.#operation.fields.find((one) => flagOf(one) === `--${flag.name}`)
    if (field !== undefined) {
      this.#set(field, flag, reader)
      return true
    }
    const negated = this.#operation.fields.find((one) => `no-${flagOf(one).slice(2)}` === flag.name)
    if (negated === undefined || typeOf(negated.schema) !== 'boolean') return false
    this.#members[negated.name] = false
    return true
  }

  get input(): Json {
    const input = { ...this.#whole, ...this.#members }
    const missing = this.#operation.fields.filter(
      (field) => field.required && input[field.name] === undefined,
    )
    if (missing.length > 0)
      throw usage(`${missing.map(flagOf).join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.`)
    return input
  }

  #set(field: Field, flag: Flag, reader: FlagReader): void {
    const type = typeOf(field.schema)
    if (type === 'boolean') {
      this.#members[field.name] = booleanOf(flag)
      return
    }
    const text = reader.value(flag)
    if (type !== 'array' || text.startsWith('[')) {
      if (field.name in this.#members) throw usage(`${flagOf(field)} is given more than once.`)
      this.#members[field.name] = parseValue(field.schema, text, flagOf(field))
      return
    }
    const items = field.schema.items
    const before = this.#members[field.name]
    const value = parseValue(isObject(items) ? items : {}, text, flagOf(field))
    this.#members[field.name] = [...(Array.isArray(before) ? before : []), value]
  }
}

/** The JSON type of a schema; `string` where a string is one of several possibilities. */
export function typeOf(schema: Json): string {
  const direct = stringAt(schema, 'type')
  if (direct !== undefined) return direct
  const values = arrayAt(schema, 'enum')
  if (values.length > 0) return typeof values[0]
  const options = arrayAt(schema, 'anyOf')
    .filter(isObject)
    .map(typeOf)
    .filter((type) => type !== 'null')
  if (options.includes('string')) return 'string'
  return options[0] ?? 'any'
}

function parseValue(schema: Json, text: string, flag: string): unknown {
  switch (typeOf(schema)) {
    case 'string':
      return arrayAt(schema, 'anyOf').length > 0 && /^[[{]/.test(text) ? jsonOf(text, flag) : text
    case 'integer':
      if (!/^-?\d{1,15}$/.test(text)) throw usage(`${flag} must be a whole number, not "${text}".`)
      return Number(text)
    default:
      return jsonOf(text, flag)
  }
}

function booleanOf(flag: Flag): boolean {
  if (flag.inline === undefined || flag.inline === 'true') return true
  if (flag.inline === 'false') return false
  throw usage(`--${flag.name} is true or false, not "${flag.inline}".`)
}

/** `-` reads standard input, `@file` a file. */
function wholeOf(text: string): Json {
  const value = jsonOf(text === '-' ? readFileSync(0, 'utf8') : text, '--json')
  if (isObject(value)) return value
  throw usage('--json needs a JSON object.')
}

/** As strict as the server, so that nothing is lost on the way to it. */
function jsonOf(text: string, flag: string): unknown {
  const content = text.startsWith('@') ? readText(text.slice(1)) : text
  try {
    return parseJson(Buffer.from(content))
  } catch (error) {
    throw usage(
      `${flag} needs JSON. ${error instanceof Error ? error.message.replace('The body', 'It') : ''}.`,
    )
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw usage(`The file ${path} can't be read.`)
  }
}
