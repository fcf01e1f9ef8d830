import { expect, test } from 'vitest'
import { faultNames, readOptions } from '../src/soak/options.ts'
import { soak } from '../src/soak/soak.ts'

test('a short soak ends, says what it did, and finds nothing', async () => {
  const lines: string[] = []
  const options = readOptions(
    ['--minutes', '0.1', '--seed', '3', '--processes', '1', '--faults', 'cut, kill process'],
    1,
  )
  expect(await soak(options, (line) => lines.push(line))).toEqual([])
  const text = lines.join('\n')
  expect(text).toMatch(/^seed 3, 0.1 min, 1 processes, faults: cut, kill process\n/)
  expect(text).toMatch(/histories +[1-9].*\nload +[1-9]/)
  expect(lines.at(-1)).toBe('Everything holds.')
})

test('without flags every fault is chosen; what is no flag is told', () => {
  expect(readOptions([], 5)).toEqual({ minutes: 1, seed: 5, processes: 2, faults: [...faultNames] })
  for (const wrong of [
    ['--minutes'],
    ['--minutes', 'long'],
    ['--minutes', '-1'],
    ['--what', '1'],
    ['--faults', 'flood'],
  ]) {
    expect(() => readOptions(wrong, 1)).toThrow()
  }
})
