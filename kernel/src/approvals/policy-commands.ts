import { Type } from 'typebox'
import { usableKeys } from '../access/api-keys.ts'
import { Refusal } from '../errors.ts'
import { defineCommand } from '../registry.ts'
import { Time } from '../schemas.ts'
import { demandReason } from './decide.ts'
import { workOf } from './perform.ts'
import { policyCommands } from './policies.ts'
import { type Definition, insertPolicy, lockPolicies, readPolicies } from './policy-store.ts'
import { PolicyInput, PolicyName, PolicyView } from './schemas.ts'
import { refuseUnsatisfiable, refuseVoid } from './soundness.ts'

const defaultExpiryS = 259_200

const examplePolicy = {
  policy: 'key-revocations',
  commands: ['kernel.key.revoke'],
  approvers: 1,
  approver_permission: 'kernel.approval.approve',
}

export const setPolicy = defineCommand({
  name: policyCommands.set,
  summary: 'Say which commands wait for the approval of others',
  description:
    'Sets the policy of this name, or replaces it. Of several policies that apply to a call all must be satisfied; one person’s approval counts for each whose permission they hold. A policy governs its own change: to replace or remove it takes the approvals that it asks for.',
  http: { method: 'POST', path: '/v1/approval-policies' },
  input: PolicyInput,
  output: PolicyView,
  permission: policyCommands.set,
  refusals: ['reason_required', 'approval_policy_invalid', 'approvers_missing'],
  example: {
    after: ['kernel.key.create'],
    input: examplePolicy,
    reason: 'Four eyes on who may call',
    refused: {
      approval_policy_invalid: { ...examplePolicy, policy: 'typo', commands: ['kernel.key.revok'] },
      approvers_missing: { ...examplePolicy, policy: 'many', approvers: 10 },
    },
  },
  async run(unit, input) {
    const reason = demandReason(unit, 'Who must approve what changes only for a reason')
    const { registry } = workOf(unit).pipeline
    const { policy, ...given } = input
    const definition: Definition = {
      ...given,
      conditions: given.conditions ?? [],
      makers_may_approve: given.makers_may_approve ?? true,
      expires_after_s: given.expires_after_s ?? defaultExpiryS,
    }
    refuseVoid(registry, definition)
    const { actor } = unit.context
    const now = unit.clock.now()
    refuseUnsatisfiable(registry, policy, definition, await usableKeys(unit.db, now), actor)
    await lockPolicies(unit.db)
    const before = (await readPolicies(unit.db)).policies.find((one) => one.policy === policy)
    const version = await insertPolicy(unit.db, { name: policy, definition, actor: actor.id, reason, now })
    const set_at = new Date(now).toISOString()
    const view = { policy, version, ...definition, set_at, set_by: actor.id, reason }
    unit.changed({ subject: `kernel.approval-policy ${policy}`, before: before ?? null, after: view })
    unit.emit({ type: 'kernel.approval-policy.set', subject: policy, data: { version } })
    return view
  },
})

export const removePolicy = defineCommand({
  name: policyCommands.remove,
  summary: 'Remove a policy of approval',
  description: 'Takes the approvals that the policy asks for. What waits already still waits.',
  http: { method: 'POST', path: '/v1/approval-policies/{policy}/remove' },
  input: Type.Object({ policy: PolicyName }, { additionalProperties: false }),
  output: Type.Object(
    { policy: PolicyName, version: Type.Integer(), removed_at: Time },
    { title: 'RemovedApprovalPolicy', additionalProperties: false },
  ),
  permission: policyCommands.remove,
  refusals: ['reason_required', 'approval_policy_not_found'],
  example: {
    after: [policyCommands.set],
    input: { policy: 'key-revocations' },
    reason: 'Replaced by another',
    waits: true,
    refused: { approval_policy_not_found: { policy: 'no-such-policy' } },
  },
  async run(unit, { policy }) {
    const reason = demandReason(unit, 'Who must approve what changes only for a reason')
    await lockPolicies(unit.db)
    const before = (await readPolicies(unit.db)).policies.find((one) => one.policy === policy)
    if (before === undefined)
      throw new Refusal('approval_policy_not_found', `There is no policy "${policy}"`, { policy })
    const { actor } = unit.context
    const now = unit.clock.now()
    const version = await insertPolicy(unit.db, {
      name: policy,
      definition: null,
      actor: actor.id,
      reason,
      now,
    })
    unit.changed({ subject: `kernel.approval-policy ${policy}`, before, after: null })
    unit.emit({ type: 'kernel.approval-policy.removed', subject: policy, data: { version } })
    return { policy, version, removed_at: new Date(now).toISOString() }
  },
})
