import { createHash } from 'node:crypto'

/** Every row of every table of the modules, as sorted JSON texts by table (see `Tables.state`). Compared with `toEqual`, it shows what differs. */
export type State = Readonly<Record<string, readonly string[]>>

const uuidv7 = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g
const bytes = /\\\\x[0-9a-f]{32,}/g

/** The state without freshly generated ids and hashes, for runs that draw other random numbers. */
export function shapeOf(state: State): State {
  return Object.fromEntries(
    Object.entries(state).map(([table, rows]) => [table, rows.map((row) => withoutIds(row)).sort()]),
  )
}

/** A text or a value without freshly generated ids and hashes. */
export function withoutIds(text: string): string {
  return text.replaceAll(uuidv7, '<id>').replaceAll(bytes, '<bytes>')
}

/** One short text for a whole state. */
export function digestOf(state: State): string {
  return createHash('sha256').update(JSON.stringify(state)).digest('hex')
}

/** The tables whose rows differ. */
export function changedTables(before: State, after: State): string[] {
  const tables = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...tables].filter((table) => before[table]?.join('\n') !== after[table]?.join('\n')).sort()
}
