import type { Db } from '@florin/kernel'
import type { DayCounts } from '../records/execution-quality.ts'

interface CountRow {
  received: bigint
  refused: bigint
  changed: bigint
  cancelled: bigint
  expired: bigint
  executed: bigint
  lots_entered: bigint | null
  lots_executed: bigint | null
  waited_us: bigint | null
}

/** What came of the orders of a time, microseconds since 1970. */
export async function dayCounts(
  db: Db,
  marketId: bigint,
  from_us: number,
  until_us: number,
): Promise<DayCounts> {
  const [row] = await db.query<CountRow>(
    // Grouped in one pass: joins of a day with itself go wrong where the server knows nothing of its size yet.
    `WITH orders AS (
       SELECT max(initial) FILTER (WHERE event = 'NEWO') AS entered,
         sum(lots) FILTER (WHERE trade IS NOT NULL) AS executed,
         min(at_us) FILTER (WHERE trade IS NOT NULL) - min(received_us) AS waited_us,
         count(*) FILTER (WHERE event = 'REMO') AS refused,
         count(*) FILTER (WHERE event = 'REME') AS changed,
         count(*) FILTER (WHERE event IN ('CAME', 'CAMO')) AS cancelled,
         count(*) FILTER (WHERE event = 'EXPI') AS expired
       FROM exchange.order_records WHERE market_id = $1 AND at_us >= $2 AND at_us < $3 GROUP BY order_id
     )
     SELECT count(entered) AS received, coalesce(sum(refused), 0)::bigint AS refused,
       coalesce(sum(changed), 0)::bigint AS changed, coalesce(sum(cancelled), 0)::bigint AS cancelled,
       coalesce(sum(expired), 0)::bigint AS expired, count(executed) FILTER (WHERE entered IS NOT NULL) AS executed,
       sum(entered)::bigint AS lots_entered,
       sum(executed) FILTER (WHERE entered IS NOT NULL)::bigint AS lots_executed,
       sum(waited_us) FILTER (WHERE entered IS NOT NULL AND executed IS NOT NULL)::bigint AS waited_us
     FROM orders`,
    [marketId, from_us, until_us],
  )
  if (row === undefined) throw new Error('A count has no row')
  return {
    received: Number(row.received),
    refused: Number(row.refused),
    changed: Number(row.changed),
    cancelled: Number(row.cancelled),
    expired: Number(row.expired),
    executed: Number(row.executed),
    lotsEntered: row.lots_entered ?? 0n,
    lotsExecuted: row.lots_executed ?? 0n,
    waited_us: row.waited_us ?? 0n,
  }
}
