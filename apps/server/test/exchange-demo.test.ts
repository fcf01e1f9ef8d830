import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, expect, test } from 'vitest'
import { noColours } from '../src/exchange-demo/paint.ts'
import { columns, draw, type Scene } from '../src/exchange-demo/picture.ts'
import { endAll, ended, florin, start } from './program.ts'

afterAll(endAll)

const env = { FLORIN_LOG_LEVEL: 'warn' }

async function leftBehind(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('florin-demo-'))
}

test('the demo trades, settles, and shows books that hold', { timeout: 200_000 }, async () => {
  const before = await leftBehind()
  const demo = await florin(['exchange', 'demo', '--plain', '--seconds', '2', '--seed', '7'], env)
  expect([demo.code, demo.stderr]).toEqual([0, ''])
  const lines = demo.stdout.split('\n')
  expect(lines[0]).toMatch(/^ACME-EUR +closed +last \d+\.\d\d/)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
  expect(demo.stdout).toMatch(/: [1-9]\d* trades booked, \d+ of them settled today/)
  expect(demo.stdout).toContain('engine = ledger')
  expect(demo.stdout).toContain('verify: everything holds')
  expect(await leftBehind()).toEqual(before)
})

test('Ctrl-C ends it and leaves nothing behind', { timeout: 200_000 }, async () => {
  const before = await leftBehind()
  const child = start(['exchange', 'demo', '--plain', '--seconds', '86400'], env)
  const end = ended(child)
  // It begins with a folder of its own; where in its course it is interrupted does not matter.
  while ((await leftBehind()).length === before.length) await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGINT')
  expect(await end).toMatchObject({ code: 130, stdout: '' })
  expect(await leftBehind()).toEqual(before)
})

test('what can’t be asked for is refused', async () => {
  const demo = await florin(['exchange', 'demo', '--speed', '0'], env)
  expect(demo).toMatchObject({ code: 2, stderr: expect.stringContaining('--speed') })
})

test('a picture has 24 lines of 80 columns at most, however much there is to show', () => {
  const level = { price: '12345.67', quantity: 999_999 }
  const person = {
    name: 'participant',
    position: -1_234_567,
    realisedAverage: '-1234567.89',
    realisedFifo: '-1234567.89',
    unrealised: '-1234567.89',
    cash: '-12345678.90',
  }
  const trade = {
    price: '12345.67',
    quantity: 9_999,
    side: 'sell',
    buyer: 'participant',
    seller: 'participant',
  }
  const scene: Scene = {
    market: 'ACME-EUR',
    phase: 'volatilityAuction',
    last: undefined,
    indicative: { price: '12345.67', volume: 99_999 },
    lots: 99_999_999,
    orders: 99_999,
    bids: Array.from({ length: 9 }, () => level),
    asks: Array.from({ length: 9 }, () => level),
    trades: Array.from({ length: 20 }, () => ({ ...trade, side: 'sell' as const })),
    people: Array.from({ length: 7 }, () => person),
  }
  const picture = draw(scene, noColours)
  expect(picture.length).toBeLessThanOrEqual(24)
  for (const line of picture) expect(line.length).toBeLessThanOrEqual(columns)
})
