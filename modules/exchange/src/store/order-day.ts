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
    `WITH day AS (
       SELECT * FROM exchange.order_records WHERE market_id = $1 AND at_us >= $2 AND at_us < $3
     ), entered AS (
       SELECT order_id, initial, received_us FROM day WHERE event = 'NEWO'
     ), traded AS (
       SELECT e.order_id, e.initial, sum(d.lots) AS lots, min(d.at_us) - min(e.received_us) AS waited_us
       FROM entered e JOIN day d ON d.order_id = e.order_id AND d.trade IS NOT NULL GROUP BY e.order_id, e.initial
     )
     SELECT (SELECT count(*) FROM entered) AS received,
       count(*) FILTER (WHERE event = 'REMO') AS refused,
       count(*) FILTER (WHERE event = 'REME') AS changed,
       count(*) FILTER (WHERE event IN ('CAME', 'CAMO')) AS cancelled,
       count(*) FILTER (WHERE event = 'EXPI') AS expired,
       (SELECT count(*) FROM traded) AS executed,
       (SELECT sum(initial)::bigint FROM entered) AS lots_entered,
       (SELECT sum(lots)::bigint FROM traded) AS lots_executed,
       (SELECT sum(waited_us)::bigint FROM traded) AS waited_us
     FROM day`,
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
