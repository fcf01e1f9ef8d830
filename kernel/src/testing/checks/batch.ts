import { expect } from 'vitest'
import type { Answer } from '../../pipeline/outcomes.ts'
import { type BatchedCommand, type Command, isBatched, type Module } from '../../registry.ts'
import { cutEverywhere } from '../crash.ts'
import { otherInput } from '../inputs.ts'
import { shapeOf, withoutIds } from '../state.ts'
import { outcomeOf, type Trial } from '../trial.ts'
import { healingRetry, type World } from '../world.ts'

interface Sent {
  readonly key: string
  readonly input: unknown
}

/** Different calls of one lane: the example and a neighbour of it, each several times under keys of their own. */
function severalCalls(trial: Trial, world: World): Sent[] {
  const command = batched(trial)
  const other = otherInput(world.registry, command)
  const sameLane = other !== undefined && command.lane(other) === command.lane(trial.input)
  const inputs = [trial.input, sameLane ? other : trial.input]
  return Array.from({ length: 6 }, (_, i) => ({ key: `batch-${i}`, input: inputs[i % 2] }))
}

function batched(trial: Trial): BatchedCommand {
  if (!isBatched(trial.command)) throw new Error(`${trial.name} is not batched`)
  return trial.command
}

/** What can be compared between runs that draw other random numbers. */
async function shapeAfter(world: World, outcomes: readonly unknown[]): Promise<unknown> {
  return {
    outcomes: outcomes.map((outcome) => withoutIds(plain(outcome))),
    state: shapeOf(await world.state()),
  }
}

function plain(outcome: unknown): string {
  return JSON.stringify(outcome, (_name, value: unknown) =>
    value instanceof Error ? { ...value, message: value.message } : value,
  )
}

async function oneAfterAnother(
  trial: Trial,
  pick: (calls: Sent[]) => Sent[] = (calls) => calls,
): Promise<unknown> {
  return trial.inWorld(async (world) => {
    const answers: Answer[] = []
    for (const call of pick(severalCalls(trial, world))) answers.push(await trial.send(world, call))
    return shapeAfter(world, answers)
  })
}

/** One batch comes to exactly what its calls come to one after another. */
export async function batchesAsOneByOne(trial: Trial): Promise<void> {
  const wanted = await oneAfterAnother(trial)
  await trial.inWorld(async (world) => {
    let begun = 0
    world.database.interceptor = (statement, stage) => {
      if (statement === 'BEGIN' && stage === 'before') begun++
    }
    const answers = await Promise.all(severalCalls(trial, world).map((call) => trial.send(world, call)))
    expect(begun).toBe(1)
    expect(await shapeAfter(world, answers)).toEqual(wanted)
    expect(await world.verify()).toEqual([])
  })
}

/** A batch that is cut at every statement in turn comes to the same. */
export async function batchesHeal(trial: Trial): Promise<void> {
  const wanted = await oneAfterAnother(trial)
  await trial.inWorld(
    async (world) => {
      const { done } = cutEverywhere(world.database, { hideCommit: false })
      const answers = await Promise.all(severalCalls(trial, world).map((call) => trial.send(world, call)))
      expect(done()).toBe(true)
      expect(await shapeAfter(world, answers)).toEqual(wanted)
      expect(await world.verify()).toEqual([])
    },
    { engine: { ...trial.options.engine, retry: healingRetry } },
  )
}

const poison = 2

/** One call at which the code fails fails alone. */
export async function poisonStaysAlone(trial: Trial): Promise<void> {
  const wanted = await oneAfterAnother(trial, (calls) => calls.toSpliced(poison, 1))
  const modules = trial.options.modules.map((module) => poisoned(module, batched(trial)))
  await trial.inWorld(
    async (world) => {
      const calls = severalCalls(trial, world)
      const outcomes = await Promise.allSettled(calls.map((call) => trial.send(world, call)))
      expect(outcomes[poison]).toMatchObject({ status: 'rejected', reason: { message: 'Poison' } })
      const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(await shapeAfter(world, answers)).toEqual(wanted)
      expect(await world.verify()).toEqual([])
    },
    { modules },
  )
}

/** The module, with the command failing at the poisoned call after it has done its work. */
function poisoned(module: Module, command: BatchedCommand): Module {
  const runMany: BatchedCommand['runMany'] = async (unit, calls) => {
    const outcomes = await command.runMany(unit, calls)
    if (calls.some((call) => call.context.idempotencyKey === `batch-${poison}`)) throw new Error('Poison')
    return outcomes
  }
  const replace = (each: Command): Command => (each === command ? { ...command, runMany } : each)
  return { ...module, commands: module.commands.map(replace) }
}

/** A full queue says so, and what it turned away left no trace. */
export async function fullQueueDoesNothing(trial: Trial): Promise<void> {
  const room = 3
  const wanted = await oneAfterAnother(trial, (calls) => calls.slice(0, room))
  await trial.inWorld(
    async (world) => {
      const calls = severalCalls(trial, world)
      const outcomes = await Promise.all(calls.map((call) => outcomeOf(trial.send(world, call))))
      expect(outcomes.slice(room)).toEqual(calls.slice(room).map(() => ({ error: 'overloaded' })))
      expect(await shapeAfter(world, outcomes.slice(0, room))).toEqual(wanted)
    },
    { engine: { ...trial.options.engine, lanes: { queued: room, batch: 100 } } },
  )
}
