import type { Db } from '@florin/kernel'

/** Names of those who have not read a market's journal up to a command: of all who ever read it, and of `known`. */
export async function readersBehind(
  db: Db,
  marketId: bigint,
  seq: number,
  known: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT name FROM (
       SELECT name, seq FROM exchange.cursors WHERE market_id = $1
       UNION ALL SELECT k.name, 0 FROM unnest($3::text[]) AS k (name)
     ) r GROUP BY name HAVING max(seq) < $2 ORDER BY name`,
    [marketId, seq, known],
  )
  return rows.map(({ name }) => name)
}
