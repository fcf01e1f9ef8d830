import type { Db } from '@florin/kernel'

/** Column of rows that are sent in one statement. Numbers need no quoting; everything else is quoted. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly values: readonly (string | number | bigint | undefined)[]
}

/** A statement that is ready to be sent. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Sends statements one after another. */
export async function sendAll(db: Db, statements: readonly Statement[]): Promise<void> {
  for (const { text, values } of statements) await db.query(text, values)
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
  for (const { name, type, values } of columns) {
    if (arrays.length > 0 && isConstant(values)) {
      constants.push(`$${given.push(values[0] ?? null)}::${type} AS ${name}`)
      continue
    }
    arrays.push(`$${given.push(arrayLiteral(values))}::${type}[]`)
    names.push(name)
  }
  const varying = `unnest(${arrays.join(', ')}) AS varying(${names.join(', ')})`
  return constants.length === 0 ? varying : `${varying}, (SELECT ${constants.join(', ')}) AS constant`
}

function isConstant(values: Column['values']): boolean {
  const [first] = values
  return values.every((value) => value === first)
}

/**
 * A PostgreSQL array literal. Built here because the driver looks at every character of every element, and most of
 * them are digits.
 */
export function arrayLiteral(values: Column['values']): string {
  let text = '{'
  for (const value of values) {
    if (text.length > 1) text += ','
    if (value === undefined) text += 'NULL'
    else text += typeof value === 'string' ? quoted(value) : value
  }
  return `${text}}`
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
