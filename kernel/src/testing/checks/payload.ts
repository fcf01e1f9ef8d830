import { expect } from 'vitest'
import { otherInput } from '../inputs.ts'
import { outcomeOf, type Trial } from '../trial.ts'

/** The same key with another payload is told so and changes nothing. */
export async function refusesAnotherPayload(trial: Trial): Promise<void> {
  await trial.inWorld(async (world) => {
    const input = otherInput(world.registry, trial.command)
    if (input === undefined) return
    await trial.send(world)
    const after = await world.state()
    expect(await outcomeOf(trial.send(world, { input }))).toEqual({ error: 'idempotency_key_reused' })
    expect(await world.state()).toEqual(after)
  })
}

/** Two payloads under one key at the same time: one is run, the other is told so. */
export async function refusesAnotherPayloadAtOnce(trial: Trial): Promise<void> {
  for (const processes of [1, 2]) await race(trial, processes)
}

async function race(trial: Trial, processes: number): Promise<void> {
  await trial.inWorld(async (world) => {
    const input = otherInput(world.registry, trial.command)
    if (input === undefined) return
    const engine = processes === 1 ? world.engine : world.secondEngine().engine
    const outcomes = await Promise.all([
      outcomeOf(trial.send(world)),
      outcomeOf(trial.send(world, { input, engine })),
      outcomeOf(trial.send(world)),
      outcomeOf(trial.send(world, { input, engine })),
    ])
    const [mine, others, mineAgain, othersAgain] = outcomes
    const reused = { error: 'idempotency_key_reused' }
    expect([
      [others, othersAgain],
      [mine, mineAgain],
    ]).toContainEqual([reused, reused])
    expect(outcomes.filter((outcome) => 'replayed' in outcome && !outcome.replayed)).toHaveLength(1)
    if (others !== undefined && 'error' in others)
      expect(await world.state()).toEqual((await trial.reference()).after)
    expect(await world.verify()).toEqual([])
  })
}
