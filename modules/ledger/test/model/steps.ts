import fc from 'fast-check'
import { addresses, assets, type RawAmount } from './scene.ts'

export interface RawPosting {
  readonly debit: string
  readonly credit: string
  readonly amount: RawAmount
  readonly asset: string
}

export interface RawTransaction {
  readonly form: 'postings' | 'lines' | 'unbalanced' | 'both' | 'neither'
  readonly postings: readonly RawPosting[]
  readonly conditions: readonly {
    readonly account: string
    readonly asset: string
    readonly least: RawAmount | undefined
    readonly version: 'current' | 'stale' | undefined
  }[]
  readonly when: When
}

/** Value times, and expiries, as offsets from the clock in milliseconds; or the ends of what can be said. */
export type When = number | 'first' | 'last' | undefined

/** One step of a generated history. Numbers named `pick` choose among what there is by then. */
export type Step =
  | { readonly do: 'post'; readonly transaction: RawTransaction; readonly force: Force }
  | {
      readonly do: 'batch'
      readonly mode: 'independent' | 'atomic'
      readonly transactions: readonly RawTransaction[]
      readonly force: Force
    }
  | { readonly do: 'reverse'; readonly pick: number; readonly when: When; readonly force: Force }
  | {
      readonly do: 'correct'
      readonly pick: number
      readonly transaction: RawTransaction
      readonly force: Force
    }
  | { readonly do: 'reserve'; readonly posting: RawPosting; readonly expires: When; readonly when: When }
  | {
      readonly do: 'settle'
      readonly pick: number
      readonly part: Part
      readonly final: boolean | undefined
      readonly debit: string | undefined
      readonly credit: string | undefined
      readonly force: Force
    }
  | { readonly do: 'release'; readonly pick: number; readonly part: Part }
  | { readonly do: 'expire'; readonly pick: number }
  | { readonly do: 'open' | 'close'; readonly address: string; readonly asset: string }
  | { readonly do: 'freeze'; readonly address: string; readonly asset: string; readonly frozen: string }
  | {
      readonly do: 'limit'
      readonly address: string
      readonly asset: string
      readonly limit: RawAmount | null
    }
  | { readonly do: 'chart'; readonly which: number }
  | { readonly do: 'clock'; readonly ms: number }
  | { readonly do: 'repeat'; readonly pick: number; readonly otherEngine: boolean }
  | { readonly do: 'reuse key'; readonly pick: number }
  | { readonly do: 'at once'; readonly transactions: readonly RawTransaction[] }
  | { readonly do: 'no ledger'; readonly transaction: RawTransaction }

/** A part of what a hold still holds, or an amount whatever it holds. */
export type Part = 'all of it' | 'half' | 'what is left' | 'more' | RawAmount

/** This pick names what does not exist. */
export const noSuchThing = 40

/** `without reason` must be refused. */
export type Force = 'no' | 'with reason' | 'without reason'

const force: fc.Arbitrary<Force> = weighted<Force>([30, 'no'], [4, 'with reason'], [1, 'without reason'])
const when: fc.Arbitrary<When> = weighted<When>(
  [30, undefined],
  [4, -86_400_000],
  [1, 0],
  [1, 60_000],
  [1, 'first'],
)
const expires: fc.Arbitrary<When> = weighted<When>(
  [6, undefined],
  [8, 1_000],
  [6, 60_000],
  [2, 'last'],
  [1, 0],
  [1, -1],
)
const pick = fc.nat({ max: noSuchThing })

const amount: fc.Arbitrary<RawAmount> = fc.oneof(
  { weight: 40, arbitrary: fc.bigInt({ min: 1n, max: 2_000n }) },
  { weight: 4, arbitrary: fc.bigInt({ min: 1n, max: 2n ** 252n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<RawAmount>(
      0n,
      2n ** 256n - 1n,
      'more decimals',
      'beyond',
      'beyond and more decimals',
    ),
  },
)
const address = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...addresses.slice(0, 6)) },
  { weight: 4, arbitrary: fc.constantFrom(...addresses.slice(6, 8)) },
  { weight: 1, arbitrary: fc.constantFrom(...addresses.slice(8)) },
)
const asset = fc.oneof(
  { weight: 30, arbitrary: fc.constant('EUR') },
  { weight: 8, arbitrary: fc.constantFrom(...assets.slice(1, 4)) },
  { weight: 1, arbitrary: fc.constantFrom(...assets.slice(4)) },
)
/** Few postings name the same account twice. */
const posting: fc.Arbitrary<RawPosting> = fc
  .record({ debit: address, credit: address, amount, asset, same: weighted([1, true], [15, false]) })
  .map(({ same, ...raw }) =>
    raw.debit === raw.credit && !same
      ? { ...raw, credit: raw.debit === 'bank:a' ? 'bank:b' : 'bank:a' }
      : raw,
  )
