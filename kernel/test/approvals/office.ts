import { type Actor, type Answer, type Engine, RequestError } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { modules } from '../tally/index.ts'

/** Who works here, and what each is permitted. */
const permissions = {
  clerk: ['tally.*', 'kernel.approval.withdraw'],
  ann: ['kernel.approval.*', 'tills.approve'],
  ben: ['kernel.approval.*', 'tills.approve', 'vault.approve'],
  cara: ['kernel.approval.*', 'vault.approve', 'tally.*'],
  dora: ['kernel.approval.*'],
}
export type Name = keyof typeof permissions
export const names = Object.keys(permissions) as Name[]

export function actorOf(name: Name): Actor {
  return { id: name, kind: 'key', permissions: permissions[name] }
}

export type Policy = Readonly<Record<string, unknown>>

/** A world with several people in it, each with a key. */
export class Office {
  readonly world: World

  constructor(world: World) {
    this.world = world
  }

  async setPolicy(policy: Policy, options: { actor?: Actor; key?: string } = {}): Promise<Answer> {
    const whole = { approvers: 1, approver_permission: 'tills.approve', ...policy }
    return this.world.execute('kernel.approval-policy.set', whole, { reason: 'test', ...options })
  }

  send(
    command: string,
    input: unknown,
    { by = 'clerk', ...options }: { by?: Name; key?: string; reason?: string; engine?: Engine } = {},
  ): Promise<Answer> {
    return this.world.execute(command, input, { actor: actorOf(by), ...options })
  }

  /** Sends what has to wait, and gives the id of the request. */
  async request(
    command: string,
    input: unknown,
    options: { key?: string; reason?: string } = {},
  ): Promise<string> {
    const answer = await this.send(command, input, options)
    if (answer.status !== 'pending') throw new Error(`${command} was ${answer.status}`)
    return answer.id
  }

  /** What a decision came to: the request's status, or the code of the refusal. */
  async decide(
    decision: 'approve' | 'reject' | 'withdraw' | 'expire',
    approval: string,
    by: Name,
    engine?: Engine,
  ): Promise<string> {
    try {
      const options = { by, reason: `because of ${by}`, ...(engine === undefined ? {} : { engine }) }
      const answer = await this.send(`kernel.approval.${decision}`, { approval }, options)
      if (answer.status === 'refused') return answer.refusal.code
      return answer.status === 'done' ? String(memberOf(answer.output, 'status')) : answer.status
    } catch (error) {
      if (error instanceof RequestError) return error.code
      throw error
    }
  }

  async show(approval: string): Promise<unknown> {
    return this.world.ask('kernel.approval.get', { approval })
  }

  async status(approval: string): Promise<unknown> {
    return memberOf(await this.show(approval), 'status')
  }

  /** The events of approvals so far: what happened, to which request. */
  async told(approval: string): Promise<string[]> {
    const rows = await this.world.adminDatabase.query<{ type: string }>(
      `SELECT type FROM kernel.outbox WHERE subject = $1 AND type LIKE 'kernel.approval.%' ORDER BY seq`,
      [approval],
    )
    return rows.map((row) => row.type.replace('kernel.approval.', ''))
  }
}

export async function openOffice(): Promise<Office> {
  const world = await createWorld({ modules })
  for (const name of names) await world.done('kernel.key.create', { name, permissions: permissions[name] })
  await world.done('tally.jar.create', { name: 'blue' })
  return new Office(world)
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
