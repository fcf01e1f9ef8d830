import type { Database } from '../database.ts'

export interface Cut {
  /** The first statement is 1; BEGIN and COMMIT count. */
  readonly statement: number
  readonly stage: 'before' | 'after'
}

/**
 * Cuts the connection at these places of what the database is about to do, each once, and counts on from there:
 * the count of statements starts anew after each cut. Nobody learns whether a COMMIT cut `after` took effect.
 */
export function cutAt(database: Database, cuts: readonly Cut[]): { readonly left: () => number } {
  const left = [...cuts]
  let count = 0
  database.interceptor = (_statement, stage, cut) => {
    if (stage === 'before') count++
    const [next] = left
    if (next === undefined || next.statement !== count || next.stage !== stage) return
    left.shift()
    count = 0
    cut()
    throw Object.assign(new Error('Connection cut'), { code: 'ECONNRESET' })
  }
  return { left: () => left.length }
}
