import { Refusal } from '@florin/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkBalanced, decompose, type EntryLine, type Movement } from '../src/domain/lines.ts'

type Line = EntryLine<string>

const account = fc.constantFrom('a', 'b', 'c', 'd')
const asset = fc.constantFrom('EUR', 'JPY')
const amount = fc.oneof(fc.bigInt({ min: 1n, max: 9n }), fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }))

/** Balanced entries: the two sides of random moves, shuffled. */
const balanced: fc.Arbitrary<Line[]> = fc
  .array(fc.record({ debit: account, credit: account, asset, amount }), { minLength: 1, maxLength: 8 })
  .map((moves) =>
    moves.flatMap((move): Line[] => [
      { account: move.debit, asset: move.asset, side: 'debit', amount: move.amount },
      { account: move.credit, asset: move.asset, side: 'credit', amount: move.amount },
    ]),
  )
  .chain((lines) => fc.shuffledSubarray(lines, { minLength: lines.length }))

/** What every account is debited and credited, by asset. */
function totals(lines: readonly Line[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {}
  for (const { account: of, asset: code, side, amount: minor } of lines) {
    const key = `${of} ${code} ${side}`
    sums[key] = (sums[key] ?? 0n) + minor
  }
  return sums
}

function linesOf(movements: readonly Movement<string>[]): Line[] {
  return movements.flatMap((m): Line[] => [
    { account: m.debit, asset: m.asset, side: 'debit', amount: m.amount },
    { account: m.credit, asset: m.asset, side: 'credit', amount: m.amount },
  ])
}

/** Whether some account has more than its share: its debits and credits could only face one another. */
function facesOnlyItself(lines: readonly Line[]): boolean {
  const sums = totals(lines)
  return lines.some(({ account: of, asset: code }) => {
    const total = lines
      .filter((line) => line.asset === code && line.side === 'debit')
      .reduce((sum, line) => sum + line.amount, 0n)
    return (sums[`${of} ${code} debit`] ?? 0n) + (sums[`${of} ${code} credit`] ?? 0n) > total
  })
}

describe('a balanced entry', () => {
  test('becomes postings that debit and credit every account by what its lines say, unless it can’t', () => {
    fc.assert(
      fc.property(balanced, (lines) => {
        if (facesOnlyItself(lines)) {
          expect(() => decompose(lines)).toThrow(expect.objectContaining({ code: 'same_account' }))
          return
        }
        const movements = decompose(lines)
        expect(totals(linesOf(movements))).toEqual(totals(lines))
        for (const movement of movements) {
          expect(movement.amount > 0n).toBe(true)
          expect(movement.debit).not.toBe(movement.credit)
        }
        expect(decompose(lines)).toEqual(movements)
      }),
      { numRuns: 1_000 },
    )
  })

  test('passes the check, and no longer does with one more unit anywhere', () => {
    fc.assert(
      fc.property(balanced, fc.nat(), (lines, at) => {
        const show = (_asset: string, minor: bigint) => String(minor)
        expect(() => checkBalanced(lines, show)).not.toThrow()
        const wrong = lines.map((line, i) =>
          i === at % lines.length ? { ...line, amount: line.amount + 1n } : line,
        )
        expect(() => checkBalanced(wrong, show)).toThrow(expect.objectContaining({ code: 'unbalanced' }))
      }),
    )
  })
})

test.each<[string, Line[], string[]]>([
  ['one to one', [line('a', 'debit', 5n), line('b', 'credit', 5n)], ['a<b 5']],
  [
    'in the order given',
    [line('a', 'debit', 5n), line('b', 'debit', 3n), line('c', 'credit', 4n), line('d', 'credit', 4n)],
    ['a<c 4', 'a<d 1', 'b<d 3'],
  ],
  [
    'an account on both sides',
    [line('a', 'debit', 5n), line('b', 'debit', 1n), line('a', 'credit', 1n), line('c', 'credit', 5n)],
    ['a<c 5', 'b<a 1'],
  ],
  [
    'an account that is left with itself changes partners',
    [line('b', 'debit', 5n), line('a', 'debit', 2n), line('c', 'credit', 5n), line('a', 'credit', 2n)],
    ['b<c 3', 'b<a 2', 'a<c 2'],
  ],
])('%s', (_what, lines, wanted) => {
  expect(decompose(lines).map((m) => `${m.debit}<${m.credit} ${m.amount}`)).toEqual(wanted)
})

test('an entry of one account alone is refused', () => {
  expect(() => decompose([line('a', 'debit', 1n), line('a', 'credit', 1n)])).toThrow(Refusal)
})

function line(of: string, side: 'debit' | 'credit', minor: bigint): Line {
  return { account: of, asset: 'EUR', side, amount: minor }
}
