import { expect } from 'vitest'
import type { Actor } from '../../context.ts'
import { InvalidInput } from '../../errors.ts'
import { changedTables } from '../state.ts'
import { outcomeOf, type Trial } from '../trial.ts'
import type { World } from '../world.ts'
import { wrongInputs } from '../wrong-inputs.ts'

const nobody: Actor = { id: 'nobody', kind: 'key', permissions: ['something.else.*'] }

/**
 * Malformed input, a missing or unusable key, and a missing permission are answered before anything is claimed. Only
 * the attempt of a caller without permission leaves a trace: its audit record.
 */
export async function demandsAdmission(trial: Trial): Promise<void> {
  await trial.inWorld(async (world) => {
    const before = await world.state()
    await sendWrongInputs(trial, world)
    await sendUnusableKeys(trial, world)
    expect(await world.state()).toEqual(before)
    const call = { actor: nobody, key: trial.key }
    expect(await outcomeOf(world.execute(trial.name, trial.input, call))).toEqual({ error: 'forbidden' })
    const after = await world.state()
    expect(changedTables(before, after)).toEqual(['kernel.audit'])
    const known = new Set(before['kernel.audit'])
    const added = (after['kernel.audit'] ?? []).filter((row) => !known.has(row)).map((row) => JSON.parse(row))
    expect(added).toMatchObject([
      { action: trial.name, actor: 'nobody', outcome: 'denied', code: 'forbidden' },
    ])
  })
}

async function sendWrongInputs(trial: Trial, world: World): Promise<void> {
  for (const { what, input } of wrongInputs(world.registry, trial.command)) {
    const call = world.execute(trial.name, input, { key: trial.key }).catch((error: unknown) => error)
    expect(await call, what).toBeInstanceOf(InvalidInput)
  }
}

async function sendUnusableKeys(trial: Trial, world: World): Promise<void> {
  const without = world.engine.execute(trial.command, trial.input, world.context())
  expect(await outcomeOf(without)).toEqual({ error: 'idempotency_key_missing' })
  for (const key of ['', 'x'.repeat(256), 'line\nbreak', 'ключ'])
    expect(await outcomeOf(trial.send(world, { key })), key).toEqual({ error: 'idempotency_key_invalid' })
}
