import type { EndRow, GrantRow, RequestRow } from './request-store.ts'
import type { Approval, approvalStatuses } from './schemas.ts'

type Status = (typeof approvalStatuses)[number]

/** What is told of a request in a list: how far it has come, not what it is about in full. */
export function summaryOf(
  request: RequestRow,
  grants: readonly GrantRow[],
  end: Pick<EndRow, 'status' | 'actor' | 'ended_at'> | undefined,
  now: number,
) {
  return {
    approval: request.id,
    command: request.command,
    status: statusOf(request, end, now),
    requested_by: request.actor,
    requested_at: request.requested_at.toISOString(),
    reason: request.reason,
    input_hash: request.payload_hash.toString('hex'),
    expires_at: request.expires_at.toISOString(),
    needs: request.needs.map((need) => ({
      ...need,
      approved_by: grants.filter(({ policies }) => policies.includes(need.policy)).map(({ actor }) => actor),
    })),
    ended_by: end?.actor ?? null,
    ended_at: end?.ended_at.toISOString() ?? null,
  }
}

/** All that is known of a request. */
export function approvalOf(
  request: RequestRow,
  grants: readonly GrantRow[],
  end: EndRow | undefined,
  now: number,
): Approval {
  return {
    ...summaryOf(request, grants, end, now),
    input: request.input,
    approvals: grants.map(({ actor, policies, reason, granted_at }) => ({
      by: actor,
      at: granted_at.toISOString(),
      reason,
      policies: [...policies],
    })),
    end_reason: end?.reason ?? null,
    output: end?.status === 'executed' ? end.body : null,
    failure: end?.status === 'failed' ? failureOf(end.body) : null,
  }
}

/** A request has expired from that very instant on, whether or not it was written down yet. */
function statusOf(request: RequestRow, end: Pick<EndRow, 'status'> | undefined, now: number): Status {
  if (end !== undefined) return end.status
  return isExpired(request, now) ? 'expired' : 'pending'
}

export function isExpired(request: Pick<RequestRow, 'expires_at'>, now: number): boolean {
  return request.expires_at.getTime() <= now
}

function failureOf(body: unknown): NonNullable<Approval['failure']> {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('message' in body))
    throw new Error('A stored failure lacks its code or message')
  const details = 'details' in body ? body.details : {}
  return { code: String(body.code), message: String(body.message), details }
}
