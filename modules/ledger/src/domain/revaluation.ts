import { Refusal } from '@florin/kernel'
import { formatDecimal, type Rate, type Rational } from '@florin/money'
import type { RequestedPosting } from './instruction.ts'
import { type Balance, type ValuationTerms, worth } from './valuation.ts'

/**
 * A position: one address at which a foreign asset was exchanged against the reporting asset. What it gave in the
 * foreign asset is what the books hold of it; what it took in the reporting asset is what that cost.
 */
export interface Position {
  readonly address: string
  /** The foreign asset; undefined where the address never had one. */
  readonly asset: string | undefined
  /** Minor units of the foreign asset that the rest of the books hold; negative where they owe it. */
  readonly held: bigint
  /** Minor units of the reporting asset that it is carried at. */
  readonly carrying: bigint
}

export interface RevaluedPosition extends Position {
  readonly asset: string
  /** Undefined where nothing is held: nothing is worth nothing at any rate. */
  readonly rate: Rate | undefined
  readonly value: bigint
  readonly residue: Rational
  /** value − carrying: a gain if positive. */
  readonly difference: bigint
}

/**
 * The positions among the balances of the position accounts.
 * @throws Refusal `position_shared`
 */
export function positionsOf(balances: readonly Balance[], reporting: string): Position[] {
  const byAddress = Map.groupBy(balances, (balance) => balance.address)
  return [...byAddress].map(([address, own]) => {
    const foreign = own.filter((balance) => balance.asset !== reporting)
    const held = foreign.filter((balance) => balance.net !== 0n)
    if (held.length > 1) {
      const assets = held.map((balance) => balance.asset)
      throw new Refusal(
        'position_shared',
        `${address} holds ${assets.join(' and ')}: what each of them cost can’t be told apart`,
        { position: address, assets },
      )
    }
    const [only] = held.length > 0 ? held : foreign
    const carrying = own.find((balance) => balance.asset === reporting)?.net ?? 0n
    return { address, asset: only?.asset, held: -(only?.net ?? 0n), carrying }
  })
}

/**
 * What the books hold of each foreign asset must be what its positions gave: otherwise some of it came in without a
 * price, and no gain or loss can be told.
 * @throws Refusal `position_mismatch`
 */
export function checkMirrored(
  positions: readonly Position[],
  monetary: readonly Balance[],
  { reporting, assets }: Pick<ValuationTerms, 'reporting' | 'assets'>,
): void {
  const held = new Map<string, bigint>()
  const priced = new Map<string, bigint>()
  const add = (sums: Map<string, bigint>, asset: string, minor: bigint) =>
    sums.set(asset, (sums.get(asset) ?? 0n) + minor)
  for (const { asset, net } of monetary) if (asset !== reporting.code) add(held, asset, net)
  for (const position of positions)
    if (position.asset !== undefined) add(priced, position.asset, position.held)
  for (const asset of [...new Set([...held.keys(), ...priced.keys()])].sort()) {
    const [is, should] = [held.get(asset) ?? 0n, priced.get(asset) ?? 0n]
    if (is === should) continue
    const show = (minor: bigint): string => formatDecimal(minor, assets.get(asset)?.exponent ?? 0)
    throw new Refusal(
      'position_mismatch',
      `The monetary accounts hold ${show(is)} ${asset}, the positions account for ${show(should)}`,
      { asset, held: show(is), positions: show(should) },
    )
  }
}

/** Each position at the closing rates. A position that was closed is worth nothing; what is left on it was realised. */
export function revalued(positions: readonly Position[], terms: ValuationTerms): RevaluedPosition[] {
  return positions.flatMap((position) => {
    const { asset, held, carrying } = position
    if (asset === undefined || (held === 0n && carrying === 0n)) return []
    const { rate, value, residue } = worth(asset, held, terms)
    return [
      {
        ...position,
        asset,
        rate,
        value,
        residue,
        difference: value - carrying,
      },
    ]
  })
}

/** The postings that carry every position at its value from now on. */
export function revaluationPostings(
  lines: readonly RevaluedPosition[],
  accounts: { readonly gain: string; readonly loss: string },
  reporting: ValuationTerms['reporting'],
): RequestedPosting[] {
  return lines.flatMap(({ address, difference }) => {
    if (difference === 0n) return []
    const common = {
      amount: formatDecimal(difference < 0n ? -difference : difference, reporting.exponent),
      asset: reporting.code,
    }
    return difference > 0n
      ? [{ debit: address, credit: accounts.gain, ...common }]
      : [{ debit: accounts.loss, credit: address, ...common }]
  })
}
