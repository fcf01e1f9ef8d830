import type { JournalError } from '@florin/journal'
import type { Unit } from '@florin/kernel'
import { applyOrders } from '../posting/apply.ts'
import type { Order } from '../posting/order.ts'
import type { LedgerHead } from '../store/head.ts'
import type { IdentifiedTransaction } from './identity.ts'
import { translate } from './translate.ts'

/** What came of a journal's transactions. */
export interface BookedPart {
  readonly booked: number
  /** By an earlier import. */
  readonly already: number
  readonly errors: readonly JournalError[]
}

/** Books those of the transactions that are not booked yet, under the ledger's lock. */
export async function bookIdentified(
  unit: Unit,
  ledger: LedgerHead,
  all: readonly IdentifiedTransaction[],
): Promise<BookedPart> {
  const rows = await unit.db.query<{ id: string }>(
    'SELECT id FROM ledger.journal WHERE id = ANY($1::uuid[])',
    [all.map(({ id }) => id)],
  )
  const known = new Set(rows.map((row) => row.id))
  const fresh = all.filter(({ id }) => !known.has(id))
  const outcomes = await applyOrders(
    unit,
    ledger,
    fresh.map((one) => orderOf(unit, one)),
  )
  const errors = outcomes.flatMap((outcome, i) => {
    const source = fresh[i]?.transaction.source
    if ('done' in outcome || source === undefined) return []
    return [{ ...source, code: outcome.refused.code, message: outcome.refused.message }]
  })
  return { booked: fresh.length - errors.length, already: known.size, errors }
}

function orderOf(unit: Unit, one: IdentifiedTransaction): Order {
  const { lines, ...details } = translate(one.transaction)
  return {
    id: one.id,
    context: unit.context,
    idempotencyKey: one.key,
    payloadHash: one.payloadHash,
    instruction: { kind: 'transaction', lines, conditions: [] },
    request: undefined,
    ...details,
  }
}
