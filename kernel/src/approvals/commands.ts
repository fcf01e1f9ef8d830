import { Type } from 'typebox'
import { Refusal } from '../errors.ts'
import { requestId } from '../ids.ts'
import { defineCommand } from '../registry.ts'
import {
  callersNeeds,
  demandReason,
  end,
  notEntitled,
  openRequest,
  refuseExpired,
  refuseOwn,
} from './decide.ts'
import { perform } from './perform.ts'
import { policyCommands, unmet } from './policies.ts'
import { type GrantRow, insertGrant } from './request-store.ts'
import { ApprovalId, ApprovalView, approvalFields } from './schemas.ts'
import { approvalOf, isExpired } from './view.ts'

/** The example of `kernel.approval-policy.remove` waits for what the policy asks for. */
const after = [policyCommands.set, policyCommands.remove]
const approval = requestId('admin', policyCommands.remove, `example-${policyCommands.remove}`)
const missing = { approval: '00000000-0000-8000-8000-000000000000' }
const example = { after, input: { approval } }
const refused = { approval_not_found: missing, approval_closed: { approval } }
const by = 'second'

export const approve = defineCommand({
  name: 'kernel.approval.approve',
  summary: 'Approve a command that waits; the last approval runs it',
  description:
    'With the last approval needed the command runs, in the same transaction, as its requester and with what the requester may do now. `status` tells what came of it: `executed` with the `output`, or `failed` with the refusal. Secrets that the command shows once are in `shown_once` of this answer only. No policy reaches this command.',
  http: { method: 'POST', path: '/v1/approvals/{approval}/approve' },
  approval: 'never',
  input: ApprovalId,
  output: Type.Object(
    {
      ...approvalFields,
      shown_once: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
        description:
          'What the command shows once, to whoever approved last; a replay of this call shows null',
      }),
    },
    { title: 'ApprovedApproval', additionalProperties: false },
  ),
  shownOnce: ['shown_once'],
  permission: 'kernel.approval.approve',
  refusals: [
    'approval_not_found',
    'approval_closed',
    'approval_expired',
    'approval_own_request',
    'approval_repeated',
    'approver_not_entitled',
  ],
  example: { ...example, by, reason: 'Checked with the owner of the key', refused },
  async run(unit, input) {
    const open = await openRequest(unit, input.approval)
    const { request } = open
    const { actor, reason = null } = unit.context
    refuseExpired(unit, request)
    refuseOwn(unit, request)
    if (open.grants.some((grant) => grant.actor === actor.id))
      throw new Refusal('approval_repeated', `${actor.id} has approved it`, { approval: request.id })
    const lacking = unmet(request.needs, open.grants)
    const policies = callersNeeds(unit, request).map((need) => need.policy)
    if (!lacking.some((need) => policies.includes(need.policy))) throw notEntitled(unit, request, lacking)

    const now = unit.clock.now()
    const grant: GrantRow = { actor: actor.id, policies, reason, granted_at: new Date(now) }
    const grants = [...open.grants, grant]
    await insertGrant(unit.db, request.id, grant)
    unit.emit({
      type: 'kernel.approval.approved',
      subject: request.id,
      data: { command: request.command, requested_by: request.actor, by: actor.id, policies, reason },
    })
    const decided = { ...open, grants }
    if (unmet(request.needs, grants).length > 0) {
      unit.changed({ subject: request.id, before: null, after: { approved_by: actor.id, policies } })
      return { ...approvalOf(request, grants, undefined, now), shown_once: null }
    }
    const performed = await perform(unit, request, grants)
    return performed.status === 'executed'
      ? { ...(await end(unit, decided, 'executed', performed.output)), shown_once: performed.shownOnce }
      : { ...(await end(unit, decided, 'failed', performed.failure)), shown_once: null }
  },
})

export const reject = defineCommand({
  name: 'kernel.approval.reject',
  summary: 'Reject a command that waits, for good',
  description:
    'One whose approval would count may reject, also after having approved. No policy reaches this command.',
  http: { method: 'POST', path: '/v1/approvals/{approval}/reject' },
  approval: 'never',
  input: ApprovalId,
  output: ApprovalView,
  permission: 'kernel.approval.reject',
  refusals: [
    'approval_not_found',
    'approval_closed',
    'approval_expired',
    'approval_own_request',
    'approver_not_entitled',
    'reason_required',
  ],
  example: { ...example, by, reason: 'The key is still in use', refused },
  async run(unit, input) {
    const open = await openRequest(unit, input.approval)
    refuseExpired(unit, open.request)
    refuseOwn(unit, open.request)
    if (callersNeeds(unit, open.request).length === 0)
      throw notEntitled(unit, open.request, open.request.needs)
    demandReason(unit, 'A request is rejected only for a reason')
    return end(unit, open, 'rejected')
  },
})

export const withdraw = defineCommand({
  name: 'kernel.approval.withdraw',
  summary: 'Withdraw a command of one’s own that waits',
  description: 'No policy reaches this command.',
  http: { method: 'POST', path: '/v1/approvals/{approval}/withdraw' },
  approval: 'never',
  input: ApprovalId,
  output: ApprovalView,
  permission: 'kernel.approval.withdraw',
  refusals: ['approval_not_found', 'approval_closed', 'approval_expired', 'approval_not_own'],
  example: { ...example, refused },
  async run(unit, input) {
    const open = await openRequest(unit, input.approval)
    refuseExpired(unit, open.request)
    const { actor } = open.request
    if (actor !== unit.context.actor.id)
      throw new Refusal('approval_not_own', `${actor} sent this command`, { approval: input.approval })
    return end(unit, open, 'withdrawn')
  },
})

export const expire = defineCommand({
  name: 'kernel.approval.expire',
  summary: 'Record that a command that waited has expired',
  description:
    'A background role does this. Nothing waits for it: an expired request can’t be approved from its very instant on. No policy reaches this command.',
  http: { method: 'POST', path: '/v1/approvals/{approval}/expire' },
  approval: 'never',
  input: ApprovalId,
  output: ApprovalView,
  permission: 'kernel.approval.expire',
  refusals: ['approval_not_found', 'approval_closed', 'approval_not_due'],
  example: { ...example, at: '2026-03-01T00:00:00.000Z', refused },
  async run(unit, input) {
    const open = await openRequest(unit, input.approval)
    if (!isExpired(open.request, unit.clock.now())) {
      const expires_at = open.request.expires_at.toISOString()
      throw new Refusal('approval_not_due', `It expires at ${expires_at}`, {
        approval: input.approval,
        expires_at,
      })
    }
    return end(unit, open, 'expired')
  },
})
