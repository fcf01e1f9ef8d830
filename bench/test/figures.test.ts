import { describe, expect, it } from 'vitest'
import { OptionsError, readOptions } from '../lib/options.ts'
import { latencyOf, spreadOf } from '../lib/statistics.ts'
import { pairsOf, scenariosOf } from '../posting/scenarios.ts'

describe('figures', () => {
  it('takes the middle of the runs and keeps the extremes', () => {
    expect(spreadOf([5, 1, 9, 3, 7])).toEqual({ median: 5, lowest: 1, highest: 9, runs: 5 })
  })

  it('counts every response time: the slowest is the maximum, half are no slower than p50', () => {
    const latency = latencyOf(Float64Array.from({ length: 1_000 }, (_, i) => 1_000 - i))
    expect(latency).toEqual({ count: 1_000, p50: 500, p90: 900, p99: 990, p999: 999, max: 1_000 })
  })

  it('says nothing of requests that were not answered', () => {
    expect(latencyOf(new Float64Array())).toMatchObject({ count: 0, p50: Number.NaN, max: Number.NaN })
  })
})

describe('scenarios', () => {
  it.each(scenariosOf(true).map((scenario) => [scenario.name, scenario] as const))(
    '%s moves between two different accounts that exist, and the same ones each time',
    (_, scenario) => {
      const { debit, credit } = pairsOf(scenario, 5_000)
      for (let n = 0; n < debit.length; n++) {
        const pair = [debit[n] ?? 0, credit[n] ?? 0]
        expect(Math.min(...pair)).toBeGreaterThanOrEqual(1)
        expect(Math.max(...pair)).toBeLessThanOrEqual(scenario.accounts)
        expect(pair[0]).not.toBe(pair[1])
      }
      expect(pairsOf(scenario, 5_000)).toEqual({ debit, credit })
    },
  )

  it('zipf gives the busiest account its tenth', () => {
    const scenario = scenariosOf(true).find(({ name }) => name === 'zipf')
    if (scenario === undefined) throw new Error('There is no zipf')
    const { debit } = pairsOf(scenario, 50_000)
    const share = debit.filter((account) => account === 1).length / debit.length
    expect(share).toBeGreaterThan(0.09)
    expect(share).toBeLessThan(0.115)
  })
})

describe('options', () => {
  const sections = ['posting', 'http', 'pgledger']

  it('takes several sections', () => {
    expect(readOptions(['--only', 'posting, http', '--short'], sections)).toMatchObject({
      only: ['posting', 'http'],
      short: true,
      large: false,
    })
  })

  it.each([
    [['--only', 'postings'], 'There is no section "postings"'],
    [['--only', 'pgledger'], 'needs --pgledger'],
    [['--shrot'], '--shrot'],
    [['extra'], 'extra'],
  ])('refuses %j', (args, message) => {
    const read = () => readOptions(args, sections)
    expect(read).toThrow(OptionsError)
    expect(read).toThrow(message)
  })
})
