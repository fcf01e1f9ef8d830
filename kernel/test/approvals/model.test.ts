import type { Actor, Answer } from '@florin/kernel'
import { outcomeOf } from '@florin/kernel/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Model, type ModelPolicy, type Step } from './model.ts'
import { names, type Office, openOffice } from './office.ts'

const system: Actor = { id: 'system:test', kind: 'system', permissions: ['*'] }
const commands = ['tally.drop.add', 'tally.stone.add']

const name = fc.constantFrom(...names)
const policyName = fc.constantFrom('one', 'two', 'three')
const policy: fc.Arbitrary<ModelPolicy> = fc.record({
  policy: policyName,
  command: fc.constantFrom('*', 'tally.*', ...commands),
  above: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  approvers: fc.integer({ min: 1, max: 2 }),
  permission: fc.constantFrom('tills.approve', 'vault.approve', 'kernel.approval.approve'),
  makersMay: fc.boolean(),
  expiresAfterS: fc.integer({ min: 60, max: 300 }),
})
const which = { by: name, request: fc.nat(2) }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('set'), policy }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), policy: policyName }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send'),
      by: fc.constantFrom('clerk', 'cara'),
      command: fc.constantFrom(...commands),
      amount: fc.integer({ min: 1, max: 7 }),
    }),
  },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('approve'), ...which }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('reject', 'expire'), ...which }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('withdraw'), ...which, by: fc.constantFrom('clerk', 'cara') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 120 }) }),
  },
)

/** Two policies that ask different people about nearly everything come first. */
const beginning: fc.Arbitrary<Step[]> = fc.tuple(policy, policy).map(([one, two]) => [
  { kind: 'set', policy: { ...one, policy: 'one', command: 'tally.*', permission: 'tills.approve' } },
  { kind: 'set', policy: { ...two, policy: 'two', command: '*', permission: 'vault.approve' } },
])
const history = fc
  .tuple(beginning, fc.array(step, { minLength: 20, maxLength: 60 }))
  .map(([first, rest]) => [...first, ...rest])

/** The real thing behind the model's words. */
class Driver {
  readonly office: Office
  readonly requests: string[] = []

  constructor(office: Office) {
    this.office = office
  }

  async take(step: Step): Promise<string> {
    switch (step.kind) {
      case 'set':
        return said(this.office.setPolicy(wire(step.policy), { actor: system }))
      case 'remove': {
        const input = { policy: step.policy }
        const options = { actor: system, reason: 'test' }
        return said(this.office.world.execute('kernel.approval-policy.remove', input, options))
      }
      case 'wait':
        this.office.world.clock.advance(step.seconds * 1_000)
        return 'done'
      case 'send': {
        const { by, command, amount } = step
        const call = this.office.send(command, { jar: 'blue', amount }, { by })
        const status = await said(call)
        if (status === 'pending') this.requests.push((await call).id)
        return status
      }
      default: {
        const id = this.requests.at(-1 - step.request)
        return id === undefined ? 'approval_not_found' : this.office.decide(step.kind, id, step.by)
      }
    }
  }
}

function wire({ policy, command, above, approvers, permission, makersMay, expiresAfterS }: ModelPolicy) {
  return {
    policy,
    commands: [command],
    ...(above === undefined ? {} : { conditions: [{ path: '/amount', above: String(above) }] }),
    approvers,
    approver_permission: permission,
    makers_may_approve: makersMay,
    expires_after_s: expiresAfterS,
  }
}

async function said(call: Promise<Answer>): Promise<string> {
  const answer = await outcomeOf(call)
  if ('error' in answer) return answer.error
  return answer.status === 'refused' ? answer.refusal.code : answer.status
}

test('any history of policies, requests and decisions is what the model says', async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const model = new Model()
      const driver = new Driver(await openOffice())
      try {
        for (const [i, each] of steps.entries()) {
          const found = await driver.take(each)
          expect(found, `step ${i}: ${JSON.stringify(each)}`).toBe(model.take(each))
          seen.set(found, (seen.get(found) ?? 0) + 1)
        }
        const statuses = await Promise.all(driver.requests.map((id) => driver.office.status(id)))
        expect(statuses).toEqual(model.statuses())
        expect(await driver.office.world.verify()).toEqual([])
      } finally {
        await driver.office.world.close()
      }
    }),
    { numRuns: 12, endOnFailure: true },
  )
  // A generator that never gets anywhere would find nothing.
  for (const outcome of ['done', 'pending', 'executed', 'approval_closed'])
    expect(seen.get(outcome), outcome).toBeGreaterThan(0)
})