/** Money comes from somewhere, or nothing would ever be done. */
const deposit: fc.Arbitrary<RawPosting> = fc.record({
  debit: fc.constantFrom('bank:a', 'bank:b'),
  credit: fc.constantFrom('cust:1', 'cust:2', 'vip:1'),
  amount: fc.bigInt({ min: 1n, max: 5_000n }),
  asset,
})
const condition = fc.record({
  account: address,
  asset,
  least: fc.option(amount, { nil: undefined }),
  version: weighted<'current' | 'stale' | undefined>([2, undefined], [4, 'current'], [1, 'stale']),
})
const transaction: fc.Arbitrary<RawTransaction> = fc.record({
  form: weighted<RawTransaction['form']>(
    [25, 'postings'],
    [20, 'lines'],
    [1, 'unbalanced'],
    [1, 'both'],
    [1, 'neither'],
  ),
  postings: fc.array(fc.oneof(deposit, posting), { minLength: 1, maxLength: 4 }),
  conditions: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(condition, { maxLength: 2 }) },
  ),
  when,
})
const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Part>('all of it', 'half', 'what is left', 'more') },
  { weight: 1, arbitrary: amount },
)
const place = { address, asset }
/** Mostly the whole chart. */
const which = weighted([6, 0], [1, 1], [1, 2])

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ do: fc.constant('post' as const), transaction, force }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      mode: fc.constantFrom('independent' as const, 'atomic' as const),
      transactions: fc.array(transaction, { minLength: 1, maxLength: 5 }),
      force,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reverse' as const), pick, when, force }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('correct' as const), pick, transaction, force }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      posting: fc.record({
        debit: fc.constantFrom('cust:1', 'cust:2', 'vip:1', 'cost:x', 'bank:a'),
        credit: address,
        amount,
        asset,
      }),
      expires,
      when,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      pick,
      part,
      final: fc.constantFrom(undefined, false, true),
      debit: fc.option(address, { nil: undefined, freq: 2 }),
      credit: fc.option(address, { nil: undefined, freq: 3 }),
      force,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), pick, part }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'close' as const), ...place }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('freeze' as const),
      ...place,
      frozen: fc.constantFrom('no', 'no', 'no', 'debits', 'credits', 'both'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      ...place,
      limit: fc.oneof(fc.constant(null), amount),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('chart' as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      ms: fc.constantFrom(1, 999, 1_000, 60_000, -500, -90_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('repeat' as const), pick, otherEngine: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reuse key' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('at once' as const),
      transactions: fc.array(transaction, { minLength: 2, maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('no ledger' as const), transaction }) },
)

/** Most histories begin with a chart and some money: without, little can be done. */
const opening: fc.Arbitrary<Step[]> = fc
  .record({
    chart: which,
    deposits: fc.array(deposit, { maxLength: 6 }),
    none: weighted([1, true], [12, false]),
  })
  .map(({ chart, deposits, none }): Step[] =>
    none
      ? []
      : [
          { do: 'chart', which: chart },
          ...deposits.map((posting): Step => {
            const transaction: RawTransaction = {
              form: 'postings',
              postings: [posting],
              conditions: [],
              when: undefined,
            }
            return { do: 'post', transaction, force: 'no' }
          }),
        ],
  )

export const histories: fc.Arbitrary<Step[]> = fc
  .tuple(opening, fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }))
  .map(([first, then]) => [...first, ...then])

function weighted<T>(...choices: readonly (readonly [weight: number, value: T])[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
}
