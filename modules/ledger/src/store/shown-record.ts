import type { ShownRecord } from '../posting/views.ts'
import type { RecordKind } from './journal.ts'

/** What of a journal record is read in order to show it; `j` is the journal. */
export const shownRecordColumns = `j.id, j.seq, j.kind, j.booked_at, j.value_time, j.actor, j.reason, j.forced, j.reference,
  j.description, j.metadata, j.subject`

export interface ShownRecordRow {
  id: string
  seq: bigint
  kind: RecordKind
  booked_at: Date
  value_time: Date
  actor: string
  reason: string | null
  forced: boolean
  reference: string | null
  description: string | null
  metadata: Readonly<Record<string, string>> | null
  subject: string | null
}

export function shownRecord(row: ShownRecordRow): ShownRecord {
  return {
    id: row.id,
    seq: row.seq,
    kind: row.kind,
    bookedAt: row.booked_at.getTime(),
    valueTime: row.value_time.getTime(),
    reference: row.reference ?? undefined,
    description: row.description ?? undefined,
    metadata: row.metadata ?? undefined,
    forced: row.forced,
    reason: row.reason ?? undefined,
    actor: row.actor,
    subject: row.subject ?? undefined,
  }
}
