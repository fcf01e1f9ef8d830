import { Refusal } from '@florin/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Book, type BookAccount, bookableAccount } from '../src/domain/book.ts'

const names = ['open', 'rich', 'generous', 'poor', 'limited', 'frozen', 'closed']

const limits: Readonly<Record<string, bigint>> = { poor: 0n, limited: 50n, frozen: 0n, closed: 0n }

function freshAccounts(): BookAccount[] {
  return names.map((address, i) => ({
    ...bookableAccount({
      id: BigInt(i + 1),
      address,
      asset: 'EUR',
      exponent: 2,
      type: i % 2 === 0 ? 'liability' : 'asset',
      overdraftLimit: limits[address],
    }),
    frozen: address === 'frozen' ? 'debits' : 'no',
    closed: address === 'closed',
  }))
}

/** A book and the accounts that it is about, by their place in `names`. */
interface Desk {
  readonly book: Book
  readonly accounts: readonly BookAccount[]
}

function snapshot({ book, accounts }: Desk): unknown {
  return structuredClone({
    accounts,
    holds: ['0', '1', '2', '3', '4'].map((id) => book.hold(id)),
    changedAccounts: book.changedAccounts(),
    changedHolds: book.changedHolds(),
  })
}

const place = fc.nat(names.length - 1)
const hold = fc.constantFrom('0', '1', '2', '3', '4')
const amount = fc.bigInt({ min: 0n, max: 100n })

function at({ accounts }: Desk, index: number): BookAccount {
  const account = accounts[index]
  if (account === undefined) throw new Error(`There is no account ${index}`)
  return account
}

interface Wanted {
  readonly debit: number
  readonly credit: number
  readonly amount: bigint
}

function moveOf(desk: Desk, wanted: Wanted) {
  return { debit: at(desk, wanted.debit), credit: at(desk, wanted.credit), amount: wanted.amount }
}

/** The things that instructions do to a book, in any order, right or wrong. */
const deed: fc.Arbitrary<(desk: Desk) => void> = fc.oneof(
  fc.record({ debit: place, credit: place, amount }).map((wanted) => (desk: Desk) => {
    const move = moveOf(desk, wanted)
    desk.book.checkOpen([
      { account: move.debit, side: 'debit' },
      { account: move.credit, side: 'credit' },
    ])
    desk.book.post(move)
  }),
  fc.tuple(fc.record({ debit: place, credit: place, amount }), hold).map(
    ([wanted, id]) =>
      (desk: Desk) =>
        // A hold's id is that of its record, so it is new.
        desk.book.hold(id) === undefined
          ? desk.book.reserve(moveOf(desk, wanted), { id, expiresAt: undefined })
          : undefined,
  ),
  hold.map((id) => (desk: Desk) => desk.book.endHold(id, 'released')),
  fc.tuple(hold, amount, place, place, fc.boolean()).map(
    ([id, minor, debit, credit, final]) =>
      (desk: Desk) =>
        desk.book.settle(id, minor, { debit: at(desk, debit), credit: at(desk, credit) }, final),
  ),
)

test('an instruction takes effect as a whole, or is refused and changes nothing', () => {
  let refused = 0
  let done = 0
  fc.assert(
    fc.property(fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), (orders) => {
      const desk = { book: new Book(), accounts: freshAccounts() }
      const { book, accounts } = desk
      for (const [i, deeds] of orders.entries()) {
        const before = snapshot(desk)
        try {
          book.fold(BigInt(i + 1), { forced: false }, () => {
            for (const each of deeds) each(desk)
          })
          done++
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          refused++
          expect(snapshot(desk)).toEqual(before)
        }
        for (const account of book.changedAccounts()) {
          const pending = [account.pendingDebits, account.pendingCredits]
          expect(pending.every((minor) => minor >= 0n)).toBe(true)
        }
        const debits = accounts.reduce((sum, { postedDebits }) => sum + postedDebits, 0n)
        const credits = accounts.reduce((sum, { postedCredits }) => sum + postedCredits, 0n)
        expect(debits).toBe(credits)
      }
    }),
    { numRuns: 500 },
  )
  expect(refused).toBeGreaterThan(100)
  expect(done).toBeGreaterThan(100)
})
