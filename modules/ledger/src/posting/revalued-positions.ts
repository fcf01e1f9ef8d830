import { Refusal, type Unit } from '@florin/kernel'
import { MoneyError, type RoundingMode } from '@florin/money'
import { checkMirrored, positionsOf, type RevaluedPosition, revalued } from '../domain/revaluation.ts'
import type { Balance, ValuationTerms } from '../domain/valuation.ts'
import { type RateTermsInput, termsOf } from '../rate-schemas.ts'
import { findAssets } from '../store/assets.ts'
import type { LedgerHead } from '../store/head.ts'
import { assetOf, ratesTo } from '../store/rates.ts'
import { postedByValueTime } from '../store/value-time.ts'

interface PositionsAsked extends RateTermsInput {
  readonly positions: string
  readonly monetary: readonly string[]
  readonly reporting_asset: string
  readonly rounding: RoundingMode
}

/** Positions as of the value time, at the closing rates. */
export async function revaluedPositions(
  unit: Unit,
  ledger: LedgerHead,
  input: PositionsAsked,
  { valueTime, rateTime }: { readonly valueTime: number; readonly rateTime: number },
): Promise<{ lines: RevaluedPosition[]; terms: ValuationTerms; seq: bigint }> {
  const reporting = await assetOf(unit.db, input.reporting_asset)
  const { seq } = ledger
  const balancesAt = async (prefix: string): Promise<Balance[]> => {
    const totals = await postedByValueTime(unit.db, ledger.id, { prefix }, { seq, valueTime })
    return totals.map((total) => ({ ...total, net: total.debits - total.credits }))
  }
  const positions = positionsOf(await balancesAt(input.positions), reporting.code)
  const monetary = new Map<string, Balance>()
  for (const prefix of input.monetary) {
    for (const balance of await balancesAt(prefix)) {
      if (!isWithin(balance.address, input.positions))
        monetary.set(`${balance.address} ${balance.asset}`, balance)
    }
  }
  const foreign = [
    ...positions.flatMap(({ asset }) => asset ?? []),
    ...[...monetary.values()].map((b) => b.asset),
  ]
  const assets = await findAssets(unit.db, [...new Set(foreign)])
  checkMirrored(positions, [...monetary.values()], { reporting, assets })
  const held = new Set(positions.flatMap((position) => (position.held === 0n ? [] : (position.asset ?? []))))
  const bases = [...assets.values()].filter((asset) => held.has(asset.code))
  const rates = await ratesTo(unit.db, bases, reporting, termsOf(input, rateTime))
  const terms = { reporting, assets, rates, rounding: input.rounding, at: rateTime }
  return { lines: revaluedOrRefused(positions, terms), terms, seq }
}

function isWithin(address: string, prefix: string): boolean {
  return address === prefix || address.startsWith(`${prefix}:`)
}

function revaluedOrRefused(
  positions: Parameters<typeof revalued>[0],
  terms: ValuationTerms,
): RevaluedPosition[] {
  try {
    return revalued(positions, terms)
  } catch (error) {
    if (!(error instanceof MoneyError) || error.code !== 'amount_out_of_range') throw error
    const asset = terms.reporting.code
    throw new Refusal('amount_out_of_range', `A value in ${asset} is too large: ${error.message}`, { asset })
  }
}
