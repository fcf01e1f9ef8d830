import { Counter, NullableTime, Time, Uuid } from '@florin/kernel'
import { type Asset, formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { RevaluedPosition } from './domain/revaluation.ts'
import { Residue, Rounding, SourceName, UsedRate, usedRate } from './rate-schemas.ts'
import { Address, AssetCode, LedgerName, Prefix, SignedAmount, strict } from './schemas.ts'
import type { RevaluationRow } from './store/revaluations.ts'

const Line = strict(
  {
    position: Address,
    asset: AssetCode,
    held: SignedAmount,
    rate: Type.Union([UsedRate, Type.Null()], { description: 'null: nothing is held any more' }),
    value: SignedAmount,
    residue: Residue,
    carrying: SignedAmount,
    difference: SignedAmount,
  },
  {
    title: 'RevaluedPosition',
    description:
      'held: units of the foreign asset, negative where they are owed; value: what they are worth at the rate; carrying: what the books carried them at; difference = value − carrying, a gain if positive. The latter three in the reporting asset',
  },
)

export const RevaluationView = strict(
  {
    id: Uuid,
    ledger: LedgerName,
    number: Counter,
    booked_at: Time,
    seq: Type.String({ description: 'The record up to which the positions were read' }),
    value_time: Time,
    reporting_asset: AssetCode,
    positions: Prefix,
    source: SourceName,
    rate_time: Time,
    rounding: Rounding,
    reverse_on: NullableTime,
    transaction: Type.Union([Uuid, Type.Null()], { description: 'null: there was nothing to book' }),
    reversal: Type.Union([Uuid, Type.Null()], { description: 'The transaction that reversed it' }),
    lines: Type.Array(Line),
  },
  { title: 'Revaluation' },
)

type Lines = Static<typeof RevaluationView>['lines']
type RoundingName = Static<typeof Rounding>

export function shownLines(
  lines: readonly RevaluedPosition[],
  source: string,
  { reporting, assets }: { readonly reporting: Asset; readonly assets: ReadonlyMap<string, Asset> },
): Lines {
  const show = (minor: bigint): string => formatDecimal(minor, reporting.exponent)
  return lines.map((line) => ({
    position: line.address,
    asset: line.asset,
    held: formatDecimal(line.held, assets.get(line.asset)?.exponent ?? 0),
    rate: line.rate === undefined ? null : usedRate(source, line.rate),
    value: show(line.value),
    residue: line.residue.toString(),
    carrying: show(line.carrying),
    difference: show(line.difference),
  }))
}

const storedLines = Compile(Type.Array(Line))
const storedRounding = Compile(Rounding)

export function revaluationView(ledger: string, row: RevaluationRow): Static<typeof RevaluationView> {
  return {
    id: row.id,
    ledger,
    number: String(row.number),
    booked_at: row.booked_at.toISOString(),
    seq: String(row.seq),
    value_time: row.value_time.toISOString(),
    reporting_asset: row.reporting_asset,
    positions: row.positions,
    source: row.source,
    rate_time: row.rate_time.toISOString(),
    rounding: roundingOf(row),
    reverse_on: row.reverse_on?.toISOString() ?? null,
    transaction: row.transaction,
    reversal: row.reversal,
    lines: linesOf(row),
  }
}

function linesOf({ id, lines }: RevaluationRow): Lines {
  if (!storedLines.Check(lines)) throw new Error(`The lines of the revaluation ${id} are not what was stored`)
  return lines
}

function roundingOf({ id, rounding }: RevaluationRow): RoundingName {
  if (!storedRounding.Check(rounding)) throw new Error(`The revaluation ${id} names no rounding`)
  return rounding
}
