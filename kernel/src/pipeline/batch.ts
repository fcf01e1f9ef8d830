import type { Watch } from '../approvals/gate.ts'
import { LostRace } from '../database.ts'
import { Refusal, type RequestError } from '../errors.ts'
import type { BatchedCommand } from '../registry.ts'
import type { Call, Outcome, Recorded } from '../unit.ts'
import type { Pipeline } from './engine.ts'
import { type Answer, claim, findOutcomes, type StoredOutcome, storeOutcomes } from './outcomes.ts'
import { insertAudit, insertEvents } from './records.ts'
import { declared, keyReused } from './single.ts'
import { UnitOfWork } from './unit-of-work.ts'

type Found = ReadonlyMap<string, { readonly payloadHash: Buffer; readonly answer: Answer }>

/** Many calls of one command in one transaction, each with its own answer. The calls' ids are distinct. */
export async function runBatch(
  pipeline: Pipeline,
  command: BatchedCommand,
  calls: readonly Call<never>[],
): Promise<ReadonlyMap<string, Answer | RequestError>> {
  const first = calls[0]
  if (first === undefined) return new Map()
  const reused = new Map<string, RequestError>()
  const { answers, unit } = await pipeline.database.transaction(async (db) => {
    const unit = new UnitOfWork(pipeline, db, first.context, first.id)
    const { found, watch } = await findRecorded(pipeline, command, unit, calls)
    const known = new Map<string, Answer>()
    const fresh: Call<never>[] = []
    for (const call of calls) {
      const before = found.get(call.id)
      if (before === undefined) fresh.push(call)
      else if (before.payloadHash.equals(call.payloadHash)) known.set(call.id, before.answer)
      else reused.set(call.id, keyReused(call))
    }
    for (const answer of await runFresh(pipeline, command, unit, fresh, watch)) known.set(answer.id, answer)
    await insertEvents(db, unit.events, unit.clock.now())
    return { answers: known, unit }
  })
  unit.committed()
  return withReused(answers, reused)
}

/** `idempotency_key_reused` is no outcome of the call: it is told as a thrown error of that call alone. */
function withReused(
  answers: ReadonlyMap<string, Answer>,
  reused: ReadonlyMap<string, RequestError>,
): ReadonlyMap<string, Answer | RequestError> {
  return reused.size === 0 ? answers : new Map<string, Answer | RequestError>([...answers, ...reused])
}

/** Takes the claims or locks, and finds what has an outcome already and what is in force. */
async function findRecorded(
  { approvals }: Pipeline,
  command: BatchedCommand,
  unit: UnitOfWork,
  calls: readonly Call<never>[],
): Promise<{ found: Found; watch: Watch }> {
  const ids = calls.map((call) => call.id)
  if (command.trail === undefined) {
    const [claimed, watch] = await Promise.all([
      claim(unit.db, command.name, calls, unit.clock.now()),
      approvals.look(unit.db, command),
    ])
    const found = await findOutcomes(
      unit.db,
      ids.filter((id) => !claimed.has(id)),
    )
    return { found, watch }
  }
  // Sent right behind the locks, and so read after they are held.
  const [recorded, watch] = await Promise.all([
    command.trail.find(unit, calls),
    approvals.look(unit.db, command),
  ])
  // Also where no policy is in force any more: what was pending once is answered as pending for good.
  const pending: ReadonlyMap<string, StoredOutcome> = watch.everWaited
    ? await findOutcomes(unit.db, ids)
    : new Map()
  const found = new Map([
    ...[...recorded].map(([id, record]) => [id, replayOf(id, record)] as const),
    ...pending,
  ])
  return { found, watch }
}

function replayOf(id: string, record: Recorded<unknown>): { payloadHash: Buffer; answer: Answer } {
  return { payloadHash: record.payloadHash, answer: answerOf(id, record.outcome, true) }
}

function answerOf(id: string, outcome: Outcome<unknown>, replayed: boolean): Answer {
  return 'done' in outcome
    ? { status: 'done', id, output: outcome.done, replayed }
    : { status: 'refused', id, refusal: outcome.refused, replayed }
}

async function runFresh(
  pipeline: Pipeline,
  command: BatchedCommand,
  unit: UnitOfWork,
  fresh: readonly Call<never>[],
  watch: Watch,
): Promise<readonly Answer[]> {
  const pending = await holdSome(pipeline, command, unit, fresh, watch)
  const toRun = pending.size === 0 ? fresh : fresh.filter((call) => !pending.has(call.id))
  const outcomes = toRun.length === 0 ? [] : await command.runMany(unit, toRun).catch(noThrownRefusal)
  if (outcomes.length !== toRun.length)
    throw new Error(`${command.name} gave ${outcomes.length} outcomes to ${toRun.length} calls`)
  const answers = toRun.flatMap((call, i) => {
    const outcome = outcomes[i]
    if (outcome === undefined) return []
    if ('refused' in outcome) declared(pipeline, command, outcome.refused)
    return [answerOf(call.id, outcome, false)]
  })
  // Where the command keeps its own trail, the outcomes are recorded there already.
  if (command.trail === undefined) await recordAnswers(unit, command, toRun, answers)
  return pending.size === 0 ? answers : [...pending.values(), ...answers]
}

/** A refusal that is thrown belongs to no call and would be told without being stored. */
export function noThrownRefusal(error: unknown): never {
  if (!(error instanceof Refusal)) throw error
  throw new Error('runMany threw a refusal; it must return it as the outcome of its call', { cause: error })
}

/** Keeps those calls waiting for which a policy asks for a second person. */
async function holdSome(
  { approvals }: Pipeline,
  command: BatchedCommand,
  unit: UnitOfWork,
  calls: readonly Call<never>[],
  watch: Watch,
): Promise<ReadonlyMap<string, Answer>> {
  const held = approvals.judge(watch, command, calls)
  if (held.length === 0) return new Map()
  const waiting = held.map(({ call }) => call)
  if (command.trail !== undefined) {
    const claimed = await claim(unit.db, command.name, waiting, unit.clock.now())
    if (claimed.size < waiting.length) throw new LostRace('Another process was first with one of these calls')
  }
  const answers = await approvals.open(unit, command, held)
  await recordAnswers(unit, command, waiting, answers)
  return new Map(answers.map((answer) => [answer.id, answer]))
}

async function recordAnswers(
  unit: UnitOfWork,
  command: BatchedCommand,
  calls: readonly Call<unknown>[],
  answers: readonly Answer[],
): Promise<void> {
  await insertAudit(
    unit.db,
    answers.flatMap((answer, i) => {
      const call = calls[i]
      if (call === undefined) return []
      const code = answer.status === 'refused' ? answer.refusal.code : undefined
      return [
        {
          action: command.name,
          outcome: answer.status,
          code,
          context: call.context,
          call,
          input: call.input,
          changes: answer.status === 'refused' ? [] : unit.changesOf(call.context),
        },
      ]
    }),
    unit.clock.now(),
  )
  await storeOutcomes(unit.db, answers)
}
