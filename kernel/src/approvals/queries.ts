import { type Static, Type } from 'typebox'
import { Conditions } from '../conditions.ts'
import { InvalidInput, Refusal } from '../errors.ts'
import { requestId } from '../ids.ts'
import { defineList, integerKey, type Page } from '../pagination.ts'
import { defineQuery } from '../registry.ts'
import { uuidPattern } from '../schemas.ts'
import { policyCommands } from './policies.ts'
import { readPolicies } from './policy-store.ts'
import {
  type EndRow,
  findEnd,
  findGrants,
  findRequest,
  type RequestRow,
  requestColumns,
} from './request-store.ts'
import { ApprovalId, ApprovalSummary, ApprovalView, PolicyView, Status } from './schemas.ts'
import { approvalOf, summaryOf } from './view.ts'

export const listPolicies = defineList({
  name: 'kernel.approval-policy.list',
  summary: 'List the policies of approval in force',
  http: { method: 'GET', path: '/v1/approval-policies' },
  input: Type.Object({}, { additionalProperties: false }),
  item: PolicyView,
  permission: 'kernel.approval-policy.list',
  refusals: [],
  example: { after: ['kernel.approval-policy.set'], input: {} },
  async page(view, _input, page) {
    const { policies } = await readPolicies(view.db)
    const [after = ''] = page.after ?? []
    const rows = policies.filter(({ policy }) => policy > after).slice(0, page.fetch)
    return { rows: rows.map((item) => ({ item, key: [item.policy] })) }
  },
})

/** The example of `kernel.approval-policy.remove` waits for what the policy asks for. */
const waiting = [policyCommands.set, policyCommands.remove]

export const getApproval = defineQuery({
  name: 'kernel.approval.get',
  summary: 'Show a request for approval: what would be run, who approved, what came of it',
  http: { method: 'GET', path: '/v1/approvals/{approval}' },
  input: ApprovalId,
  output: ApprovalView,
  permission: 'kernel.approval.get',
  refusals: ['approval_not_found'],
  example: {
    after: waiting,
    input: { approval: requestId('admin', policyCommands.remove, `example-${policyCommands.remove}`) },
  },
  async run(view, { approval }) {
    const request = await findRequest(view.db, approval)
    if (request === undefined)
      throw new Refusal('approval_not_found', `There is no request ${approval}`, { approval })
    const grants = (await findGrants(view.db, [approval])).get(approval) ?? []
    return approvalOf(request, grants, await findEnd(view.db, approval), view.clock.now())
  },
})

type SummaryRow = RequestRow & {
  readonly end_status: EndRow['status'] | null
  readonly end_actor: string | null
  readonly ended_at: Date | null
}

export const listApprovals = defineList({
  name: 'kernel.approval.list',
  summary: 'List requests for approval, the newest first',
  http: { method: 'GET', path: '/v1/approvals' },
  input: Type.Object(
    {
      status: Type.Optional(Status),
      command: Type.Optional(Type.String({ maxLength: 128 })),
      requested_by: Type.Optional(Type.String({ maxLength: 128 })),
    },
    { additionalProperties: false },
  ),
  item: ApprovalSummary,
  permission: 'kernel.approval.list',
  refusals: [],
  example: { after: waiting, input: { status: 'pending' } },
  async page(view, input, page) {
    const now = view.clock.now()
    const where = new Conditions()
    filterStatus(where, input.status, now)
    where.add(input.command, (p) => `r.command = ${p}`)
    where.add(input.requested_by, (p) => `c.actor = ${p}`)
    const after = placeAfter(page)
    if (after !== undefined)
      where.also(`(r.requested_at, r.id) < (${where.value(after.at)}, ${where.value(after.id)}::uuid)`)
    const rows = await view.db.query<SummaryRow>(
      `SELECT ${requestColumns}, e.status AS end_status, e.actor AS end_actor, e.ended_at
       FROM kernel.approval_requests r JOIN kernel.requests c ON c.id = r.id
       LEFT JOIN kernel.approval_ends e ON e.request_id = r.id
       ${where.sql} ORDER BY r.requested_at DESC, r.id DESC LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    const grants = await findGrants(
      view.db,
      rows.map((row) => row.id),
    )
    return {
      rows: rows.map((row) => ({
        item: summaryOf(row, grants.get(row.id) ?? [], endOf(row), now),
        key: [String(row.requested_at.getTime()), row.id],
      })),
    }
  },
})

function endOf({ end_status, end_actor, ended_at }: SummaryRow) {
  if (end_status === null || end_actor === null || ended_at === null) return undefined
  return { status: end_status, actor: end_actor, ended_at }
}

/** A request has expired from that very instant on, whether or not it was written down yet. */
function filterStatus(where: Conditions, status: Static<typeof Status> | undefined, now: number): void {
  if (status === 'pending') where.add(new Date(now), (p) => `r.open AND r.expires_at > ${p}`)
  else if (status === 'expired')
    where.add(new Date(now), (p) => `(e.status = 'expired' OR (r.open AND r.expires_at <= ${p}))`)
  else where.add(status, (p) => `e.status = ${p}`)
}

const uuid = new RegExp(uuidPattern)

/** Where the page before ended; a forged cursor is invalid input, not a database error. */
function placeAfter(page: Page): { at: Date; id: string } | undefined {
  if (page.after === undefined) return undefined
  const at = new Date(Number(integerKey(page, 0)))
  const id = page.after[1] ?? ''
  if (Number.isNaN(at.getTime()) || !uuid.test(id))
    throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
  return { at, id }
}
