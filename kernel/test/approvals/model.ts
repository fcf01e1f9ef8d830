import { type Actor, allows } from '@florin/kernel'
import { actorOf, type Name, names } from './office.ts'

export interface ModelPolicy {
  readonly policy: string
  readonly command: string
  readonly above: number | undefined
  readonly approvers: number
  readonly permission: string
  readonly makersMay: boolean
  readonly expiresAfterS: number
}

export type Step =
  | { readonly kind: 'set'; readonly policy: ModelPolicy }
  | { readonly kind: 'remove'; readonly policy: string }
  | { readonly kind: 'send'; readonly by: Name; readonly command: string; readonly amount: number }
  | {
      readonly kind: 'approve' | 'reject' | 'withdraw' | 'expire'
      readonly by: Name
      /** Which of the requests so far, counted from the last. */
      readonly request: number
    }
  | { readonly kind: 'wait'; readonly seconds: number }

interface Asked {
  readonly by: Name
  readonly command: string
  readonly amount: number
  readonly policies: readonly ModelPolicy[]
  readonly expiresAt: number
  readonly approvedBy: Name[]
  end: string | undefined
}

const capacity = 20

/** What approvals come to, told as plainly as possible: by looking at everything again at every step. */
export class Model {
  policies: ModelPolicy[] = []
  readonly requests: Asked[] = []
  total = 0
  #now = 0

  /** What the step is answered with: a status, or the code of a refusal. */
  take(step: Step): string {
    switch (step.kind) {
      case 'set':
        if (!canBeMet(step.policy)) return 'approvers_missing'
        this.policies = [...this.policies.filter((one) => one.policy !== step.policy.policy), step.policy]
        return 'done'
      case 'remove': {
        const known = this.policies.some((one) => one.policy === step.policy)
        this.policies = this.policies.filter((one) => one.policy !== step.policy)
        return known ? 'done' : 'approval_policy_not_found'
      }
      case 'wait':
        this.#now += step.seconds
        return 'done'
      case 'send':
        return this.#send(step)
      default: {
        const request = this.requests.at(-1 - step.request)
        return request === undefined ? 'approval_not_found' : this.#decide(step, request)
      }
    }
  }

  statuses(): string[] {
    return this.requests.map((one) => one.end ?? (one.expiresAt <= this.#now ? 'expired' : 'pending'))
  }

  #send({ by, command, amount }: Extract<Step, { kind: 'send' }>): string {
    if (!allows(actorOf(by), command)) return 'forbidden'
    const policies = this.policies.filter(
      (one) =>
        (one.command === '*' || one.command === command || one.command === 'tally.*') &&
        (one.above === undefined || amount > one.above),
    )
    if (policies.length === 0) return this.#run(amount) ? 'done' : 'jar_full'
    const expiresAt = this.#now + Math.min(...policies.map((one) => one.expiresAfterS))
    this.requests.push({ by, command, amount, policies, expiresAt, approvedBy: [], end: undefined })
    return 'pending'
  }

  #run(amount: number): boolean {
    if (this.total + amount > capacity) return false
    this.total += amount
    return true
  }

  #decide({ kind, by }: { readonly kind: string; readonly by: Name }, request: Asked): string {
    const actor = actorOf(by)
    if (!allows(actor, `kernel.approval.${kind}`)) return 'forbidden'
    if (request.end !== undefined) return 'approval_closed'
    const expired = request.expiresAt <= this.#now
    if (kind === 'expire') return expired ? this.#end(request, 'expired') : 'approval_not_due'
    if (expired) return 'approval_expired'
    if (kind === 'withdraw') return by === request.by ? this.#end(request, 'withdrawn') : 'approval_not_own'
    if (by === request.by) return 'approval_own_request'
    const counts = (name: Name, policy: ModelPolicy): boolean =>
      countsFor(actorOf(name), policy, request.command)
    if (kind === 'reject')
      return request.policies.some((one) => counts(by, one))
        ? this.#end(request, 'rejected')
        : 'approver_not_entitled'
    if (request.approvedBy.includes(by)) return 'approval_repeated'
    const lacking = (): ModelPolicy[] =>
      request.policies.filter(
        (one) => request.approvedBy.filter((name) => counts(name, one)).length < one.approvers,
      )
    if (!lacking().some((one) => counts(by, one))) return 'approver_not_entitled'
    request.approvedBy.push(by)
    if (lacking().length > 0) return 'pending'
    return this.#end(request, this.#run(request.amount) ? 'executed' : 'failed')
  }

  #end(request: Asked, status: string): string {
    request.end = status
    return status
  }
}

function countsFor(actor: Actor, policy: ModelPolicy, command: string): boolean {
  return allows(actor, policy.permission) && (policy.makersMay || !allows(actor, command))
}

/** For every command that anybody here may send. */
function canBeMet(policy: ModelPolicy): boolean {
  const approvers = names
    .map(actorOf)
    .filter((actor) => allows(actor, 'kernel.approval.approve') && countsFor(actor, policy, 'tally.drop.add'))
  return approvers.length >= policy.approvers
}
