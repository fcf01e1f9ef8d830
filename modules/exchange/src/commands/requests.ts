import { Refusal, type Unit, Uuid } from '@florin/kernel'
import { type Command, encodeCommand } from '@florin/orderbook'
import { Type } from 'typebox'
import { ticksOf, type Units } from '../domain/units.ts'
import { MarketCode } from '../schemas.ts'
import { enqueue } from '../store/inbox.ts'
import type { MarketRecord } from '../store/markets.ts'

/** What every command answers that leaves the rest to a market's engine. */
export const requestFields = {
  market: MarketCode,
  request: {
    ...Uuid,
    description:
      'Under which the market’s engine was asked: what became of it is known once the engine is done',
  },
  commands: Type.Integer({ minimum: 0, description: 'Commands that were sent to the engine' }),
}

/** A command without its time, which is the sequencer's to give. */
export type Untimed = Command extends infer Each ? (Each extends Command ? Omit<Each, 'time'> : never) : never

/** Sends commands to a market's engine as part of the unit, and says so in the way of `requestFields`. */
export async function ask(unit: Unit, market: MarketRecord, commands: readonly Untimed[]) {
  await send(unit, market, commands)
  return { market: market.code, request: unit.callId, commands: commands.length }
}

/**
 * Sends commands to a market's engine as part of the unit; gives their numbers in the inbox.
 *
 * @param told what is on record about where they come from, beside who calls and why
 */
export async function send(
  unit: Unit,
  market: MarketRecord,
  commands: readonly Untimed[],
  told: Readonly<Record<string, unknown>> = {},
): Promise<bigint[]> {
  const { reason } = unit.context
  const origin = { actor: unit.context.actor.id, ...(reason === undefined ? {} : { reason }), ...told }
  return enqueue(
    unit,
    market,
    commands.map((command) => {
      const account = 'account' in command ? command.account : undefined
      return { words: wordsOf(command), origin, ...(account === undefined ? {} : { account }) }
    }),
  )
}

function wordsOf(command: Untimed): Int32Array {
  return encodeCommand({ ...command, time: 0 })
}

/** @throws Refusal `market_value_invalid` */
export function ticksOrRefuse(units: Units, price: string): number {
  const ticks = ticksOf(units, price)
  if (ticks === undefined || Math.abs(ticks) > 0x7fff_ffff)
    throw new Refusal(
      'market_value_invalid',
      `The price ${price} is not a whole number of ticks of ${units.tick}`,
      {
        price,
        tick: units.tick,
      },
    )
  return ticks
}

/** @throws Refusal `reason_required` */
export function demandReason(unit: Unit, why: string): void {
  if (unit.context.reason === undefined) throw new Refusal('reason_required', why)
}
