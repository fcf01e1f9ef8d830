import type { Clock } from './clock.ts'
import { requestId, uuidv7 } from './ids.ts'
import type { Random } from './random.ts'

/** Who calls: an API key, or Florin's own background roles. People come with a later module. */
export interface Actor {
  /** Stable and unique; part of every idempotency scope and of the audit trail. */
  readonly id: string
  readonly kind: 'key' | 'system'
  /** Names such as `ledger.account.open`, whole branches such as `ledger.*`, or `*`. */
  readonly permissions: readonly string[]
}

/** Everything about a call that is not its input. Travels as one value; nothing below reads a global. */
export interface Context {
  readonly actor: Actor
  readonly requestId: string
  readonly idempotencyKey?: string | undefined
  /** Why, in the caller's words; some commands demand it. */
  readonly reason?: string | undefined
  readonly sourceIp?: string | undefined
  /** W3C traceparent, as received. */
  readonly trace?: string | undefined
  readonly clock: Clock
  readonly random: Random
}

/** The actor of background roles and of the program itself. */
export function systemActor(role: string): Actor {
  return { id: `system:${role}`, kind: 'system', permissions: ['*'] }
}

/** Whether the actor holds the permission, by its name or by a branch above it. */
export function allows(actor: Actor, permission: string): boolean {
  return actor.permissions.some(
    (held) =>
      held === '*' ||
      held === permission ||
      (held.endsWith('.*') && permission.startsWith(held.slice(0, -1))),
  )
}

/** A context for calls that do not come over HTTP: background roles, tests, the command line without a server. */
export function localContext(
  parts: { actor: Actor; clock: Clock; random: Random } & Partial<
    Omit<Context, 'actor' | 'clock' | 'random'>
  >,
): Context {
  return { requestId: uuidv7(parts.clock, parts.random), ...parts }
}

/** The id under which the outcome of this command, called in this context, is recorded. */
export function callId(context: Context, command: string): string {
  return requestId(context.actor.id, command, context.idempotencyKey ?? '')
}
