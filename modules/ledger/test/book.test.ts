import { Refusal } from '@florin/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountKey, Book, type BookAccount, bookableAccount } from '../src/domain/book.ts'

const names = ['open', 'poor', 'limited', 'frozen', 'closed']

function freshBook(): Book {
  const book = new Book()
  names.forEach((address, i) => {
    const account: BookAccount = {
      ...bookableAccount({
        id: BigInt(i + 1),
        address,
        asset: 'EUR',
        exponent: 2,
        type: i % 2 === 0 ? 'liability' : 'asset',
        overdraftLimit: address === 'open' ? undefined : address === 'limited' ? 50n : 0n,
      }),
      frozen: address === 'frozen' ? 'debits' : 'no',
      closed: address === 'closed',
    }
    book.addAccount(account)
  })
  return book
}

function snapshot(book: Book): unknown {
  return {
    accounts: names.map((name) => book.account(accountKey(name, 'EUR'))),
    opened: book.account(accountKey('new', 'EUR')),
    holds: ['0', '1', '2', '3', '4'].map((id) => book.hold(id)),
    changedAccounts: book.changedAccounts(),
    changedHolds: book.changedHolds(),
  }
}

const key = fc.constantFrom(...names).map((name) => accountKey(name, 'EUR'))
const hold = fc.constantFrom('0', '1', '2', '3', '4')
const amount = fc.bigInt({ min: 0n, max: 100n })

function openOnFirstUse(book: Book): void {
  if (book.account(accountKey('new', 'EUR')) !== undefined) return
  const fresh = { id: 9n, address: 'new', asset: 'EUR', exponent: 2, overdraftLimit: 0n }
  book.addAccount(bookableAccount({ ...fresh, type: 'asset' }))
}

/** The things that instructions do to a book, in any order, right or wrong. */
const deed: fc.Arbitrary<(book: Book) => void> = fc.oneof(
  fc.record({ debit: key, credit: key, amount }).map((move) => (book: Book) => {
    book.checkOpen([
      { account: move.debit, side: 'debit' },
      { account: move.credit, side: 'credit' },
    ])
    book.post(move)
  }),
  fc.tuple(fc.record({ debit: key, credit: key, amount }), hold).map(
    ([move, id]) =>
      (book: Book) =>
        // A hold's id is that of its record, so it is new.
        book.hold(id) === undefined ? book.reserve(move, { id, expiresAt: undefined }) : undefined,
  ),
  hold.map((id) => (book: Book) => book.endHold(id, 'released')),
  fc.tuple(hold, amount, key, key, fc.boolean()).map(
    ([id, minor, debit, credit, final]) =>
      (book: Book) =>
        book.settle(id, minor, { debit, credit }, final),
  ),
  fc.constant(openOnFirstUse),
)

test('an instruction takes effect as a whole, or is refused and changes nothing', () => {
  let refused = 0
  let done = 0
  fc.assert(
    fc.property(fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), (orders) => {
      const book = freshBook()
      for (const [i, deeds] of orders.entries()) {
        const before = snapshot(book)
        try {
          book.fold(BigInt(i + 1), { forced: false }, (folded) => {
            for (const each of deeds) each(folded)
          })
          done++
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          refused++
          expect(snapshot(book)).toEqual(before)
        }
        for (const account of book.changedAccounts()) {
          const pending = [account.pendingDebits, account.pendingCredits]
          expect(pending.every((minor) => minor >= 0n)).toBe(true)
        }
        const debits = names.reduce((sum, name) => sum + counters(book, name).postedDebits, 0n)
        const credits = names.reduce((sum, name) => sum + counters(book, name).postedCredits, 0n)
        expect(debits).toBe(credits)
      }
    }),
    { numRuns: 500 },
  )
  expect(refused).toBeGreaterThan(100)
  expect(done).toBeGreaterThan(100)
})

function counters(book: Book, name: string): BookAccount {
  const account = book.account(accountKey(name, 'EUR'))
  if (account === undefined) throw new Error(`The account ${name} vanished`)
  return account
}
