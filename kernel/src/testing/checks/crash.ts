import { expect } from 'vitest'
import { type Cut, cutAt, cutEverywhere } from '../crash.ts'
import { shapeOf } from '../state.ts'
import { outcomeOf, type Trial } from '../trial.ts'
import { healingRetry, quickRetry, type World } from '../world.ts'

/**
 * Cut before and after every statement, nothing is half done and the caller is told so. One process lives through all
 * cuts, so that whatever a rolled-back attempt left in its memory shows. The last cut hides a COMMIT that took effect:
 * everything is as without any cut, and the same call sent again is told the outcome.
 */
export async function survivesCuts(trial: Trial): Promise<void> {
  const reference = await trial.reference()
  expect(reference.statements.at(-1)).toBe('COMMIT')
  const retry = { ...quickRetry, connectionLosses: 0 }
  await trial.inWorld(
    async (world) => {
      let cut: string | undefined
      for (let statement = 1; cut !== 'COMMIT'; statement++) {
        await cutOnce(trial, world, { statement, stage: 'before' })
        cut = await cutOnce(trial, world, { statement, stage: 'after' })
      }
      world.database.interceptor = undefined
      expect(await trial.send(world)).toEqual(trial.replayOf(reference.answer))
      expect(await world.state()).toEqual(reference.after)
      expect(await world.verify()).toEqual([])
    },
    { engine: { ...trial.options.engine, retry } },
  )
}

async function cutOnce(trial: Trial, world: World, cut: Cut): Promise<string> {
  const { before, after } = await trial.reference()
  const { where } = cutAt(world.database, cut)
  const outcome = await outcomeOf(trial.send(world))
  const statement = where()
  const label = `cut ${cut.stage} statement ${cut.statement}: ${statement}`
  if (statement === undefined) throw new Error(`${label} was never reached, nor COMMIT before it`)
  expect(outcome, label).toEqual({ error: 'database_unavailable' })
  const tookEffect = statement === 'COMMIT' && cut.stage === 'after'
  expect(await world.state(), label).toEqual(tookEffect ? after : before)
  expect(await world.verify(), label).toEqual([])
  return statement
}

/** Cut before its COMMIT, the same call is run by another process, which waits for what the first still holds. */
export async function resumesElsewhere(trial: Trial): Promise<void> {
  const { statements, after, answer } = await trial.reference()
  await trial.inWorld(
    async (world) => {
      cutAt(world.database, { statement: statements.length, stage: 'before' })
      expect(await outcomeOf(trial.send(world))).toEqual({ error: 'database_unavailable' })
      const { engine } = world.secondEngine()
      expect(await trial.send(world, { engine })).toEqual(answer)
      expect(await world.state()).toEqual(after)
      expect(await world.verify()).toEqual([])
    },
    { engine: { ...trial.options.engine, retry: { ...quickRetry, connectionLosses: 0 } } },
  )
}

/** Allowed to try again, one call outlives a cut at every statement in turn, and at last one that hides its COMMIT. */
export async function healsByItself(trial: Trial): Promise<void> {
  const { after, answer } = await trial.reference()
  await trial.inWorld(
    async (world) => {
      const { done } = cutEverywhere(world.database, { hideCommit: true })
      expect(await trial.send(world)).toMatchObject({ status: answer.status, replayed: true })
      expect(done()).toBe(true)
      world.database.interceptor = undefined
      expect(shapeOf(await world.state())).toEqual(shapeOf(after))
      expect(await world.verify()).toEqual([])
    },
    { engine: { ...trial.options.engine, retry: healingRetry } },
  )
}
