import type { World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Asked, entriesOf, type NaiveLine, naiveStatement } from './naive.ts'
import { expectValidCamt, minor, toldByCamt, toldByCsv, toldByHtml } from './reading.ts'
import { addresses, live, openWorld, pagesOf } from './stage.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(
        'a',
        ' ',
        '<',
        '&',
        '"',
        "'",
        ']]>',
        '\r',
        '\n',
        '\t',
        '\u0001',
        '\u001f',
        '\ufffe',
        '\u0085',
        '=',
        '-',
        '😀',
        'ё',
        '\u202e',
      ),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 60,
  })
  .map((value) => value.replaceAll('\0', '').toWellFormed() || 'x')

const posting = fc.record({
  ends: fc.constantFrom([0, 1], [1, 0], [0, 2], [2, 1]),
  amount: fc.integer({ min: 1, max: 99_999 }),
})
const step = fc.record({
  postings: fc.array(posting, { minLength: 1, maxLength: 3 }),
  /** How long before the booking it happened. */
  agoMs: fc.oneof(fc.constant(0), fc.constantFrom(1, 1_000, 2_500, 5_000, 86_400_000)),
  reference: fc.option(text),
  description: fc.option(text),
  /** What the clock does before. */
  laterMs: fc.constantFrom(0, 0, 1, 1_000, 1_500, 5_000, 86_400_000),
  reverse: fc.boolean(),
})
const asking = fc.record({
  address: fc.constantFrom(...addresses),
  order: fc.constantFrom('booking' as const, 'value' as const),
  from: fc.option(fc.nat(100), { nil: undefined }),
  to: fc.option(fc.nat(100), { nil: undefined }),
  seq: fc.option(fc.nat(100), { nil: undefined }),
  limit: fc.integer({ min: 1, max: 3 }),
})

/** Instants around which something may lie. */
function instants(lines: readonly { readonly bookedAt: number; readonly valueTime: number }[]): number[] {
  return lines.flatMap(({ bookedAt, valueTime }) => [bookedAt, bookedAt + 1, valueTime, valueTime + 1])
}

function pick(values: readonly number[], at: number | undefined): number | undefined {
  return at === undefined || values.length === 0 ? undefined : values[at % values.length]
}

let ledgers = 0

test('statements of generated histories, in pages and in every format, are what paper and pencil come to', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 16, size: 'max' }),
      fc.array(asking, { minLength: 1, maxLength: 4 }),
      async (steps, askings) => {
        const ledger = `paper-${ledgers++}`
        await live(world, ledger, steps)
        const documents: string[] = []
        for (const { address, order, limit, ...at } of askings) {
          const own = await entriesOf(world, ledger, address)
          if (own.length === 0) continue
          const times = instants(own)
          const [a, b] = [pick(times, at.from), pick(times, at.to)]
          const [from, to] = a !== undefined && b !== undefined && a >= b ? [b, a + 1] : [a, b]
          const input = {
            ledger,
            address,
            asset: 'EUR',
            order,
            ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
            ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
            ...(at.seq === undefined ? {} : { seq: String(at.seq % 30) }),
          }
          const pages = await pagesOf(world, input, limit)
          const [first] = pages
          if (first === undefined) throw new Error('A statement without pages')
          const asked: Asked = {
            order,
            from,
            to: first.to === null ? undefined : Date.parse(first.to),
            seq: BigInt(first.seq),
          }
          const naive = naiveStatement(own, asked)
          const sign = address === 'bank:main' ? 1n : -1n
          for (const page of pages) {
            expect([minor(page.opening_balance), minor(page.closing_balance)]).toEqual([
              sign * naive.opening,
              sign * naive.closing,
            ])
            expect(minor(page.debits) - minor(page.credits)).toBe(naive.closing - naive.opening)
          }
          const items = pages.flatMap((page) => page.items)
          expect(items.map(({ seq, line, balance }) => [BigInt(seq), line, minor(balance)])).toEqual(
            naive.lines.map((line) => [line.seq, line.line, sign * line.net]),
          )
          documents.push(await inEveryFormat(input, naive, sign))
        }
        if (documents.length > 0) await expectValidCamt(documents)
      },
    ),
    { numRuns: 15 },
  )
})

/** Compares what the formats tell, and gives the camt document. */
async function inEveryFormat(
  input: object,
  naive: { readonly opening: bigint; readonly closing: bigint; readonly lines: readonly NaiveLine[] },
  sign: bigint,
): Promise<string> {
  const moved = naive.lines.map((line) => (line.side === 'credit' ? line.amount : -line.amount))
  const normal = { opening: sign * naive.opening, closing: sign * naive.closing, moved }
  const ask = (mediaType: string) => world.askFor(mediaType, 'ledger.account.statement', input)
  expect(toldByCsv(await ask('text/csv'))).toEqual(normal)
  expect(toldByHtml(await ask('text/html'))).toEqual(normal)
  const camt = await ask('application/xml')
  expect(toldByCamt(camt)).toEqual({ opening: -naive.opening, closing: -naive.closing, moved })
  return camt
}

test('a page of value order holds what was booked as it happened between what was booked late', async () => {
  const ledger = 'between'
  const base = {
    postings: [{ ends: [0, 1], amount: 100 }],
    reference: null,
    description: null,
    reverse: false,
  }
  // Value times 1, 3, 5, 7 … seconds; every second one is booked half a second late.
  const steps = Array.from({ length: 12 }, (_, i) => ({
    ...base,
    laterMs: 2_000,
    agoMs: i % 2 === 0 ? 0 : 500,
  }))
  await live(world, ledger, steps)
  const naive = naiveStatement(await entriesOf(world, ledger, 'bank:main'), {
    order: 'value',
    from: undefined,
    to: undefined,
    seq: 100n,
  })
  for (const limit of [1, 2, 3, 5]) {
    const pages = await pagesOf(world, { ledger, address: 'bank:main', asset: 'EUR', order: 'value' }, limit)
    expect(pages.flatMap((page) => page.items.map(({ seq }) => BigInt(seq)))).toEqual(
      naive.lines.map(({ seq }) => seq),
    )
  }
})
