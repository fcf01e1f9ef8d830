import { Compile } from 'typebox/compile'
import { expect } from 'vitest'
import type { Actor } from '../../context.ts'
import { changedTables, type State, shapeOf } from '../state.ts'
import type { Trial } from '../trial.ts'
import type { World } from '../world.ts'

const checker: Actor = { id: 'checker', kind: 'key', permissions: ['kernel.approval.*'] }
const florin: Actor = { id: 'system:kit', kind: 'system', permissions: ['*'] }

/** What a call that waits leaves behind, at most. */
const ofWaiting = [
  'kernel.approval_requests',
  'kernel.audit',
  'kernel.outbox',
  'kernel.outcomes',
  'kernel.requests',
]

/**
 * Under a policy the example does nothing until it is approved; then it does in its module's tables exactly what it does
 * without one. Commands that no policy reaches, and examples that wait anyway, are left out.
 */
export async function runsOnceApproved(trial: Trial): Promise<void> {
  const { approval, example } = trial.command
  const hasKernel = trial.options.modules.some((module) => module.name === 'kernel')
  if (approval === 'never' || example.waits === true || example.by !== undefined || !hasKernel) return
  const { after } = await trial.reference()
  await trial.inWorld(async (world) => {
    await setPolicy(trial, world)
    const before = await world.state()
    const asked = await trial.send(world)
    expect(asked).toMatchObject({ status: 'pending', replayed: false })
    expect(ofWaiting).toEqual(expect.arrayContaining(changedTables(before, await world.state())))

    const answer = await world.execute(
      'kernel.approval.approve',
      { approval: asked.id },
      { actor: checker, key: 'approve' },
    )
    expect(answer).toMatchObject({ status: 'done', output: { status: 'executed', failure: null } })
    if (answer.status === 'done') expectOutput(trial, answer.output)
    expect(ownTables(await world.state())).toEqual(ownTables(after))
    expect(await trial.send(world)).toEqual({ ...asked, replayed: true })
    expect(await world.verify()).toEqual([])
  })
}

async function setPolicy(trial: Trial, world: World): Promise<void> {
  const { id: name, permissions } = checker
  await world.done('kernel.key.create', { name, permissions }, { key: 'checker', actor: florin })
  const policy = {
    policy: 'kit',
    commands: [trial.name],
    approvers: 1,
    approver_permission: 'kernel.approval.approve',
  }
  await world.done('kernel.approval-policy.set', policy, {
    key: 'kit',
    actor: florin,
    reason: 'The kit tries',
  })
}

function expectOutput(trial: Trial, approved: unknown): void {
  if ('shownOnce' in trial.command) return
  const output =
    typeof approved === 'object' && approved !== null ? Reflect.get(approved, 'output') : undefined
  const schema = Compile(trial.command.output)
  expect(schema.Check(output) ? [] : schema.Errors(output)).toEqual([])
}

/** What the command's module keeps; the kernel's own tables have the request in them. */
function ownTables(state: State): State {
  const tables = Object.entries(shapeOf(state)).filter(([table]) => !table.startsWith('kernel.'))
  return Object.fromEntries(tables)
}
