import { ApprovalGate } from '../approvals/gate.ts'
import { canonicalJson, payloadHash } from '../canonical.ts'
import { allows, type Context, callId } from '../context.ts'
import { type Database, violatedConstraint } from '../database.ts'
import { RequestError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import {
  type BatchedCommand,
  type Command,
  isBatched,
  permissionsFor,
  type Query,
  type Registry,
} from '../registry.ts'
import type { Call, View } from '../unit.ts'
import { runBatch } from './batch.ts'
import { Gate } from './gate.ts'
import { type LaneLimits, Lanes } from './lanes.ts'
import type { Answer } from './outcomes.ts'
import { type AuditRecord, insertAudit } from './records.ts'
import { defaultRetryPolicy, type RetryPolicy, withRetry } from './retry.ts'
import { runSingle } from './single.ts'

export interface EngineOptions {
  readonly registry: Registry
  readonly database: Database
  readonly log: Logger
  readonly metrics: Metrics
  readonly retry?: RetryPolicy
  readonly lanes?: LaneLimits
  /** Calls that are not batched: at once, and waiting. Below the pool size, so that lanes always find a connection. */
  readonly concurrency?: { readonly running: number; readonly waiting: number }
  /** Queries at once, and waiting: readers must not take all connections from those who write. */
  readonly reads?: { readonly running: number; readonly waiting: number }
}

export const defaultLaneLimits: LaneLimits = { queued: 20_000, batch: 8_000 }
const defaultConcurrency = { running: 6, waiting: 2_000 }
const defaultReads = { running: 4, waiting: 2_000 }

/** What every run of a command has at hand. */
export interface Pipeline {
  readonly registry: Registry
  readonly database: Database
  readonly approvals: ApprovalGate
  readonly log: Logger
  readonly metrics: Metrics
}

/**
 * Runs commands and queries: authenticate (the caller's work) → validate → authorise → BEGIN → claim the key →
 * approval gate → run → audit → outbox → store the outcome → COMMIT → answer.
 */
export class Engine {
  readonly registry: Registry
  readonly #pipeline: Pipeline
  readonly #retry: RetryPolicy
  readonly #gate: Gate
  readonly #reads: Gate
  readonly #lanes: Lanes<LaneCall, Answer>

  constructor(options: EngineOptions) {
    this.registry = options.registry
    this.#pipeline = { ...options, approvals: new ApprovalGate() }
    this.#retry = options.retry ?? defaultRetryPolicy
    this.#gate = new Gate(options.concurrency ?? defaultConcurrency)
    this.#reads = new Gate(options.reads ?? defaultReads)
    this.#lanes = new Lanes(options.lanes ?? defaultLaneLimits, (_lane, calls) => this.#runLane(calls))
    this.#pipeline.metrics.watchQueue(() => this.#lanes.queued + this.#gate.waiting + this.#reads.waiting)
  }

  /**
   * Runs a command. Answers are outcomes, refusals included; faults and requests that must not be stored are thrown.
   */
  async execute(command: Command, input: unknown, context: Context): Promise<Answer> {
    const started = performance.now()
    try {
      const call = await this.#admit(command, input, context)
      const answer = isBatched(command)
        ? await this.#lanes.submit(`${command.name}\0${command.lane(call.input)}`, { ...call, command })
        : await this.#runAlone(command, call)
      this.#pipeline.metrics.command(
        command.name,
        answer.replayed ? 'replayed' : answer.status,
        performance.now() - started,
      )
      return answer
    } catch (error) {
      this.#pipeline.metrics.command(
        command.name,
        error instanceof RequestError ? error.code : 'failed',
        performance.now() - started,
      )
      throw error
    }
  }

  /** Answers a query from one snapshot. Refusals and faults are thrown. */
  async ask(query: Query, input: unknown, context: Context): Promise<unknown> {
    const started = performance.now()
    try {
      if (query.wait !== undefined) {
        await this.#admitQuery(query, input, context)
        await query.wait(this.#pipeline.database, input as never, this.#pipeline.log)
      }
      const output = await this.#reads.through(() =>
        this.read(query, input, context, (view) => query.run(view, input as never)),
      )
      this.#pipeline.metrics.query(query.name, 'done', performance.now() - started)
      return output
    } catch (error) {
      this.#pipeline.metrics.query(query.name, 'failed', performance.now() - started)
      throw error
    }
  }

  /** Validates and authorises a query, then reads with it on one snapshot; `read` runs again if the connection is lost. */
  async read<T>(
    query: Query,
    input: unknown,
    context: Context,
    read: (view: View) => Promise<T>,
  ): Promise<T> {
    await this.#admitQuery(query, input, context)
    return withRetry(
      this.#retry,
      () => this.#pipeline.database.snapshot((db) => read({ db, clock: context.clock, context })),
      (cause, error) => this.#noteRetry(query.name, cause, error),
    )
  }

  async #admitQuery(query: Query, input: unknown, context: Context): Promise<void> {
    this.registry.validate(query, input)
    // What PostgreSQL can't hold is invalid input here, not a database error later.
    canonicalJson(input)
    await this.#authorise(query, input, context)
  }

  /** Records an attempt that failed before or outside a command's own transaction. */
  async recordAttempt(record: AuditRecord): Promise<void> {
    // Not tried again: nobody could tell whether a lost COMMIT took effect, and an attempt is recorded once.
    await this.#gate.through(() =>
      withRetry(
        { ...this.#retry, conflicts: 0, connectionLosses: 0 },
        () =>
          this.#pipeline.database.transaction((db) => insertAudit(db, [record], record.context.clock.now())),
        () => undefined,
      ),
    )
  }

  async #admit(command: Command, input: unknown, context: Context): Promise<Call<never>> {
    this.registry.validate(command, input)
    const hash = payloadHash(input)
    await this.#authorise(command, input, context)
    if (context.idempotencyKey === undefined) {
      throw new RequestError(
        'idempotency_key_missing',
        `${command.name} changes something, so it needs an idempotency key`,
      )
    }
    if (!/^[\x20-\x7e]{1,255}$/.test(context.idempotencyKey)) {
      throw new RequestError(
        'idempotency_key_invalid',
        'The idempotency key is empty, too long, or not printable ASCII',
      )
    }
    return { id: callId(context, command.name), input: input as never, context, payloadHash: hash }
  }

  async #authorise(operation: Command | Query, input: unknown, context: Context): Promise<void> {
    const missing = permissionsFor(operation, input).find((permission) => !allows(context.actor, permission))
    if (missing === undefined) return
    await this.recordAttempt({
      action: operation.name,
      outcome: 'denied',
      code: 'forbidden',
      context,
      input: { missing },
    })
    throw new RequestError('forbidden', `${context.actor.id} lacks the permission ${missing}`)
  }

  #runAlone(command: Extract<Command, { run: unknown }>, call: Call<never>): Promise<Answer> {
    return this.#gate.through(() =>
      withRetry(
        this.#retry,
        () => runSingle(this.#pipeline, command, call),
        (cause, error) => this.#noteRetry(command.name, cause, error),
      ),
    )
  }

  /** One batch; if it fails as a whole its calls run one by one, so that only the one at fault fails. */
  async #runLane(calls: readonly LaneCall[]): Promise<ReadonlyMap<string, Answer | Error>> {
    const command = calls[0]?.command
    if (command === undefined) return new Map()
    this.#pipeline.metrics.batch(command.name, calls.length)
    try {
      return await this.#runTogether(command, calls)
    } catch (error) {
      if (calls.length === 1 || isAbsence(error)) throw error
      this.#pipeline.log.warn(
        { err: error, command: command.name, calls: calls.length },
        'a batch failed; running its calls one by one',
      )
      const answers = new Map<string, Answer | Error>()
      for (const call of calls)
        answers.set(
          call.id,
          await this.#runTogether(command, [call]).then(
            (one) => one.get(call.id) ?? new Error('no answer'),
            asError,
          ),
        )
      return answers
    }
  }

  #runTogether(
    command: BatchedCommand,
    calls: readonly Call<never>[],
  ): Promise<ReadonlyMap<string, Answer | Error>> {
    return withRetry(
      this.#retry,
      () => runBatch(this.#pipeline, command, calls),
      (cause, error) => this.#noteRetry(command.name, cause, error),
      (error) => isLostRace(command, error),
    )
  }

  #noteRetry(operation: string, cause: string, error: unknown): void {
    this.#pipeline.metrics.retry(operation, cause)
    this.#pipeline.log.info({ operation, cause, err: error }, 'running again')
  }
}

interface LaneCall extends Call<never> {
  readonly command: BatchedCommand
}

/** The database is away or too busy: trying the calls one by one would only make it worse. */
function isAbsence(error: unknown): boolean {
  return (
    error instanceof RequestError && (error.code === 'database_unavailable' || error.code === 'overloaded')
  )
}

/** Another process recorded one of these very calls first: the next run finds its record. */
function isLostRace(command: BatchedCommand, error: unknown): boolean {
  return command.trail !== undefined && violatedConstraint(error) === command.trail.constraint
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
