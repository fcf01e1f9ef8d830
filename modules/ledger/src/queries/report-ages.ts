import { type Static, Type } from 'typebox'
import { type Bucket, bucketsOf } from '../reports/aging.ts'
import { type AccountTypeSchema, strict } from '../schemas.ts'

export const ages = Type.Optional(
  Type.Array(Type.Integer({ minimum: 0, maximum: 100_000 }), {
    minItems: 1,
    maxItems: 20,
    uniqueItems: true,
    description: 'Last day of age of each bucket; older ones make the last. 30, 60, 90 if absent',
  }),
)

export const BucketView = strict(
  { from_days: Type.Integer(), to_days: Type.Union([Type.Integer(), Type.Null()]) },
  { title: 'AgeBucket' },
)

export function bucketsFor(asked: readonly number[] | undefined): Bucket[] {
  return bucketsOf([...(asked ?? [30, 60, 90])].sort((a, b) => a - b))
}

export function bucketView({ from, to }: Bucket): Static<typeof BucketView> {
  return { from_days: from, to_days: to ?? null }
}

/** `days_0_30`, `days_over_90` */
export function bucketName({ from, to }: Bucket): string {
  return to === undefined ? `days_over_${from - 1}` : `days_${from}_${to}`
}

export interface AgedRow {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: Static<typeof AccountTypeSchema>
  readonly buckets: readonly bigint[]
}

export function total(buckets: readonly bigint[]): bigint {
  return buckets.reduce((sum, amount) => sum + amount, 0n)
}

/** Bucket by bucket, of one asset. */
export function totalOf(rows: readonly AgedRow[]): bigint[] {
  return rows.reduce<bigint[]>((sums, row) => row.buckets.map((amount, i) => amount + (sums[i] ?? 0n)), [])
}
