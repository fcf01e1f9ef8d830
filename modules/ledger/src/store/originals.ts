import type { Db } from '@florin/kernel'
import type { BookAccount, Move } from '../domain/book.ts'
import type { Original } from '../domain/instruction.ts'

interface OriginalRow {
  id: string
  kind: string
  reversed_by: string | null
}

interface MoveRow {
  original: string
  debit_account: bigint
  credit_account: bigint
  amount: bigint
}

/** Booked transactions with their corrections, for reversing and correcting. `accountsOf` finds the accounts they touch. */
export async function loadOriginals(
  db: Db,
  ledgerId: bigint,
  ids: readonly string[],
  accountsOf: (ids: readonly bigint[]) => Promise<(id: bigint) => BookAccount>,
): Promise<Map<string, Original>> {
  if (ids.length === 0) return new Map()
  const rows = await db.query<OriginalRow>(
    `SELECT j.id, j.kind, r.id AS reversed_by FROM unnest($1::uuid[]) AS asked(id)
     -- an index probe for each: told of thousands of ids at once the planner would rather read the whole journal
     JOIN LATERAL (SELECT * FROM ledger.journal WHERE id = asked.id OFFSET 0) j ON true
     LEFT JOIN LATERAL (
       SELECT id FROM ledger.journal WHERE subject = j.id AND kind = 'reversal' AND refusal IS NULL OFFSET 0
     ) r ON true
     WHERE j.ledger_id = $2 AND j.refusal IS NULL
       AND j.kind IN ('transaction', 'settlement', 'reversal', 'correction', 'closing')`,
    [[...new Set(ids)], ledgerId],
  )
  const moves = await db.query<MoveRow>(
    `SELECT o.id AS original, p.debit_account, p.credit_account, p.amount
     FROM unnest($1::uuid[]) AS o(id)
     JOIN LATERAL (
       SELECT ledger_id, seq FROM ledger.journal WHERE id = o.id AND refusal IS NULL
       UNION ALL
       SELECT ledger_id, seq FROM ledger.journal WHERE subject = o.id AND kind = 'correction' AND refusal IS NULL
     ) j ON true
     JOIN LATERAL (SELECT * FROM ledger.postings WHERE ledger_id = j.ledger_id AND seq = j.seq OFFSET 0) p ON true
     WHERE j.ledger_id = $2 ORDER BY p.seq, p.line`,
    [rows.map((row) => row.id), ledgerId],
  )
  const accountOf = await accountsOf(moves.flatMap((m) => [m.debit_account, m.credit_account]))
  const moveOf = (m: MoveRow): Move => ({
    debit: accountOf(m.debit_account),
    credit: accountOf(m.credit_account),
    amount: m.amount,
  })
  const byOriginal = Map.groupBy(moves, ({ original }) => original)
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        kind: row.kind,
        reversedBy: row.reversed_by ?? undefined,
        moves: (byOriginal.get(row.id) ?? []).map(moveOf),
      },
    ]),
  )
}
