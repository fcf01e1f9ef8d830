import { Type } from 'typebox'
import { Conditions } from '../conditions.ts'
import { defineList, integerKey, type Page } from '../pagination.ts'
import { Counter, Time } from '../schemas.ts'

/**
 * Rows of transactions that are still under way can commit behind rows that are visible already. Readers that must
 * see every row once stop before the oldest transaction still running.
 */
const settled = 'xid < pg_snapshot_xmin(pg_current_snapshot())'

/**
 * In the order of transactions, not of numbers: of two that overlap, the one that is settled later may have drawn the
 * lower number, and a reader who keeps a number as cursor would never see it.
 */
const order = 'ORDER BY xid, seq'

function addAfter(where: Conditions, page: Page): void {
  const seq = integerKey(page, 1)
  where.add(
    integerKey(page, 0),
    (xid) => `(xid, seq) > (${xid}::text::xid8, ${where.value(seq)}::text::bigint)`,
  )
}

/** A row of a record in that order: its item and its key. */
function inOrder<R extends { xid: string; seq: bigint; at: Date }>(row: R) {
  const { xid, seq, at, ...rest } = row
  return { item: { seq: String(seq), at: at.toISOString(), ...rest }, key: [xid, String(seq)] }
}

export const listEvents = defineList({
  name: 'kernel.event.list',
  summary: 'Read the outbox: everything that was announced, in order',
  description:
    'Gap-free and each event once: keep `resume` and ask again with it as `cursor`. Who loses it reads again; deduplicate on `id`. Events of transactions that are still open appear once those have ended.',
  http: { method: 'GET', path: '/v1/events' },
  input: Type.Object(
    { type: Type.Optional(Type.String({ maxLength: 128, description: 'Only events of this type' })) },
    { additionalProperties: false },
  ),
  item: Type.Object(
    {
      seq: Counter,
      id: Type.String({ format: 'uuid' }),
      at: Time,
      type: Type.String(),
      subject: Type.String(),
      data: Type.Unknown(),
      actor: Type.String(),
      request_id: Type.String(),
    },
    { additionalProperties: false },
  ),
  grows: true,
  permission: 'kernel.event.list',
  refusals: [],
  example: { input: { limit: 10 } },
  async page(view, input, page) {
    const where = new Conditions(settled)
    where.add(input.type, (p) => `type = ${p}`)
    addAfter(where, page)
    const rows = await view.db.query<{
      xid: string
      seq: bigint
      id: string
      at: Date
      type: string
      subject: string
      data: unknown
      actor: string
      request_id: string
    }>(
      `SELECT xid::text, seq, id, at, type, subject, data, actor, request_id FROM kernel.outbox ${where.sql} ${order} LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    return { rows: rows.map(inOrder) }
  },
})

export const listAudit = defineList({
  name: 'kernel.audit.list',
  summary: 'Read the audit trail: who did or tried what, when and why',
  http: { method: 'GET', path: '/v1/audit' },
  input: Type.Object(
    {
      actor: Type.Optional(Type.String({ maxLength: 128 })),
      action: Type.Optional(Type.String({ maxLength: 128, description: 'The operation’s name' })),
      outcome: Type.Optional(Type.Enum(['done', 'refused', 'pending', 'denied', 'failed'])),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
    },
    { additionalProperties: false },
  ),
  item: Type.Object(
    {
      seq: Counter,
      at: Time,
      action: Type.String(),
      outcome: Type.String(),
      code: Type.Union([Type.String(), Type.Null()]),
      actor: Type.String(),
      request_id: Type.String(),
      call_id: Type.Union([Type.String(), Type.Null()]),
      idempotency_key: Type.Union([Type.String(), Type.Null()]),
      reason: Type.Union([Type.String(), Type.Null()]),
      source_ip: Type.Union([Type.String(), Type.Null()]),
      input: Type.Unknown(),
      changes: Type.Unknown(),
    },
    { additionalProperties: false },
  ),
  permission: 'kernel.audit.list',
  refusals: [],
  example: { input: { limit: 10 } },
  async page(view, input, page) {
    const where = new Conditions(settled)
    where.add(input.actor, (p) => `actor = ${p}`)
    where.add(input.action, (p) => `action = ${p}`)
    where.add(input.outcome, (p) => `outcome = ${p}`)
    where.add(input.from, (p) => `at >= ${p}`)
    where.add(input.to, (p) => `at < ${p}`)
    addAfter(where, page)
    const rows = await view.db.query<AuditRow>(
      `SELECT xid::text, seq, at, action, outcome, code, actor, request_id, call_id, idempotency_key, reason, source_ip, input, changes
       FROM kernel.audit ${where.sql} ${order} LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    return { rows: rows.map(inOrder) }
  },
})

interface AuditRow {
  xid: string
  seq: bigint
  at: Date
  action: string
  outcome: string
  code: string | null
  actor: string
  request_id: string
  call_id: string | null
  idempotency_key: string | null
  reason: string | null
  source_ip: string | null
  input: unknown
  changes: unknown
}
