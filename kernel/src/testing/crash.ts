import type { Database } from '../database.ts'

export interface Cut {
  /** The first statement is 1; BEGIN and COMMIT count. */
  readonly statement: number
  readonly stage: 'before' | 'after'
}

/** Cuts the connection once, at this place of what the database is about to do, and says which statement it was. */
export function cutAt(
  database: Database,
  { statement, stage }: Cut,
): { readonly where: () => string | undefined } {
  let where: string | undefined
  let count = 0
  database.interceptor = (text, at, cut) => {
    if (at === 'before') count++
    if (where !== undefined || count !== statement || at !== stage) return
    where = text
    cut()
    throw connectionCut()
  }
  return { where: () => where }
}

/**
 * Cuts the connection before the first statement, at the next attempt before the second, and so on up to COMMIT; with
 * `hideCommit` also once after it, so that nobody learns that it took effect. A process that remembers what it read
 * needs fewer statements the next time: it is the place that counts, not the number.
 */
export function cutEverywhere(
  database: Database,
  options: { readonly hideCommit: boolean },
): { readonly done: () => boolean } {
  let next = 1
  let count = 0
  let phase: 'before' | 'after' | 'done' = 'before'
  database.interceptor = (text, at, cut) => {
    if (at === 'before') count++
    const here =
      phase === 'before'
        ? at === 'before' && (count >= next || text === 'COMMIT')
        : at === 'after' && text === 'COMMIT'
    if (phase === 'done' || !here) return
    if (phase === 'after') phase = 'done'
    else if (text === 'COMMIT') phase = options.hideCommit ? 'after' : 'done'
    next++
    count = 0
    cut()
    throw connectionCut()
  }
  return { done: () => phase === 'done' }
}

function connectionCut(): Error {
  return Object.assign(new Error('Connection cut'), { code: 'ECONNRESET' })
}
