import type { Db } from '@florin/kernel'

type Value = string | number | bigint | undefined

/**
 * A column of rows that are sent in one statement, built value by value. As long as all rows say the same it is that
 * one value; from the first that differs on it is the text of a PostgreSQL array, put together here because the
 * driver would look at every character of every element, and most of them are digits.
 */
export class Column {
  readonly name: string
  readonly type: string
  #count = 0
  #first: Value
  #text: string | undefined

  constructor(name: string, type: string) {
    this.name = name
    this.type = type
  }

  add(value: Value): void {
    if (this.#text !== undefined) this.#text += `,${element(value)}`
    else if (this.#count === 0) this.#first = value
    else if (value !== this.#first) this.#text = `${this.#repeated()},${element(value)}`
    this.#count++
  }

  /** The one value of all rows; undefined if they differ. */
  get constant(): { readonly value: string | number | bigint | null } | undefined {
    return this.#text === undefined ? { value: this.#first ?? null } : undefined
  }

  get array(): string {
    return `{${this.#text ?? this.#repeated()}}`
  }

  #repeated(): string {
    if (this.#count === 0) return ''
    const one = element(this.#first)
    return this.#count === 1 ? one : one + `,${one}`.repeat(this.#count - 1)
  }
}

/** A column of all values at once. */
export function columnOf<T>(
  name: string,
  type: string,
  rows: readonly T[],
  value: (row: T) => Value,
): Column {
  const column = new Column(name, type)
  for (const row of rows) column.add(value(row))
  return column
}

/** A statement that is ready to be sent. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Sends statements one after another without waiting; should one fail, the transaction does. */
export function sendAll(db: Db, statements: readonly Statement[]): Promise<unknown> {
  return Promise.all(statements.map(({ text, values }) => db.send(text, values)))
}

/**
 * Rows as the text of a FROM clause. A column that says the same in every row travels once, as one parameter; the
 * others as arrays over `unnest`. The first column always varies. The values are added to `given`, those that the
 * statement's parameters have already.
 */
export function rowSource(columns: readonly Column[], given: unknown[]): string {
  const arrays: string[] = []
  const names: string[] = []
  const constants: string[] = []
  for (const column of columns) {
    const { constant, name, type } = column
    if (arrays.length > 0 && constant !== undefined) {
      constants.push(`$${given.push(constant.value)}::${type} AS ${name}`)
      continue
    }
    arrays.push(`$${given.push(column.array)}::${type}[]`)
    names.push(name)
  }
  const varying = `unnest(${arrays.join(', ')}) AS varying(${names.join(', ')})`
  return constants.length === 0 ? varying : `${varying}, (SELECT ${constants.join(', ')}) AS constant`
}

/** A PostgreSQL array literal. */
export function arrayLiteral(values: readonly Value[]): string {
  return `{${values.map(element).join(',')}}`
}

/** Numbers need no quoting; everything else is quoted. */
function element(value: Value): string {
  if (value === undefined) return 'NULL'
  return typeof value === 'string' ? quoted(value) : String(value)
}

const special = /["\\]/

function quoted(text: string): string {
  return special.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : `"${text}"`
}

/** An instant as PostgreSQL reads it, exact to the millisecond at any distance. */
export function instant(ms: number): string {
  if (ms !== last.ms) {
    last.ms = ms
    last.text = new Date(ms).toISOString()
  }
  return last.text
}

/** Rows of one batch mostly share their time. */
const last = { ms: Number.NaN, text: '' }
