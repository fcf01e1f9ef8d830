import type { Call } from '@florin/kernel'
import type { Instruction } from '../domain/instruction.ts'
import { type Order, orderOf } from '../posting/order.ts'

/** The members that every booking command shares. */
export interface Details {
  readonly reference?: string
  readonly description?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly value_time?: string
  readonly force?: boolean
}

/** The order of a call that carries the shared members. */
export function detailedOrder(call: Call<Details>, instruction: Instruction): Order {
  const { reference, description, metadata, value_time, force } = call.input
  return orderOf(call, instruction, {
    reference,
    description,
    metadata,
    valueTime: value_time === undefined ? undefined : Date.parse(value_time),
    force,
  })
}
