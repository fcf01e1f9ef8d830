import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coverage, lsnOf, segmentName, segmentNames, segmentOf, segmentsBefore } from '../src/backup/wal.ts'

const segment = fc.record({
  timeline: fc.integer({ min: 1, max: 3 }),
  number: fc.integer({ min: 0, max: 1_000 }),
})

test('names and segments are the same thing', () => {
  fc.assert(
    fc.property(segment, (one) => {
      expect(segmentOf(segmentName(one))).toEqual(one)
    }),
  )
  expect(segmentName({ timeline: 1, number: 256 })).toBe('000000010000000100000000')
  expect(segmentNames('0000000100000000000000FE', '000000010000000100000000')).toHaveLength(3)
  for (const name of ['00000002.history', '000000010000000100000000.partial', '', 'x']) {
    expect(segmentOf(name)).toBeUndefined()
  }
})

test('an archive reaches as far as one can walk from segment to segment', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 30 })),
      fc.integer({ min: 0, max: 30 }),
      (numbers, start) => {
        const names = numbers.map((number) => segmentName({ timeline: 1, number }))
        const found = coverage(names, segmentName({ timeline: 1, number: start }))
        let walked = start
        while (numbers.includes(walked)) walked++
        const reaches = walked === start ? undefined : segmentName({ timeline: 1, number: walked - 1 })
        expect(found.reaches).toBe(reaches)
        const later = numbers.filter((number) => number > walked)
        expect(found.missing.length > 0).toBe(later.length > 0)
      },
    ),
  )
})

test('a newer timeline goes on where it branches off; an older one does not count', () => {
  const name = (timeline: number, number: number) => segmentName({ timeline, number })
  expect(coverage([name(1, 1), name(1, 2), name(2, 2), name(2, 3)], name(1, 1))).toEqual({
    reaches: name(2, 3),
    missing: [],
  })
  expect(coverage([name(1, 5), name(2, 4)], name(2, 4)).reaches).toBe(name(2, 4))
  expect(segmentsBefore([name(1, 1), name(2, 3), '00000002.history'], name(1, 2))).toEqual([name(1, 1)])
})

test('places in the log', () => {
  expect(lsnOf('16/B374D848')).toBe(0x16b374d848n)
  for (const text of ['', '16', '16/', 'G/1', "0/1'"]) expect(lsnOf(text)).toBeUndefined()
})
