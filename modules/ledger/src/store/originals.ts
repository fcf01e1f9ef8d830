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
    `SELECT j.id, j.kind, r.id AS reversed_by FROM ledger.journal j
     LEFT JOIN ledger.journal r ON r.subject = j.id AND r.kind = 'reversal' AND r.refusal IS NULL
     WHERE j.id = ANY($1::uuid[]) AND j.ledger_id = $2 AND j.refusal IS NULL
       AND j.kind IN ('transaction', 'settlement', 'reversal', 'correction', 'closing')`,
    [ids, ledgerId],
  )
  const moves = await db.query<MoveRow>(
    `SELECT o.id AS original, p.debit_account, p.credit_account, p.amount
     FROM unnest($1::uuid[]) AS o(id)
     JOIN ledger.journal j ON j.refusal IS NULL AND (j.id = o.id OR (j.subject = o.id AND j.kind = 'correction'))
     JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
     WHERE j.ledger_id = $2 ORDER BY p.seq, p.line`,
    [rows.map((row) => row.id), ledgerId],
  )
  const accountOf = await accountsOf(moves.flatMap((m) => [m.debit_account, m.credit_account]))
  const moveOf = (m: MoveRow): Move => ({
    debit: accountOf(m.debit_account),
    credit: accountOf(m.credit_account),
    amount: m.amount,
  })
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        kind: row.kind,
        reversedBy: row.reversed_by ?? undefined,
        moves: moves.filter((m) => m.original === row.id).map(moveOf),
      },
    ]),
  )
}
