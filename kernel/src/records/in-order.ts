import { Conditions } from '../conditions.ts'
import { integerKey, type Page, type PageResult } from '../pagination.ts'
import type { View } from '../unit.ts'
import { type Epoch, epochsOf } from './clusters.ts'

/**
 * Rows of transactions that are still under way can commit behind rows that are visible already. Readers that must
 * see every row once stop before the oldest transaction still running. In an earlier life of the database nothing runs.
 */
const settled = 'xid < pg_snapshot_xmin(pg_current_snapshot())'

/**
 * In the order of transactions, not of numbers: of two that overlap, the one that is settled later may have drawn the
 * lower number, and a reader who keeps a number as cursor would never see it.
 */
const order = 'ORDER BY xid, seq'

/** A record that is read in that order, and which of its columns are shown. */
export interface OrderedRecord {
  readonly name: 'audit' | 'outbox'
  readonly columns: string
}

interface Ordered {
  readonly xid: string
  readonly seq: bigint
  readonly at: Date
}

/** A page of a record: life after life of the database, each in the order of its transactions. */
export async function readInOrder<R extends Ordered>(
  view: View,
  record: OrderedRecord,
  page: Page,
  filter: (where: Conditions) => void,
): Promise<PageResult<ReturnType<typeof itemOf<R>>>> {
  const epochs = await epochsOf(view.db, record.name)
  const from = Number(integerKey(page, 0) ?? 0)
  const rows: PageResult<ReturnType<typeof itemOf<R>>>['rows'][number][] = []
  for (const epoch of epochs.filter((one) => one.epoch >= from)) {
    const fetch = page.fetch - rows.length
    if (fetch === 0) break
    const where = within(epoch, epochs.length)
    if (epoch.epoch === from) addAfter(where, page)
    filter(where)
    const found = await view.db.query<R>(
      `SELECT xid::text, seq, at, ${record.columns} FROM kernel.${record.name} ${where.sql} ${order} LIMIT ${where.value(fetch)}`,
      where.values,
    )
    rows.push(
      ...found.map((row) => ({
        item: itemOf(row),
        key: [String(epoch.epoch), row.xid, String(row.seq)],
      })),
    )
  }
  return { rows }
}

/** With one life only, as nearly always, nothing but the settled ones has to be looked for. */
function within({ after, upTo }: Epoch, epochs: number): Conditions {
  const where = upTo === undefined ? new Conditions(settled) : new Conditions()
  if (epochs > 1) where.add(after, (p) => `seq > ${p}::text::bigint`)
  where.add(upTo, (p) => `seq <= ${p}::text::bigint`)
  return where
}

function addAfter(where: Conditions, page: Page): void {
  const seq = integerKey(page, 2)
  where.add(
    integerKey(page, 1),
    (xid) => `(xid, seq) > (${xid}::text::xid8, ${where.value(seq)}::text::bigint)`,
  )
}

function itemOf<R extends Ordered>(row: R) {
  const { xid: _, seq, at, ...rest } = row
  return { seq: String(seq), at: at.toISOString(), ...rest }
}
