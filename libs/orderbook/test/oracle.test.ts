import { describe, expect, it } from 'vitest'
import { compare, NaiveMarket, profiles, viewOfNaive } from '../src/testing/index.ts'

describe.each(profiles.filter(({ config }) => !config.risk))('the oracle in $name', (profile) => {
  it('keeps the invariants', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const difference = compare(profile, seed, 2000, (config) => {
        const market = new NaiveMarket(config)
        return { market, view: viewOfNaive(market) }
      })
      expect(difference, difference).toBeUndefined()
    }
  })
})
