import { setImmediate as nextRound } from 'node:timers/promises'
import { RequestError } from '@florin/kernel'
import { describe, expect, test } from 'vitest'
import { Gate } from '../src/pipeline/gate.ts'
import { Lanes } from '../src/pipeline/lanes.ts'

interface Item {
  readonly id: string
  readonly n: number
}

const wide = { queued: 1_000, batch: 100 }

function answerAll(calls: readonly Item[]): ReadonlyMap<string, number> {
  return new Map(calls.map((call) => [call.id, call.n]))
}

describe('lanes', () => {
  test('calls that come in together travel together, in order', async () => {
    const batches: number[][] = []
    const lanes = new Lanes<Item, number>(wide, async (_lane, calls) => {
      batches.push(calls.map((call) => call.n))
      return answerAll(calls)
    })
    const answers = Promise.all([1, 2, 3].map((n) => lanes.submit('a', { id: `${n}`, n })))
    expect(lanes.queued).toBe(3)
    expect(await answers).toEqual([1, 2, 3])
    expect(batches).toEqual([[1, 2, 3]])
    await nextRound()
    expect(lanes.queued).toBe(0)
  })

  test('one batch of a lane at a time; lanes do not wait for one another', async () => {
    const running = new Map<string, number>()
    let most = 0
    let bothAtOnce = false
    const lanes = new Lanes<Item, number>({ queued: 1_000, batch: 2 }, async (lane, calls) => {
      running.set(lane, (running.get(lane) ?? 0) + 1)
      most = Math.max(most, running.get(lane) ?? 0)
      bothAtOnce ||= (running.get('a') ?? 0) > 0 && (running.get('b') ?? 0) > 0
      await nextRound()
      running.set(lane, (running.get(lane) ?? 0) - 1)
      return answerAll(calls)
    })
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    const sent = numbers.flatMap((n) =>
      ['a', 'b'].map((lane) => lanes.submit(lane, { id: `${lane}${n}`, n })),
    )
    expect(await Promise.all(sent)).toEqual(numbers.flatMap((n) => [n, n]))
    expect([most, bothAtOnce]).toEqual([1, true])
  })

  test('no batch is larger than the limit, nor holds one call twice', async () => {
    const batches: string[][] = []
    const lanes = new Lanes<Item, number>({ queued: 1_000, batch: 3 }, async (_lane, calls) => {
      batches.push(calls.map((call) => call.id))
      return answerAll(calls)
    })
    const ids = ['x', 'x', 'y', 'z', 'w', 'x', 'v']
    await Promise.all(ids.map((id, n) => lanes.submit('a', { id, n })))
    expect(batches).toEqual([['x', 'y', 'z'], ['x', 'w', 'v'], ['x']])
  })

  test('one call too many is turned away, and there is room again afterwards', async () => {
    const lanes = new Lanes<Item, number>({ queued: 2, batch: 10 }, async (_lane, calls) => answerAll(calls))
    const sent = [1, 2, 3].map((n) => lanes.submit(`${n}`, { id: `${n}`, n }))
    const [first, second, third] = await Promise.allSettled(sent)
    expect([first, second]).toMatchObject([{ value: 1 }, { value: 2 }])
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'overloaded', retryAfterS: 1 } })
    await nextRound()
    expect(await lanes.submit('a', { id: '4', n: 4 })).toBe(4)
  })

  test('every call is answered: by its own error, by that of its batch, or for being forgotten', async () => {
    const lanes = new Lanes<Item, number>({ queued: 10, batch: 2 }, async (_lane, calls) => {
      if (calls.some((call) => call.n === 3)) throw new Error('whole batch')
      return new Map<string, number | Error>([['1', new Error('mine alone')]])
    })
    const sent = [1, 2, 3, 4].map((n) => lanes.submit('a', { id: `${n}`, n }))
    expect((await Promise.allSettled(sent)).map((s) => 'reason' in s && String(s.reason.message))).toEqual([
      'mine alone',
      'The batch gave no answer to one of its calls',
      'whole batch',
      'whole batch',
    ])
    await nextRound()
    expect(lanes.queued).toBe(0)
  })
})

describe('gate', () => {
  test('lets so many through at once, so many wait in order, and turns the rest away', async () => {
    const gate = new Gate({ running: 2, waiting: 2 })
    const order: number[] = []
    let running = 0
    let most = 0
    const work = async (n: number): Promise<void> => {
      most = Math.max(most, ++running)
      order.push(n)
      await nextRound()
      running--
    }
    const done = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => gate.through(() => work(n))))
    expect(done.map((each) => each.status)).toEqual([...Array(4).fill('fulfilled'), 'rejected'])
    expect(done[4]).toMatchObject({ reason: expect.any(RequestError) })
    expect([order, most, gate.waiting]).toEqual([[1, 2, 3, 4], 2, 0])
  })

  test('a failure gives its place back', async () => {
    const gate = new Gate({ running: 1, waiting: 0 })
    const fail = (): Promise<never> => Promise.reject(new Error('no'))
    for (let i = 0; i < 3; i++) await expect(gate.through(fail)).rejects.toThrow('no')
    expect(await gate.through(async () => 'yes')).toBe('yes')
  })
})
