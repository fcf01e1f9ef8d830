import type { Worker } from '@florin/kernel'
import { bookForwards } from './commands/forwards.ts'
import { expireHold } from './commands/holds.ts'

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

function isDone(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'done'
}
