import { flagOf, typeOf } from './input.ts'
import { arrayAt, isObject } from './json.ts'
import type { Field, Operation } from './operations.ts'

const overview = `Usage: florin <command> [flags]

  serve            start Florin: API and background roles (--roles api,worker)
  verify           recompute every balance from what was recorded, and compare
  import           read a journal: florin import FILE --ledger NAME
  export           write a journal: florin export --ledger NAME --format beancount|hledger
  trial-balance    florin trial-balance --ledger NAME
  backup           copy the database while it runs: florin backup FOLDER; list, verify, prune
  restore          from a backup, to any point in time: florin restore FOLDER --to-time TIME
  exchange demo    a market with simulated participants in the terminal, then its books
  exchange replay  a market's journal, from its beginning and from a snapshot: both must come to the same
  admin-key        write a new key with all permissions to the data folder
  help             this text, or about one command: florin help ledger account open
  version

Every operation of the API is a command, too:
`

const common = `Flags of every command:
  --output json|table  json: the API's answer as it is; table: for people (default)
  --json '{…}'         the whole input as JSON; @FILE reads it from a file, - from standard input
  --key KEY            the idempotency key; a command repeated with the same key takes effect once
  --reason TEXT        why, for the audit trail
  --all                every page of a list
  --help

Florin talks to the running server, or opens the data folder itself where none runs.
FLORIN_URL and FLORIN_KEY choose another server and key, FLORIN_DATA another data folder.
Exit codes: 0 done, 1 refused, 2 usage, 3 no server or database.
`

/** Everything there is. */
export function overviewOf(operations: Iterable<Operation>): string {
  return `${overview}\n${list([...operations])}\n${common}`
}

/** The operations whose names begin with these words. */
export function groupOf(words: readonly string[], operations: readonly Operation[]): string {
  return `Commands of florin ${words.join(' ')}:\n\n${list(operations)}\nflorin help <command> tells more.\n`
}

function list(operations: readonly Operation[]): string {
  const rows = operations.map((operation) => [wordsOf(operation), operation.summary] as const)
  const width = Math.max(0, ...rows.map(([words]) => words.length))
  return rows
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([words, summary]) => `  ${words.padEnd(width)}  ${summary}\n`)
    .join('')
}

export function wordsOf(operation: { name: string }): string {
  return operation.name.replaceAll('.', ' ')
}

/** One operation: what it does, its flags, its refusals, an example. */
export function helpOf(operation: Operation): string {
  const sections = [
    `Usage: florin ${wordsOf(operation)} [flags]`,
    operation.description,
    ...(operation.fields.length === 0 ? [] : [`Flags:\n${flags(operation.fields)}`]),
    ...(operation.refusals.length === 0
      ? []
      : [`Refusals:\n${operation.refusals.map(({ code, title }) => `  ${code}: ${title}`).join('\n')}`]),
    ...(operation.formats.size === 0
      ? []
      : [
          `Further outputs:\n${[...operation.formats].map(([name, type]) => `  --output ${name}  ${type}`).join('\n')}`,
        ]),
    `Example:\n  ${exampleOf(operation)}`,
  ]
  return `${sections.join('\n\n')}\n\n${common}`
}

function flags(fields: readonly Field[]): string {
  const rows = fields.map(
    (field) => [`${flagOf(field)} ${placeholder(field)}`.trim(), aboutOf(field)] as const,
  )
  const width = Math.max(...rows.map(([flag]) => flag.length))
  return rows.map(([flag, about]) => `  ${flag.padEnd(width)}  ${about}`.trimEnd()).join('\n')
}

function aboutOf(field: Field): string {
  return [field.required ? '(required)' : '', field.description].filter((part) => part !== '').join(' ')
}

function placeholder(field: Field): string {
  const choices = arrayAt(field.schema, 'enum')
  if (choices.length > 0) return choices.map(String).join('|')
  switch (typeOf(field.schema)) {
    case 'boolean':
      return ''
    case 'integer':
      return 'N'
    case 'string':
      return 'TEXT'
    case 'array': {
      const items = field.schema.items
      return isObject(items) && typeOf(items) === 'string' ? 'TEXT (again for more)' : "'[…]'"
    }
    default:
      return "'{…}'"
  }
}

/** The API's own example as a command line. */
export function exampleOf(operation: Operation): string {
  const given = operation.fields
    .filter((field) => field.example !== undefined)
    .flatMap((field) => flagsOf(field))
  return ['npx florin', wordsOf(operation), ...given].join(' ')
}

function flagsOf(field: Field): string[] {
  const { example } = field
  if (example === true) return [flagOf(field)]
  if (example === false) return [`${flagOf(field)}=false`]
  if (Array.isArray(example) && example.every((one) => typeof one === 'string')) {
    return example.map((one) => `${flagOf(field)} ${quoted(one)}`)
  }
  return [`${flagOf(field)} ${quoted(typeof example === 'string' ? example : JSON.stringify(example))}`]
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
