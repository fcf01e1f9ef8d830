import { command, commandType, words } from '@florin/orderbook'
import { describe, expect, it } from 'vitest'
import { contenderNames, contenderOf } from '../exchange/contenders.ts'
import { shapes, streamOf } from '../exchange/shapes.ts'
import { ways } from '../exchange/stream.ts'

const commands = 1_024

describe.each(shapes.map((shape) => [shape.name, shape] as const))('%s', (_, shape) => {
  it('is the same each time, and keeps its book about as large as it says', () => {
    const stream = streamOf(shape, 'matching', commands)
    expect(streamOf(shape, 'matching', commands)).toEqual(stream)
    const resting = commands / 4
    expect(stream.resting).toBeGreaterThan(resting / 2)
    expect(stream.resting).toBeLessThan(resting * 2)
    expect(stream.count - stream.prepared).toBe(commands)
  })

  it.each(contenderNames)('comes to the same with %s', (name) => {
    const stream = streamOf(shape, 'matching', commands)
    const contender = contenderOf(name, stream)()
    contender.run(0, stream.count)
    contender.check(stream.count)
  })
})

it('says 60, 30 and 10 % and is that', () => {
  const [mixed] = shapes
  if (mixed === undefined) throw new Error('There is no mixed stream')
  const stream = streamOf(mixed, 'matching', 40_000)
  let cancels = 0
  for (let at = stream.prepared * words; at < stream.count * words; at += words)
    if (stream.commands[at + command.type] === commandType.cancel) cancels++
  expect(cancels / 40_000).toBeCloseTo(0.3, 1)
  expect(stream.tradedLots.at(-1)).toBeGreaterThan(100_000)
})

it.each(ways)('nothing is refused %s', (way) => {
  for (const shape of shapes) {
    const stream = streamOf(shape, way, commands)
    expect(stream.config.risk).toBe(way === '+ risk' || way === '+ digest')
    expect(stream.digest === '').toBe(way !== '+ digest')
  }
})

it('a contender that trades something else is found', () => {
  const [mixed] = shapes
  if (mixed === undefined) throw new Error('There is no mixed stream')
  const stream = streamOf(mixed, 'matching', commands)
  const tampered = {
    ...stream,
    tradedLots: stream.tradedLots.map((lots) => lots + 1),
    records: stream.records + 1,
  }
  for (const name of ['florin', 'nodejs-order-book', 'limit-order-book'] as const) {
    const contender = contenderOf(name, tampered)()
    contender.run(0, stream.count)
    expect(() => contender.check(stream.count)).toThrow()
  }
})
