import type { Worker } from '../registry.ts'
import { expire } from './commands.ts'

const atOnce = 500

/** Records that requests have expired, so that those who follow the events learn of it. */
export const expireApprovals: Worker = {
  name: 'kernel.approvals.expire',
  role: 'worker',
  everyMs: 1_000,
  async run({ view, context, execute }) {
    const now = view.clock.now()
    const due = await view.db.query<{ id: string }>(
      `SELECT id FROM kernel.approval_requests WHERE open AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`,
      [new Date(now), atOnce],
    )
    for (const { id } of due) await execute(expire, { approval: id }, context(`${id}/${now}`))
    return due.length
  },
}
