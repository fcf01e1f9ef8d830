import type { Watch } from '../approvals/gate.ts'
import type { Db } from '../database.ts'
import { Refusal, RequestError } from '../errors.ts'
import type { SingleCommand } from '../registry.ts'
import type { Call } from '../unit.ts'
import type { Pipeline } from './engine.ts'
import { type Answer, claim, findOutcomes, storeOutcomes } from './outcomes.ts'
import { insertAudit, insertEvents } from './records.ts'
import { UnitOfWork } from './unit-of-work.ts'

/** One command in one transaction of its own. */
export async function runSingle(
  pipeline: Pipeline,
  command: SingleCommand,
  call: Call<never>,
): Promise<Answer> {
  const { answer, unit } = await pipeline.database.transaction(async (db) => {
    const [claimed, watch] = await Promise.all([
      claim(db, command.name, [call], call.context.clock.now()),
      pipeline.approvals.look(db, command),
    ])
    if (!claimed.has(call.id)) return { answer: await replay(db, call) }
    const unit = new UnitOfWork(pipeline, db, call.context, call.id)
    const answer =
      (await hold(pipeline, command, call, unit, watch)) ?? (await judge(pipeline, command, call, unit))
    await conclude(unit, command, call, answer)
    return { answer, unit }
  })
  unit?.committed()
  return answer
}

/** The first answer to this key, if it was for the same payload. */
async function replay(db: Db, call: Call<unknown>): Promise<Answer> {
  const stored = (await findOutcomes(db, [call.id])).get(call.id)
  // A claim and its outcome commit together, so a claim without one is damage, not a state.
  if (stored === undefined) throw new Error(`The request ${call.id} is claimed but has no outcome`)
  if (!stored.payloadHash.equals(call.payloadHash)) throw keyReused(call)
  return stored.answer
}

export function keyReused(call: Call<unknown>): RequestError {
  return new RequestError(
    'idempotency_key_reused',
    `The key "${call.context.idempotencyKey ?? ''}" was used before, with another payload`,
  )
}

/** Keeps the call waiting where a policy asks for a second person. */
async function hold(
  { approvals }: Pipeline,
  command: SingleCommand,
  call: Call<never>,
  unit: UnitOfWork,
  watch: Watch,
): Promise<Answer | undefined> {
  const held = approvals.judge(watch, command, [call])
  if (held.length === 0) return undefined
  const [answer] = await approvals.open(unit, command, held)
  return answer
}

/** Runs the command; what a refused one did is undone. */
export async function judge(
  pipeline: Pipeline,
  command: SingleCommand,
  call: Call<never>,
  unit: UnitOfWork,
): Promise<Answer> {
  const { id } = call
  void unit.db.send('SAVEPOINT before_run')
  try {
    return { status: 'done', id, output: await command.run(unit, call.input), replayed: false }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    void unit.db.send('ROLLBACK TO SAVEPOINT before_run')
    unit.forget()
    return { status: 'refused', id, refusal: declared(pipeline, command, error), replayed: false }
  }
}

/** A refusal that a command did not declare is a defect of the command, but still the right answer to the caller. */
export function declared(
  pipeline: Pipeline,
  command: { name: string; refusals: readonly string[] },
  refusal: Refusal,
): Refusal {
  if (!command.refusals.includes(refusal.code)) {
    pipeline.log.error(
      { command: command.name, code: refusal.code },
      'a command answered with a refusal it does not declare',
    )
  }
  return refusal
}

async function conclude(
  unit: UnitOfWork,
  command: SingleCommand,
  call: Call<never>,
  answer: Answer,
): Promise<void> {
  const now = unit.clock.now()
  await insertAudit(
    unit.db,
    [
      {
        action: command.name,
        outcome: answer.status,
        code: answer.status === 'refused' ? answer.refusal.code : undefined,
        context: call.context,
        call,
        input: command.recorded === undefined ? call.input : command.recorded(call.input),
        changes: unit.changesOf(call.context),
      },
    ],
    now,
  )
  await insertEvents(unit.db, unit.events, now)
  await storeOutcomes(unit.db, [answer], command.shownOnce)
}
