import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Digest } from '../src/digest.ts'
import { Engine, words } from '../src/index.ts'
import { Generator, NaiveMarket, profiles, Random } from '../src/testing/index.ts'

test.each(profiles.map((profile) => [profile.name, profile] as const))(
  '%s: the digest is that of the commands and records, whichever way they went',
  (_, profile) => {
    const config = { ...profile.config, digest: true }
    for (let seed = 1; seed <= 4; seed++) {
      const naive = new NaiveMarket(config)
      const generator = new Generator(new Random(seed), profile, naive)
      const engine = new Engine(config)
      const digest = new Digest()
      for (let step = 0; step < 600; step++) {
        const { words: sent } = generator.next()
        const count = naive.apply(sent, 0)
        digest.take(sent, 0, naive.records, count)
        engine.apply(sent, 0)
        expect(engine.digest()).toBe(digest.toString())
      }
    }
  },
)

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const record = fc.array(word, { minLength: words, maxLength: words })

test('a command with another word, or a record with one, has another digest', () => {
  const digestOf = (list: readonly number[]): string => {
    const digest = new Digest()
    const all = Int32Array.from(list)
    digest.take(all, 0, all.subarray(words), all.length / words - 1)
    return digest.toString()
  }
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 5 }).map((records) => records.flat()),
      fc.nat(),
      word,
      (list, which, other) => {
        const place = which % list.length
        fc.pre(list[place] !== other)
        expect(digestOf(list.with(place, other))).not.toBe(digestOf(list))
      },
    ),
  )
})

test('words that do not fill a record count as if zeros followed', () => {
  const digestOf = (list: readonly number[]): string => {
    const digest = new Digest()
    digest.update(Int32Array.from(list), 0, list.length)
    return digest.toString()
  }
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (list) => {
      const zeros = Array.from({ length: (words - (list.length % words)) % words }, () => 0)
      expect(digestOf([...list, ...zeros])).toBe(digestOf(list))
    }),
  )
})
