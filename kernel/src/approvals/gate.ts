import type { Db } from '../database.ts'
import type { Answer } from '../pipeline/outcomes.ts'
import type { Command } from '../registry.ts'
import type { Call, Unit } from '../unit.ts'
import { expiryOf, needsOf } from './policies.ts'
import { readPolicies } from './policy-store.ts'
import { insertRequests, type NewRequest } from './request-store.ts'
import type { Pending, Policy } from './schemas.ts'

/** What a transaction knows of approvals before it runs calls of a command. */
export interface Watch {
  readonly policies: readonly Policy[]
  /** Whether any call of this command ever waited: its outcome is then not in the command's own trail. */
  readonly everWaited: boolean
}

const nothing: Watch = { policies: [], everWaited: false }

/** Where a policy asks for a second person, a call does not run: it becomes a request that waits. */
export class ApprovalGate {
  #known: { readonly version: number; readonly policies: readonly Policy[] } = { version: 0, policies: [] }

  /**
   * Reads what is in force. Policies are kept in memory with the number of their newest change, and every transaction
   * asks for that number: a policy counts, in every process, from its commit on.
   */
  async look(db: Db, command: Command): Promise<Watch> {
    if (command.approval === 'never') return nothing
    const [row] = await db.query<{ version: number; waited: boolean }>(
      `SELECT coalesce((SELECT max(version) FROM kernel.approval_policies), 0) AS version,
         EXISTS (SELECT FROM kernel.approval_requests WHERE command = $1) AS waited`,
      [command.name],
    )
    if (row !== undefined && row.version !== this.#known.version) this.#known = await readPolicies(db)
    return { policies: this.#known.policies, everWaited: row?.waited === true }
  }

  /** Which of these calls have to wait, and for what. */
  judge(watch: Watch, command: Command, calls: readonly Call<unknown>[]): NewRequest[] {
    if (watch.policies.length === 0) return []
    return calls.flatMap((call) => {
      const { actor, clock } = call.context
      const needs = needsOf(watch.policies, command, actor, call.input)
      if (needs.length === 0) return []
      const requestedAt = clock.now()
      return [{ call, needs, requestedAt, expiresAt: expiryOf(watch.policies, needs, requestedAt) }]
    })
  }

  /** Opens the requests, in the transaction that claimed their keys, and gives the callers' answers. */
  async open(unit: Unit, command: Command, requests: readonly NewRequest[]): Promise<Answer[]> {
    await insertRequests(unit.db, command.name, requests)
    return requests.map((request) => {
      const pending = pendingOf(command, request)
      const { approval, ...data } = pending
      unit.emit(
        {
          type: 'kernel.approval.requested',
          subject: approval,
          data: { ...data, by: request.call.context.actor.id },
        },
        request.call.context,
      )
      return { status: 'pending', id: approval, approval: pending, replayed: false }
    })
  }
}

function pendingOf(command: Command, { call, needs, expiresAt }: NewRequest): Pending {
  return {
    approval: call.id,
    command: command.name,
    needs: [...needs],
    input_hash: call.payloadHash.toString('hex'),
    expires_at: new Date(expiresAt).toISOString(),
  }
}
