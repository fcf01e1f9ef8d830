import { expect, test } from 'vitest'
import { soakExchange } from '../src/soak/exchange/soak.ts'
import { exchangeFaultNames, faultNames, readOptions } from '../src/soak/options.ts'
import { soak } from '../src/soak/soak.ts'

test('a short soak ends, says what it did, and finds nothing', async () => {
  const lines: string[] = []
  const options = readOptions(
    ['--minutes', '0.1', '--seed', '3', '--processes', '1', '--faults', 'cut, kill process'],
    1,
  )
  if (options.of !== 'ledger') throw new Error('not of the ledger')
  expect(await soak(options, (line) => lines.push(line))).toEqual([])
  const text = lines.join('\n')
  expect(text).toMatch(/^seed 3, 0.1 min, 1 processes, faults: cut, kill process\n/)
  expect(text).toMatch(/histories +[1-9].*\nload +[1-9]/)
  expect(lines.at(-1)).toBe('Everything holds.')
})

test('a short soak of the exchange: the owner is killed, and every command has its answer once', async () => {
  const lines: string[] = []
  const flags = ['--commands', '6000', '--sessions', '2', '--seed', '5', '--faults', 'kill owner']
  const options = readOptions(['--exchange', ...flags], 1)
  if (options.of !== 'exchange') throw new Error('not of the exchange')
  expect(await soakExchange(options, (line) => lines.push(line))).toEqual([])
  const text = lines.join('\n')
  expect(text).toMatch(/^seed 5, 6000 commands of 2 traders, faults: kill owner\n/)
  expect(text).toMatch(/commands +6000 answered once each/)
  expect(text).toMatch(/kill owner +[1-9]/)
  expect(lines.at(-1)).toBe('Everything holds.')
})

test('without flags every fault is chosen; what is no flag is told', () => {
  const ledger = { of: 'ledger', minutes: 1, seed: 5, processes: 2, faults: [...faultNames] }
  expect(readOptions([], 5)).toEqual(ledger)
  const exchange = {
    of: 'exchange',
    commands: 1_000_000,
    seed: 5,
    sessions: 8,
    faults: [...exchangeFaultNames],
  }
  expect(readOptions(['--exchange'], 5)).toEqual(exchange)
  for (const wrong of [
    ['--minutes'],
    ['--minutes', 'long'],
    ['--minutes', '-1'],
    ['--what', '1'],
    ['--faults', 'flood'],
    ['--commands', '5'],
    ['--exchange', '--minutes', '1'],
    ['--exchange', '--faults', 'silent'],
  ]) {
    expect(() => readOptions(wrong, 1)).toThrow()
  }
})
