import type { World } from '@florin/kernel/testing'

/** One side of a posting, as the books have it. */
export interface Entry {
  readonly seq: bigint
  readonly line: number
  readonly side: 'debit' | 'credit'
  readonly amount: bigint
  readonly valueTime: number
  readonly bookedAt: number
}

export interface Asked {
  readonly order: 'booking' | 'value'
  readonly from: number | undefined
  readonly to: number | undefined
  readonly seq: bigint
}

export interface NaiveLine extends Entry {
  /** Debits less credits after it. */
  readonly net: bigint
}

/** Everything ever posted to an account, read without any order or index. */
export async function entriesOf(world: World, ledger: string, address: string): Promise<Entry[]> {
  const rows = await world.adminDatabase.query<{
    seq: bigint
    line: number
    side: 'debit' | 'credit'
    amount: bigint
    value_time: Date
    booked_at: Date
  }>(
    `SELECT e.seq, e.line, e.side, e.amount, e.value_time, e.booked_at FROM ledger.entries e
     JOIN ledger.accounts a ON a.id = e.account_id JOIN ledger.ledgers l ON l.id = a.ledger_id
     WHERE l.name = $1 AND a.address = $2 ORDER BY random()`,
    [ledger, address],
  )
  return rows.map(({ value_time, booked_at, ...row }) => ({
    ...row,
    valueTime: value_time.getTime(),
    bookedAt: booked_at.getTime(),
  }))
}

/** The statement as anybody would work it out on paper: sort, and add. */
export function naiveStatement(entries: readonly Entry[], asked: Asked) {
  const timeOf = (entry: Entry): number => (asked.order === 'booking' ? entry.bookedAt : entry.valueTime)
  const known = entries.filter((entry) => entry.seq <= asked.seq)
  const sorted = known.toSorted((a, b) => timeOf(a) - timeOf(b) || Number(a.seq - b.seq) || a.line - b.line)
  let net = 0n
  let opening = 0n
  const lines: NaiveLine[] = []
  for (const entry of sorted) {
    if (asked.to !== undefined && timeOf(entry) >= asked.to) break
    net += entry.side === 'debit' ? entry.amount : -entry.amount
    if (asked.from !== undefined && timeOf(entry) < asked.from) opening = net
    else lines.push({ ...entry, net })
  }
  return { opening, lines, closing: net }
}
