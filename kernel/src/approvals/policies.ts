import { type Actor, allows } from '../context.ts'
import type { Command } from '../registry.ts'
import { meets } from './conditions.ts'
import type { Need, Policy } from './schemas.ts'

/** Commands that change policies: a policy governs its own change. */
export const policyCommands = { set: 'kernel.approval-policy.set', remove: 'kernel.approval-policy.remove' }

/** Whether the policy is about the command at all. */
export function reaches(
  policy: Pick<Policy, 'commands'>,
  command: Pick<Command, 'name' | 'approval'>,
): boolean {
  if (command.approval === 'never') return false
  return policy.commands.some(
    (held) =>
      held === command.name ||
      (command.approval !== 'named' &&
        (held === '*' || (held.endsWith('.*') && command.name.startsWith(held.slice(0, -1))))),
  )
}

/**
 * What must be approved before the call may run: one need for each policy that applies. All of them apply, so that one
 * more policy never makes anything easier.
 */
export function needsOf(policies: readonly Policy[], command: Command, actor: Actor, input: unknown): Need[] {
  // Florin's own work follows from what people set, and they were asked then.
  if (actor.kind === 'system') return []
  return policies
    .filter(
      (policy) =>
        governsItself(policy, command, input) ||
        (reaches(policy, command) && meets(policy.conditions, input)),
    )
    .map(({ policy, version, approvers, approver_permission, makers_may_approve }) => ({
      policy,
      version,
      approvers,
      approver_permission,
      makers_may_approve,
    }))
}

/** Whoever could change or remove a policy alone could do alone what it is about. */
function governsItself(policy: Policy, command: Command, input: unknown): boolean {
  if (command.name !== policyCommands.set && command.name !== policyCommands.remove) return false
  return typeof input === 'object' && input !== null && 'policy' in input && input.policy === policy.policy
}

/** When a request of these policies expires: as soon as the first of them says so. Epoch milliseconds. */
export function expiryOf(policies: readonly Policy[], needs: readonly Need[], now: number): number {
  const seconds = policies
    .filter((policy) => needs.some((need) => need.policy === policy.policy))
    .map((policy) => policy.expires_after_s)
  return now + Math.min(...seconds) * 1_000
}

/** The needs for which this approver's word counts. Makers are those who are permitted the command itself. */
export function entitledTo(needs: readonly Need[], approver: Actor, permission: string | undefined): Need[] {
  const isMaker = permission !== undefined && allows(approver, permission)
  return needs.filter(
    (need) => allows(approver, need.approver_permission) && (need.makers_may_approve || !isMaker),
  )
}

interface Granted {
  readonly policies: readonly string[]
}

/** The needs that still lack approvals. */
export function unmet(needs: readonly Need[], grants: readonly Granted[]): Need[] {
  return needs.filter(
    (need) => grants.filter((grant) => grant.policies.includes(need.policy)).length < need.approvers,
  )
}
