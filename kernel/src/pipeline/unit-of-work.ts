import type { Clock } from '../clock.ts'
import type { Context } from '../context.ts'
import type { Db } from '../database.ts'
import { uuidv7 } from '../ids.ts'
import type { Random } from '../random.ts'
import type { Change, DomainEvent, Unit } from '../unit.ts'
import type { Pipeline } from './engine.ts'
import type { OutboxEvent } from './records.ts'

/** Collects what a command says while it works; the pipeline writes it down before the commit. */
export class UnitOfWork implements Unit {
  readonly pipeline: Pipeline
  readonly db: Db
  readonly clock: Clock
  readonly random: Random
  readonly context: Context
  readonly callId: string
  readonly events: OutboxEvent[] = []
  readonly #changes = new Map<Context, Change[]>()
  #afterCommit: (() => void)[] = []

  constructor(pipeline: Pipeline, db: Db, context: Context, callId: string) {
    this.pipeline = pipeline
    this.db = db
    this.clock = context.clock
    this.random = context.random
    this.context = context
    this.callId = callId
  }

  newId(): string {
    return uuidv7(this.clock, this.random)
  }

  emit(event: DomainEvent, context: Context = this.context): void {
    this.events.push({ ...event, id: this.newId(), context })
  }

  changed(change: Change, context: Context = this.context): void {
    const said = this.#changes.get(context) ?? []
    this.#changes.set(context, said)
    said.push(change)
  }

  /** What the call of this context changed. */
  changesOf(context: Context): readonly Change[] {
    return this.#changes.get(context) ?? []
  }

  afterCommit(then: () => void): void {
    this.#afterCommit.push(then)
  }

  committed(): void {
    for (const then of this.#afterCommit) then()
  }

  /** Takes over what a call said that ran inside this unit, whose audit record is written already. */
  adopt(inner: UnitOfWork): void {
    this.events.push(...inner.events)
    this.#afterCommit.push(...inner.#afterCommit)
  }

  /** Forgets what a refused command said: it did not happen. */
  forget(): void {
    this.#afterCommit = []
    this.events.length = 0
    this.#changes.clear()
  }
}
