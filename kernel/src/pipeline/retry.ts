import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode, isConflict, isConnectionLoss, isShortage } from '../database.ts'
import { RequestError } from '../errors.ts'

export interface RetryPolicy {
  /** Lost races (serialization failures, deadlocks, lock timeouts) are run again at most this often. */
  readonly conflicts: number
  /** A lost connection is run again at most this often, with doubling pauses. 0: the fault is told at once. */
  readonly connectionLosses: number
  /** First pause, milliseconds; doubles up to `longestPauseMs`. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** After this time nothing is run again, however few tries there were: a caller waits no longer than it must. */
  readonly patienceMs: number
}

export const defaultRetryPolicy: RetryPolicy = {
  conflicts: 10,
  connectionLosses: 8,
  firstPauseMs: 20,
  longestPauseMs: 2_000,
  patienceMs: 30_000,
}

/**
 * Runs a unit again when it lost a race or its connection. Safe for everything that claims its idempotency key:
 * if the lost COMMIT did take effect, the next run finds the outcome and replays it.
 */
export async function withRetry<T>(
  policy: RetryPolicy,
  work: () => Promise<T>,
  onRetry: (cause: 'conflict' | 'connection', error: unknown) => void,
  alsoConflict: (error: unknown) => boolean = () => false,
): Promise<T> {
  const began = performance.now()
  const left = { conflict: policy.conflicts, connection: policy.connectionLosses }
  for (let pauseMs = policy.firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, policy.longestPauseMs)) {
    try {
      return await work()
    } catch (error) {
      const cause = causeOf(error, alsoConflict)
      if (cause === undefined) throw isTimeout(error) ? tooSlow(error) : error
      if (left[cause]-- <= 0 || performance.now() - began > policy.patienceMs) throw exhausted(cause, error)
      onRetry(cause, error)
      await sleep(pauseMs)
    }
  }
}

function causeOf(
  error: unknown,
  alsoConflict: (error: unknown) => boolean,
): 'conflict' | 'connection' | undefined {
  if (isConflict(error) || alsoConflict(error)) return 'conflict'
  return isConnectionLoss(error) || isShortage(error) ? 'connection' : undefined
}

/** The statement took longer than one may: not run again, or a server that is slow already would get still more to do. */
function isTimeout(error: unknown): boolean {
  return errorCode(error) === '57014'
}

function tooSlow(error: unknown): RequestError {
  const told = new RequestError('database_unavailable', 'The database took too long', 2)
  told.cause = error
  return told
}

function exhausted(cause: 'conflict' | 'connection', error: unknown): RequestError {
  const told =
    cause === 'connection'
      ? new RequestError(
          'database_unavailable',
          isShortage(error) ? 'The database has run out of room' : 'The database does not answer',
          2,
        )
      : new RequestError('overloaded', 'Too many calls compete for the same records', 1)
  told.cause = error
  return told
}
