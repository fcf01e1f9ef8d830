import { arrayLiteral } from '../store/rows.ts'
import { type WrongHold, wrongAmong, wrongHolds } from '../verification/holds.ts'
import type { Cache, Difference } from './cache.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What is left of each hold, what was settled of it, and how it stands. */
export const holds: Cache = {
  name: 'holds',
  async differences(db, { id }) {
    const found: Difference[] = []
    for await (const hold of wrongHolds(db, id)) found.push(differenceOf(hold))
    return found
  },
  async prepare(_db, _scope, keys) {
    const ids = keys.filter((key) => uuid.test(key))
    // A hold has few records: they are counted under the lock at once.
    return async (unit, ledger) => {
      const wrong = await wrongAmong(unit.db, ledger.id, ids)
      if (wrong.length > 0) {
        await unit.db.query(
          `UPDATE ledger.holds h SET remaining = n.remaining, settled = n.settled, status = n.status
           FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::text[]) AS n(id, remaining, settled, status) WHERE h.id = n.id`,
          [
            arrayLiteral(wrong.map(({ id }) => id)),
            arrayLiteral(wrong.map(({ counted }) => counted.remaining)),
            arrayLiteral(wrong.map(({ counted }) => counted.settled)),
            arrayLiteral(wrong.map(({ counted }) => counted.status)),
          ],
        )
      }
      return wrong.map(differenceOf)
    }
  },
}

function differenceOf({ id, kept, counted }: WrongHold): Difference {
  const shown = (figures: WrongHold['kept']): Record<string, string> => ({
    remaining: String(figures.remaining),
    settled: String(figures.settled),
    status: figures.status,
  })
  return { cache: holds.name, key: id, subject: `hold ${id}`, kept: shown(kept), counted: shown(counted) }
}
