import { defineList, integerKey } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { PhaseSchema } from '../commands/steer-market.ts'
import type { Halt } from '../domain/halts.ts'
import { isoOfMicros } from '../domain/micros.ts'
import { priceOf } from '../domain/units.ts'
import { MarketCode, strict } from '../schemas.ts'
import { listHalts as readHalts } from '../store/halts.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { MicroTime, Sequence } from '../wire/schemas.ts'
import { example, nullable, openOnly, Seq, timeOf } from './supervision.ts'

export const HaltView = strict(
  {
    market: MarketCode,
    halt: Type.Integer({ minimum: 1 }),
    kind: Type.Enum(['circuit_breaker', 'dynamic_band']),
    seq: Seq,
    at: MicroTime,
    policy_version: Type.Integer({ minimum: 1 }),
    step: nullable(Type.Integer({ minimum: 1, description: 'Of the circuit breaker' })),
    price: nullable(Type.String({ description: 'Of the trade that reached the step' })),
    reference: nullable(Type.String()),
    until: nullable({ ...MicroTime, description: 'null: for the rest of the day, or an auction only' }),
    state: Type.Enum(['due', 'asked', 'halted', 'resuming', 'auction', 'reopening', 'ended'], {
      description:
        'asked, resuming, reopening: the market was told to halt, to begin the auction, to trade; due: not yet',
    }),
    halted_seq: nullable(Sequence),
    reopens_at: nullable({ ...MicroTime, description: 'When the auction ends' }),
    withheld: nullable({ ...PhaseSchema, description: 'What the schedule wanted meanwhile' }),
    ended_seq: nullable(Sequence),
    ended_at: nullable(MicroTime),
    outcome: nullable(
      Type.Enum(['reopened', 'closed', 'overtaken', 'superseded', 'missed'], {
        description:
          'overtaken: another phase was set by hand; superseded: by a further step; missed: it was over before anybody looked',
      }),
    ),
  },
  { title: 'Halt' },
)

export const listHalts = defineList({
  name: 'exchange.halt.list',
  summary: 'List the halts of a market by its circuit breaker, and its volatility auctions',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/halts' },
  input: strict({ market: MarketCode, open: openOnly }),
  item: HaltView,
  permission: 'exchange.halt.list',
  refusals: ['market_not_found'],
  example,
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const halts = await readHalts(view.db, market.id, input.open, integerKey(page, 0) ?? '0', page.fetch)
    return { rows: halts.map((halt) => ({ item: haltView(market, halt), key: [String(halt.number)] })) }
  },
})

export function haltView(market: MarketRecord, halt: Halt): Static<typeof HaltView> {
  const price = (ticks: number | null): string | null => (ticks === null ? null : priceOf(market, ticks))
  return {
    market: market.code,
    halt: halt.number,
    kind: halt.kind,
    seq: halt.seq,
    at: isoOfMicros(halt.atUs),
    policy_version: halt.policy,
    step: halt.step,
    price: price(halt.price),
    reference: price(halt.reference),
    until: timeOf(halt.untilUs),
    state: halt.state,
    halted_seq: halt.haltedSeq,
    reopens_at: timeOf(halt.reopensUs),
    withheld: halt.withheld,
    ended_seq: halt.endedSeq,
    ended_at: timeOf(halt.endedUs),
    outcome: halt.outcome,
  }
}
