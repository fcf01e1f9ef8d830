import { answer, words } from '@florin/orderbook'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Block, eachCommand, eachResult, OutOfDate, ResultsDivider } from '../src/sequencer/blocks.ts'
import { RecentBlocks } from '../src/sequencer/recent-blocks.ts'

/** A block as the sequencer makes it: command `n` says its number in every word, its records too, behind an answer. */
function blockOf(memory: RecentBlocks, firstSeq: number, recordCounts: readonly number[]): Block {
  const count = recordCounts.length
  const commands = memory.take(count * words)
  const records = memory.take(recordCounts.reduce((sum, some) => sum + some, 0) * words)
  let at = 0
  for (const [i, some] of recordCounts.entries()) {
    const seq = firstSeq + i
    commands.fill(seq, i * words, (i + 1) * words)
    records.fill(seq, at, at + some * words)
    records[at + answer.count] = some
    at += some * words
  }
  return { firstSeq, lastSeq: firstSeq + count - 1, commands, records }
}

interface Shown {
  readonly seq: number
  readonly count: number
}

function shownSince(
  memory: RecentBlocks,
  after: number,
  until = Number.POSITIVE_INFINITY,
): Shown[] | undefined {
  const shown: Shown[] = []
  const reached = memory.since(
    after,
    (seq, commands, offset, records, count) => {
      expect([commands[offset], commands[offset + words - 1]]).toEqual([seq, seq])
      expect([records[answer.sequenceLow], records[count * words - 1]]).toEqual([seq, seq])
      shown.push({ seq, count })
    },
    until,
  )
  return reached ? shown : undefined
}

const someBlocks = fc.array(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 30,
})

test('what is shown again is what was published, as far back as it is kept, however the memory was used since', () => {
  fc.assert(
    fc.property(someBlocks, fc.integer({ min: 1_000, max: 2_000_000 }), (recordCounts, mostWords) => {
      const memory = new RecentBlocks(mostWords)
      const published: Shown[] = []
      let lastBlock = 0
      let newestWords = 0
      for (const counts of recordCounts) {
        const block = blockOf(memory, published.length + 1, counts)
        lastBlock = counts.length
        newestWords = block.commands.length + block.records.length
        for (const count of counts) published.push({ seq: published.length + 1, count })
        memory.add(block)
        // the newest block always, and nothing that is not there
        const all = shownSince(memory, published.length - lastBlock)
        expect(all).toEqual(published.slice(-lastBlock))
      }
      for (let after = 0; after < published.length; after++) {
        const shown = shownSince(memory, after)
        if (shown !== undefined) expect(shown).toEqual(published.slice(after))
        // in pieces it is the same
        const piece = shownSince(memory, after, after + 3)
        expect(piece).toEqual(shown?.slice(0, 3))
        const wordsSince = published.slice(after).reduce((sum, { count }) => sum + (count + 1) * words, 0)
        if (
          wordsSince > 2 * mostWords &&
          wordsSince > 2 * newestWords &&
          after < published.length - lastBlock
        )
          expect(shown).toBeUndefined()
      }
    }),
    { numRuns: 20 },
  )
})

test('a market that is calm is shown again from far back', () => {
  const memory = new RecentBlocks(1 << 20)
  for (let seq = 1; seq <= 1_000; seq++) memory.add(blockOf(memory, seq, [2]))
  expect(shownSince(memory, 500)).toHaveLength(500)
  expect(shownSince(memory, 1_000)).toEqual([])
})

test('whoever keeps results for too long is told so, and never shown those of others', () => {
  const memory = new RecentBlocks(1 << 20)
  const block = blockOf(memory, 1, [1, 3, 1])
  memory.add(block)
  const kept = new ResultsDivider(block, 1).next(3)
  const counts: number[] = []
  eachResult(kept, (_records, _at, count) => counts.push(count))
  expect(counts).toEqual([1, 3, 1])
  for (let seq = 4; seq < 4_000; seq += 2) memory.add(blockOf(memory, seq, [200, 200]))
  expect(() => eachResult(kept, () => undefined)).toThrow(OutOfDate)
  expect(() => eachCommand(block, () => undefined)).toThrow(OutOfDate)
})

test('the results of a block are divided among those who submitted its commands', () => {
  const memory = new RecentBlocks(1 << 20)
  const block = blockOf(memory, 11, [1, 2, 3, 1, 1])
  // the first two came through the inbox
  const divider = new ResultsDivider(block, 13)
  const [first, second] = [divider.next(1), divider.next(2)]
  expect([first.firstSeq, first.count, first.records.length]).toEqual([13, 1, 3 * words])
  expect([second.firstSeq, second.count, second.records.length]).toEqual([14, 2, 2 * words])
  expect(second.records[0]).toBe(14)
})
