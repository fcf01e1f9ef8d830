import { usableKeys } from '../access/api-keys.ts'
import { payloadHash } from '../canonical.ts'
import { type Actor, allows, type Context } from '../context.ts'
import { InvalidInput, type RefusalDetails, type RequestErrorCode, requestErrors } from '../errors.ts'
import { noThrownRefusal } from '../pipeline/batch.ts'
import { type Answer, withoutSecrets } from '../pipeline/outcomes.ts'
import { insertAudit } from '../pipeline/records.ts'
import { declared, judge } from '../pipeline/single.ts'
import { UnitOfWork } from '../pipeline/unit-of-work.ts'
import { type BatchedCommand, type Command, isBatched, permissionsFor } from '../registry.ts'
import type { Call, Unit } from '../unit.ts'
import type { GrantRow, RequestRow } from './request-store.ts'

/** What came of an approved call. */
export type Performed =
  | {
      readonly status: 'executed'
      /** What the command answered, without what is shown once. */
      readonly output: unknown
      /** The members of the answer that are shown now and never again. */
      readonly shownOnce: Readonly<Record<string, unknown>> | null
    }
  | { readonly status: 'failed'; readonly failure: Failure }

interface Failure {
  readonly code: string
  readonly message: string
  readonly details: RefusalDetails
}

/** The unit of the kernel's own commands, which may look behind it. */
export function workOf(unit: Unit): UnitOfWork {
  if (!(unit instanceof UnitOfWork)) throw new Error('Approvals work in units of the pipeline only')
  return unit
}

/**
 * Runs an approved call inside the unit of its last approval: as its requester, with what the requester may do now,
 * and checked against what the command takes now. Its record in the audit trail names those who approved.
 */
export async function perform(
  outer: Unit,
  request: RequestRow,
  grants: readonly GrantRow[],
): Promise<Performed> {
  const unit = workOf(outer)
  const { registry } = unit.pipeline
  const hash = payloadHash(request.input)
  if (!hash.equals(request.payload_hash))
    throw new Error(`The input of ${request.id} is not what was approved`)
  const command = registry.commands.get(request.command)
  const [actor] = await usableKeys(unit.db, unit.clock.now(), request.actor)
  const requester = actor ?? { id: request.actor, kind: 'key', permissions: [] }
  const call = callOf(unit, request, requester)
  if (command === undefined) return deny(unit, request, call, grants, failure('route_not_found'))
  const hindrance = hindranceOf(unit, command, call, actor)
  if (hindrance !== undefined) return deny(unit, request, call, grants, hindrance)
  return run(unit, command, call, request, grants)
}

async function deny(
  unit: UnitOfWork,
  request: RequestRow,
  call: Call<never>,
  grants: readonly GrantRow[],
  why: Failure,
): Promise<Performed> {
  await record(unit, request, call, grants, { outcome: 'denied', code: why.code, input: undefined })
  return { status: 'failed', failure: why }
}

/** The call as it was made; only the time and the numbers it draws are those of now. */
function callOf(unit: UnitOfWork, request: RequestRow, actor: Actor): Call<never> {
  const { clock, random, requestId, trace } = unit.context
  const context: Context = {
    actor,
    requestId,
    idempotencyKey: request.key,
    reason: request.reason ?? undefined,
    sourceIp: request.source_ip ?? undefined,
    trace,
    clock,
    random,
  }
  return { id: request.id, input: request.input as never, context, payloadHash: request.payload_hash }
}

/** Why the call would not even be let in if it came now. */
function hindranceOf(
  unit: UnitOfWork,
  command: Command,
  call: Call<never>,
  actor: Actor | undefined,
): Failure | undefined {
  if (actor === undefined) return failure('unauthenticated')
  try {
    unit.pipeline.registry.validate(command, call.input)
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    return { code: error.code, message: error.message, details: { errors: error.issues } }
  }
  const missing = permissionsFor(command, call.input).find((permission) => !allows(actor, permission))
  return missing === undefined ? undefined : failure('forbidden', { permission: missing })
}

function failure(code: RequestErrorCode, details: RefusalDetails = {}): Failure {
  return { code, message: requestErrors[code].title, details }
}

async function run(
  unit: UnitOfWork,
  command: Command,
  call: Call<never>,
  request: RequestRow,
  grants: readonly GrantRow[],
): Promise<Performed> {
  const inner = new UnitOfWork(unit.pipeline, unit.db, call.context, call.id)
  const answer = isBatched(command)
    ? await runBatched(inner, command, call)
    : await judge(unit.pipeline, command, call, inner)
  if (!isBatched(command)) void unit.db.send('RELEASE SAVEPOINT before_run')
  await record(unit, request, call, grants, {
    outcome: answer.status,
    code: answer.status === 'refused' ? answer.refusal.code : undefined,
    input: isBatched(command) || command.recorded === undefined ? call.input : command.recorded(call.input),
    changes: answer.status === 'refused' ? [] : inner.changesOf(call.context),
  })
  unit.adopt(inner)
  return performedOf(command, answer)
}

/** A batch of one, beside the lane: as the lane of another process would run it. */
async function runBatched(inner: UnitOfWork, command: BatchedCommand, call: Call<never>): Promise<Answer> {
  const found = await command.trail?.find(inner, [call])
  if (found?.has(call.id) === true) throw new Error(`The request ${call.id} was run before it was approved`)
  const [outcome] = await command.runMany(inner, [call]).catch(noThrownRefusal)
  if (outcome === undefined) throw new Error(`${command.name} gave no outcome`)
  const { id } = call
  if ('done' in outcome) return { status: 'done', id, output: outcome.done, replayed: false }
  return {
    status: 'refused',
    id,
    refusal: declared(inner.pipeline, command, outcome.refused),
    replayed: false,
  }
}

function performedOf(command: Command, answer: Answer): Performed {
  if (answer.status === 'refused') {
    const { code, message, details } = answer.refusal
    return { status: 'failed', failure: { code, message, details } }
  }
  if (answer.status === 'pending') throw new Error('An approved call does not wait again')
  const shownOnce = (!isBatched(command) && command.shownOnce) || []
  return {
    status: 'executed',
    output: withoutSecrets(answer.output, shownOnce),
    shownOnce: secretsOf(answer.output, shownOnce),
  }
}

function secretsOf(output: unknown, names: readonly string[]): Readonly<Record<string, unknown>> | null {
  if (names.length === 0 || typeof output !== 'object' || output === null) return null
  return Object.fromEntries(Object.entries(output).filter(([name]) => names.includes(name)))
}

async function record(
  unit: UnitOfWork,
  request: RequestRow,
  call: Call<never>,
  grants: readonly GrantRow[],
  what: {
    readonly outcome: 'done' | 'refused' | 'pending' | 'denied'
    readonly code: string | undefined
    readonly input: unknown
    readonly changes?: ReturnType<UnitOfWork['changesOf']>
  },
): Promise<void> {
  const approvers = grants.map(({ actor, policies, reason, granted_at }) => ({
    by: actor,
    at: granted_at.toISOString(),
    reason,
    policies,
  }))
  const approval = { approval: request.id, requested_at: request.requested_at.toISOString(), approvers }
  const entry = { action: request.command, context: call.context, call, approval, ...what }
  await insertAudit(unit.db, [entry], unit.clock.now())
}
