import { Type } from 'typebox'
import { defineList } from '../pagination.ts'
import { Counter, Time } from '../schemas.ts'
import { type OrderedRecord, readInOrder } from './in-order.ts'

const outbox: OrderedRecord = { name: 'outbox', columns: 'id, type, subject, data, actor, request_id' }
const audit: OrderedRecord = {
  name: 'audit',
  columns:
    'action, outcome, code, actor, request_id, call_id, idempotency_key, reason, source_ip, input, changes, approval',
}

interface EventRow {
  xid: string
  seq: bigint
  id: string
  at: Date
  type: string
  subject: string
  data: unknown
  actor: string
  request_id: string
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
    return readInOrder<EventRow>(view, outbox, page, (where) => {
      where.add(input.type, (p) => `type = ${p}`)
    })
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
      approval: Type.Unknown({ description: 'Who approved it; null where nobody had to' }),
    },
    { additionalProperties: false },
  ),
  permission: 'kernel.audit.list',
  refusals: [],
  example: { input: { limit: 10 } },
  async page(view, input, page) {
    return readInOrder<AuditRow>(view, audit, page, (where) => {
      where.add(input.actor, (p) => `actor = ${p}`)
      where.add(input.action, (p) => `action = ${p}`)
      where.add(input.outcome, (p) => `outcome = ${p}`)
      where.add(input.from, (p) => `at >= ${p}`)
      where.add(input.to, (p) => `at < ${p}`)
    })
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
  approval: unknown
}
