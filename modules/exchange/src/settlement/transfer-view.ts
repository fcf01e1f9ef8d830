import { Time, Uuid } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { quantityOf } from '../domain/units.ts'
import { AccountCode, AssetCode, MarketCode, strict } from '../schemas.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { Transfer, TransferState } from '../store/transfers.ts'
import { nameOf } from './telling.ts'

export const TransferView = strict(
  {
    transfer: Uuid,
    market: MarketCode,
    account: AccountCode,
    kind: Type.Enum(['allocate', 'release', 'deposit', 'withdraw', 'bought', 'sold'], {
      description:
        'allocate, release: buying power; deposit, withdraw: the instrument; bought, sold: what a bust or correction made of a position',
    }),
    amount: Type.String({ description: 'Decimal' }),
    asset: AssetCode,
    status: Type.Enum(['pending', 'done', 'refused'], {
      description: 'pending until the market’s engine has answered and settlement has seen it',
    }),
    reason: Type.Union([Type.String(), Type.Null()], { description: 'Why the engine refused it' }),
    requested_at: Time,
    requested_by: Type.String(),
    seq: Type.Union([Type.String(), Type.Null()], {
      description: 'Number of the command by which the engine did it',
    }),
  },
  { title: 'Transfer' },
)

/** A transfer that nobody can have answered yet. */
export function newTransferView(
  market: MarketRecord,
  account: string,
  transfer: Transfer,
): Static<typeof TransferView> {
  return transferView(market, account, { ...transfer, ended: undefined })
}

export function transferView(
  market: MarketRecord,
  account: string,
  transfer: TransferState,
): Static<typeof TransferView> {
  const { ended, amount } = transfer
  const isCash = transfer.kind === 'allocate' || transfer.kind === 'release'
  return {
    transfer: transfer.id,
    market: market.code,
    account,
    kind: transfer.kind,
    amount: isCash
      ? formatDecimal(amount, market.quoteExponent)
      : quantityOf(market, Number(amount / market.lotUnits)),
    asset: isCash ? market.quote : market.instrument,
    status: ended === undefined ? 'pending' : ended.reason === 0 ? 'done' : 'refused',
    reason: ended === undefined || ended.reason === 0 ? null : nameOf(ended.reason),
    requested_at: new Date(transfer.requestedAt).toISOString(),
    requested_by: transfer.requestedBy,
    seq: ended === undefined ? null : String(ended.seq),
  }
}
