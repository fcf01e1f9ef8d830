import { decimalText, type Template } from '../../src/testing/model/books.ts'

/** Decimals of the assets that the runs know: 0, 2, 3 and 18. */
export const decimals: ReadonlyMap<string, number> = new Map([
  ['JPY', 0],
  ['EUR', 2],
  ['KWD', 3],
  ['TOK', 18],
])

/** Addresses fit one template at most. */
const wholeChart: readonly Template[] = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  { address: 'cust:{id}', type: 'liability', overdraft: 'forbidden', open_on_first_use: true },
  {
    address: 'vip:{id}',
    type: 'liability',
    overdraft: { limits: { EUR: '5.00', JPY: '100', TOK: '0.5' } },
    open_on_first_use: true,
  },
  { address: 'held:{id}', type: 'liability', overdraft: 'forbidden', open_on_first_use: false },
  { address: 'cost:{id}', type: 'expense', assets: ['EUR'], overdraft: 'forbidden', open_on_first_use: true },
]

export const charts: readonly (readonly Template[])[] = [
  wholeChart,
  wholeChart.slice(0, 4),
  wholeChart.slice(0, 2),
]

export const addresses = [
  'bank:a',
  'bank:b',
  'cust:1',
  'cust:2',
  'cust:3',
  'vip:1',
  'held:1',
  'cost:x',
  'nowhere:1',
] as const

export const assets = ['EUR', 'JPY', 'KWD', 'TOK', 'NOPE'] as const

/** An amount as steps carry it: minor units, or a text that is wrong in some way. */
export type RawAmount = bigint | 'more decimals' | 'beyond' | 'beyond and more decimals'

export function amountText(amount: RawAmount, asset: string): string {
  const places = decimals.get(asset) ?? 2
  if (amount === 'more decimals') return `1.${'0'.repeat(places)}1`
  if (amount === 'beyond') return decimalText(2n ** 256n, places)
  if (amount === 'beyond and more decimals') return `${decimalText(2n ** 256n, 0)}.${'0'.repeat(places)}1`
  return decimalText(amount, places)
}
