import type { Worker } from '@florin/kernel'
import { bookForwards } from './commands/forwards.ts'
import { expireHold } from './commands/holds.ts'
import { recordVerification } from './commands/record-verification.ts'
import { refreshMonitor } from './commands/refresh-monitor.ts'
import { reverseRevaluation } from './commands/revaluations.ts'
import { dueRevaluations } from './store/revaluations.ts'
import { unverifiedSince } from './store/verifications.ts'
import { findCalmMonitors } from './store/watch-setup.ts'
import { verifyBooks } from './verify.ts'

const atOnce = 500

/** Records that holds have expired. Reads do not wait for it: an expired hold holds nothing from its very instant. */
export const expireHolds: Worker = {
  name: 'ledger.holds.expire',
  role: 'worker',
  everyMs: 1_000,
  async run({ view, context, execute }) {
    const due = await view.db.query<{ id: string; ledger: string }>(
      `SELECT h.id, l.name AS ledger FROM ledger.holds h JOIN ledger.ledgers l ON l.id = h.ledger_id
       WHERE h.status = 'open' AND h.expires_at <= to_timestamp($1 / 1000.0) ORDER BY h.expires_at, h.id LIMIT $2`,
      [view.clock.now(), atOnce],
    )
    // A key of this round: a hold that was found to be not due yet, by a clock that stepped back, is tried again.
    const answers = await Promise.all(
      due.map(({ id, ledger }) =>
        execute(expireHold, { ledger, hold: id }, context(`${id}/${view.clock.now()}`)),
      ),
    )
    return answers.filter(isDone).length
  },
}

/** Clears monitors of changes within a window once it has passed them, though nothing more happens. */
export const calmMonitors: Worker = {
  name: 'ledger.monitors.calm',
  role: 'worker',
  everyMs: 1_000,
  async run({ view, context, execute }) {
    const now = view.clock.now()
    const answers = await Promise.all(
      (await findCalmMonitors(view.db, now)).map(({ ledger, monitor }) =>
        execute(refreshMonitor, { ledger, monitor }, context(`${ledger}/${monitor}/${now}`)),
      ),
    )
    // A booking time may lie ahead of this clock; what is not due by it yet waits for the next round.
    return answers.some((answer) => clearedAny(answer)) ? answers.length : 0
  },
}

function clearedAny(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('output' in answer)) return false
  const { output } = answer
  return typeof output === 'object' && output !== null && 'cleared' in output && output.cleared !== 0
}

/** Reverses revaluations on their day. One that is refused, say by a closed account, is tried again the next day. */
export const reverseRevaluations: Worker = {
  name: 'ledger.revaluations.reverse',
  role: 'worker',
  everyMs: 60_000,
  async run({ view, context, execute }) {
    const due = await dueRevaluations(view.db, view.clock.now(), { limit: atOnce })
    const day = new Date(view.clock.now()).toISOString().slice(0, 10)
    const answers: unknown[] = []
    for (const { id, ledger } of due)
      answers.push(await execute(reverseRevaluation, { ledger, revaluation: id }, context(`${id}/${day}`)))
    return answers.filter(isDone).length
  },
}

/** Books forwards whose time has come. What is booked on the ledger meanwhile does not wait for it. */
export const bookDue: Worker = {
  name: 'ledger.forwards.book',
  role: 'worker',
  everyMs: 1_000,
  async run({ view, context, execute }) {
    const due = await view.db.query<{ ledger: string }>(
      `SELECT l.name AS ledger FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id
       WHERE h.forward_due <= to_timestamp($1 / 1000.0) ORDER BY h.forward_due, l.id LIMIT $2`,
      [view.clock.now(), atOnce],
    )
    const answers = await Promise.all(
      due.map(({ ledger }) => execute(bookForwards, { ledger }, context(`${ledger}/${view.clock.now()}`))),
    )
    return answers.filter(isDone).length
  },
}

/** How often it is looked whether the time has come. */
const lookEveryMs = 60_000
export const dailyMs = 24 * 60 * 60 * 1_000

/**
 * Recomputes all books from time to time and records what it found, beside any load. The first time comes that long
 * after the first ledger was opened.
 */
export function verifyBooksEvery(everyMs: number): Worker {
  return {
    name: 'ledger.books.verify',
    role: 'verifier',
    everyMs: Math.min(everyMs, lookEveryMs),
    async run({ view, context, execute }) {
      const since = await unverifiedSince(view.db)
      const started = view.clock.now()
      if (since === undefined || started - since < everyMs) return 0
      const { scopes, findings, count } = await verifyBooks(view.db, started)
      const input = {
        started_at: new Date(started).toISOString(),
        ended_at: new Date(view.clock.now()).toISOString(),
        up_to: scopes
          .filter(({ id }) => id > 0n)
          .map(({ name, seq }) => ({ ledger: name, seq: String(seq) })),
        findings: count,
        details: findings,
      }
      await execute(recordVerification, input, context(`verification/${started}`))
      return 1
    },
  }
}

function isDone(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'done'
}
