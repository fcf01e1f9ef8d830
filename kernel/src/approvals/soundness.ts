import { type Actor, allows } from '../context.ts'
import { Refusal } from '../errors.ts'
import type { Command, Registry } from '../registry.ts'
import { stepsOf } from './conditions.ts'
import { entitledTo, reaches } from './policies.ts'
import type { Definition } from './policy-store.ts'
import { hasPath } from './schema-paths.ts'

/**
 * Refuses a policy that would not do what it says: one that reaches no command, or asks about a place that the input
 * does not have, would be silently void.
 *
 * @throws Refusal `approval_policy_invalid`
 */
export function refuseVoid(registry: Registry, definition: Definition): void {
  const commands = [...registry.commands.values()]
  for (const pattern of definition.commands) {
    const reached = commands.filter((command) => reaches({ commands: [pattern] }, command))
    if (reached.length === 0) throw unreachable(registry, pattern)
    for (const { path } of definition.conditions) {
      const steps = stepsOf(path)
      if (reached.some((command) => hasPath(command.input, steps))) continue
      const why = `The input of ${pattern} has nothing at ${path}`
      throw new Refusal('approval_policy_invalid', why, { command: pattern, path })
    }
  }
}

function unreachable(registry: Registry, pattern: string): Refusal {
  const command = registry.commands.get(pattern)
  const why =
    command === undefined
      ? `No command that can wait is called ${pattern}`
      : `${pattern} is never held back: ${command.description ?? command.summary}`
  return new Refusal('approval_policy_invalid', why, { command: pattern })
}

/**
 * Refuses a policy that nobody could satisfy: for each command there must be enough keys besides the caller's.
 *
 * @throws Refusal `approvers_missing`
 */
export function refuseUnsatisfiable(
  registry: Registry,
  policy: string,
  definition: Definition,
  keys: readonly Actor[],
  caller: Actor,
): void {
  const others = keys.filter((key) => key.id !== caller.id && allows(key, 'kernel.approval.approve'))
  const need = { policy, version: 0, ...definition }
  for (const command of governed(registry, definition)) {
    const found = others.filter((key) => entitledTo([need], key, command.permission).length > 0).length
    if (found >= definition.approvers) continue
    const why = `${definition.approvers} must approve ${command.name}, and ${found} other keys could`
    throw new Refusal('approvers_missing', why, {
      command: command.name,
      needed: definition.approvers,
      found,
    })
  }
}

function governed(registry: Registry, definition: Definition): Command[] {
  return [...registry.commands.values()].filter((command) => reaches(definition, command))
}
