import { expect } from 'vitest'
import type { Answer } from '../../pipeline/outcomes.ts'
import { isBatched } from '../../registry.ts'
import { changedTables } from '../state.ts'
import type { Trial } from '../trial.ts'
import type { World } from '../world.ts'

const kernelRecords = ['kernel.audit', 'kernel.outcomes', 'kernel.requests']

/**
 * A refusal is an outcome: declared, stored, replayed, and without any other trace. Tried with the inputs of
 * `example.refused`, and with the example sent again under another key, where that is refused.
 */
export async function storesRefusals(trial: Trial): Promise<void> {
  await trial.inWorld(async (world) => {
    await trial.send(world)
    await refuse(trial, world, { key: 'another key' })
    for (const [code, input] of Object.entries(trial.command.example.refused ?? {})) {
      const label = `${code} by ${JSON.stringify(input)}`
      expect(await refuse(trial, world, { key: `refused ${code}`, input }), label).toBe(code)
    }
  })
}

async function refuse(
  trial: Trial,
  world: World,
  call: { key: string; input?: unknown },
): Promise<string | undefined> {
  const before = await world.state()
  const answer = await trial.send(world, call)
  if (answer.status !== 'refused') return undefined
  expect(trial.command.refusals).toContain(answer.refusal.code)
  const after = await world.state()
  // Where the refusals of a command with a trail lie is its module's affair; the kernel's tables are not the place.
  const changed = changedTables(before, after)
  if (isBatched(trial.command) && trial.command.trail !== undefined)
    expect(changed.filter((table) => kernelRecords.includes(table))).toEqual([])
  else expect(changed).toEqual(kernelRecords)
  expect(told(await trial.send(world, call))).toEqual(told({ ...answer, replayed: true }))
  expect(await world.state()).toEqual(after)
  expect(await world.verify()).toEqual([])
  return answer.refusal.code
}

/** A refused answer in plain members, which `toEqual` compares one by one. */
function told(answer: Answer): unknown {
  if (answer.status !== 'refused') return answer
  const { code, message, details } = answer.refusal
  return { ...answer, refusal: { code, message, details } }
}
