import { Refusal } from '../errors.ts'
import type { Unit } from '../unit.ts'
import { workOf } from './perform.ts'
import { entitledTo } from './policies.ts'
import {
  type EndRow,
  findEnd,
  findGrants,
  type GrantRow,
  insertEnd,
  lockOpenRequest,
  type RequestRow,
} from './request-store.ts'
import type { Approval, Need } from './schemas.ts'
import { approvalOf, isExpired } from './view.ts'

/** A request that waits, locked until the unit ends. */
export interface OpenRequest {
  readonly request: RequestRow
  readonly grants: readonly GrantRow[]
}

/** @throws Refusal `approval_not_found`, `approval_closed` */
export async function openRequest(unit: Unit, id: string): Promise<OpenRequest> {
  const request = await lockOpenRequest(unit.db, id)
  if (request === undefined) throw await notOpen(unit, id)
  return { request, grants: (await findGrants(unit.db, [id])).get(id) ?? [] }
}

async function notOpen(unit: Unit, id: string): Promise<Refusal> {
  const end = await findEnd(unit.db, id)
  if (end === undefined)
    return new Refusal('approval_not_found', `There is no request ${id}`, { approval: id })
  const status = end.status
  return new Refusal('approval_closed', `The request was ${status} by ${end.actor}`, { approval: id, status })
}

/** @throws Refusal `approval_expired` */
export function refuseExpired(unit: Unit, { id, expires_at }: RequestRow): void {
  if (!isExpired({ expires_at }, unit.clock.now())) return
  const expired = expires_at.toISOString()
  throw new Refusal('approval_expired', `The request expired at ${expired}`, {
    approval: id,
    expires_at: expired,
  })
}

/** @throws Refusal `approval_own_request` */
export function refuseOwn(unit: Unit, { id, actor }: RequestRow): void {
  if (actor !== unit.context.actor.id) return
  throw new Refusal('approval_own_request', `${actor} sent this command`, { approval: id })
}

/** The needs for which the caller's word counts. */
export function callersNeeds(unit: Unit, request: RequestRow): Need[] {
  const command = workOf(unit).pipeline.registry.commands.get(request.command)
  return entitledTo(request.needs, unit.context.actor, command?.permission)
}

export function notEntitled(unit: Unit, request: RequestRow, needs: readonly Need[]): Refusal {
  const wanted = needs.map(({ policy, approver_permission, makers_may_approve }) => ({
    policy,
    approver_permission,
    makers_may_approve,
  }))
  const why = `The word of ${unit.context.actor.id} does not count for what is still missing`
  return new Refusal('approver_not_entitled', why, { approval: request.id, needs: wanted })
}

/** Ends the request, tells of it, and gives what is known of it then. */
export async function end(
  unit: Unit,
  { request, grants }: OpenRequest,
  status: EndRow['status'],
  body?: unknown,
): Promise<Approval> {
  const { actor, reason = null } = unit.context
  const now = unit.clock.now()
  const row: EndRow = { status, actor: actor.id, reason, body, ended_at: new Date(now) }
  await insertEnd(unit.db, request.id, row)
  const approval = approvalOf(request, grants, row, now)
  const { command, requested_by, failure } = approval
  unit.changed({ subject: request.id, before: { status: 'pending' }, after: { status } })
  unit.emit({
    type: `kernel.approval.${status}`,
    subject: request.id,
    data: {
      command,
      requested_by,
      by: actor.id,
      reason,
      ...(failure === null ? {} : { code: failure.code }),
    },
  })
  return approval
}

/** @throws Refusal `reason_required` */
export function demandReason(unit: Unit, why: string): string {
  const { reason } = unit.context
  if (reason === undefined) throw new Refusal('reason_required', why)
  return reason
}
