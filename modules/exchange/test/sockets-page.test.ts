import { readFileSync } from 'node:fs'
import { levelChecksum } from '@florin/orderbook'
import { expect, test } from 'vitest'
import { readMessage as readOrderEntry } from '../src/gateway/messages.ts'
import { readMessage as readMarketData } from '../src/market-data/messages.ts'

const page = readFileSync(new URL('../SOCKETS.md', import.meta.url), 'utf8')

type Json = Readonly<Record<string, unknown>> & { readonly type: string }
type Level = readonly [price: string, quantity: string, orders: number]

/** The examples of the page: blocks of JSON, and JSON within lines that is not cut short. */
const examples: Json[] = [...page.matchAll(/```json\n([\s\S]*?)```|`(\{"type":"[^`…]*\})`/g)].map(
  ([, block, inline]) => JSON.parse(block ?? inline ?? ''),
)

test('what the page has clients send is understood', () => {
  const sent = { login: 0, watch: 0, subscribe: 0, unsubscribe: 0 }
  for (const example of examples) {
    const { type } = example
    if (!(type in sent)) continue
    sent[type as keyof typeof sent]++
    const read = type.endsWith('subscribe') ? readMarketData(example) : readOrderEntry(example)
    expect(read).toEqual({ read: example })
  }
  expect(sent).toEqual({ login: 1, watch: 1, subscribe: 1, unsubscribe: 1 })
})

test('the page names every message of order entry and its members', () => {
  const known = readOrderEntry({ type: 'nothing', ref: 1 })
  expect('message' in known && known.message.replace('The type is one of ', '').split(', ')).toSatisfy(
    (types: string[]) =>
      types.length === 8 && types.every((type) => page.includes(`\`${type}\``) || page.includes(`"${type}"`)),
  )
})

/** Ticks of a cent and lots of one. */
function checksum(bids: readonly Level[], asks: readonly Level[]): number {
  const counts = (levels: readonly Level[]) =>
    levels.map(
      ([price, quantity, orders]) => [Math.round(Number(price) * 100), Number(quantity), orders] as const,
    )
  return levelChecksum(counts(bids), counts(asks))
}

test('the book of the page adds up', () => {
  const [snapshot] = examples.filter(({ type }) => type === 'snapshot')
  const [update] = examples.filter(({ type }) => type === 'levels')
  const sides = (of: Json | undefined) => ({ bids: of?.bids as Level[], asks: of?.asks as Level[] })
  const before = sides(snapshot)
  expect(checksum(before.bids, before.asks)).toBe(snapshot?.checksum)
  expect(snapshot?.checksum_all).toBe(snapshot?.checksum)
  const after = sides(update)
  const gone = new Set([...after.bids, ...after.asks].map(([price]) => price))
  const kept = (levels: Level[], news: Level[], sign: number) =>
    [...levels.filter(([price]) => !gone.has(price)), ...news.filter(([, , orders]) => orders > 0)].sort(
      (one, other) => sign * (Number(one[0]) - Number(other[0])),
    )
  expect(checksum(kept(before.bids, after.bids, -1), kept(before.asks, after.asks, 1))).toBe(update?.checksum)
})
