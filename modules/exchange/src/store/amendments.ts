import type { Db } from '@florin/kernel'

/** What a trade counts as, after it was bust or corrected. */
export interface Amendment {
  readonly trade: number
  readonly version: number
  readonly kind: 'bust' | 'correction'
  /** Ticks. */
  readonly price: number
  /** Lots; 0 when bust. */
  readonly quantity: number
  /** Minor units of the quote. */
  readonly buyerFee: bigint
  readonly sellerFee: bigint
  /** The ledger's reversal or correction; undefined where nothing moved by it. */
  readonly transaction: string | undefined
}

interface AmendmentRow {
  trade: bigint
  version: number
  kind: Amendment['kind']
  price: number
  quantity: number
  buyer_fee: bigint
  seller_fee: bigint
  transaction: string | null
}

/** The last amendment of each of these trades that has one. */
export async function lastAmendments(
  db: Db,
  marketId: bigint,
  trades: readonly number[],
): Promise<Map<number, Amendment>> {
  const rows = await db.query<AmendmentRow>(
    `SELECT DISTINCT ON (trade) trade, version, kind, price, quantity, buyer_fee, seller_fee, transaction
     FROM exchange.amendments WHERE market_id = $1 AND trade = ANY($2::bigint[]) ORDER BY trade, version DESC`,
    [marketId, trades],
  )
  return new Map(
    rows.map(({ trade, buyer_fee, seller_fee, transaction, ...rest }) => [
      Number(trade),
      {
        ...rest,
        trade: Number(trade),
        buyerFee: buyer_fee,
        sellerFee: seller_fee,
        transaction: transaction ?? undefined,
      },
    ]),
  )
}

export async function insertAmendment(
  db: Db,
  marketId: bigint,
  amendment: Amendment,
  said: { readonly reason: string; readonly at: number; readonly by: string },
): Promise<void> {
  const { trade, version, kind, price, quantity, buyerFee, sellerFee, transaction } = amendment
  await db.query(
    `INSERT INTO exchange.amendments (market_id, trade, version, kind, price, quantity, buyer_fee, seller_fee, transaction,
       reason, amended_at, amended_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      marketId,
      trade,
      version,
      kind,
      price,
      quantity,
      buyerFee,
      sellerFee,
      transaction ?? null,
      said.reason,
      new Date(said.at),
      said.by,
    ],
  )
}

type DatedAmendment = Pick<Amendment, 'trade' | 'version' | 'kind' | 'price' | 'quantity'>

/** Amendments that were made in a time, microseconds since 1970, in the order of trades. */
export async function amendmentsBetween(
  db: Db,
  marketId: bigint,
  from_us: number,
  until_us: number,
): Promise<DatedAmendment[]> {
  const rows = await db.query<Pick<AmendmentRow, 'trade' | 'version' | 'kind' | 'price' | 'quantity'>>(
    `SELECT trade, version, kind, price, quantity FROM exchange.amendments
     WHERE market_id = $1 AND amended_at >= to_timestamp($2 / 1000000.0) AND amended_at < to_timestamp($3 / 1000000.0)
     ORDER BY trade, version`,
    [marketId, from_us, until_us],
  )
  return rows.map((row) => ({ ...row, trade: Number(row.trade) }))
}
