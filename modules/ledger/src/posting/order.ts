import { type Call, type Context, payloadHash, Refusal, requestId, systemActor } from '@florin/kernel'
import type { Instruction } from '../domain/instruction.ts'
import type { LedgerHead } from '../store/head.ts'

/** One request to the journal: an instruction with what is recorded beside it. */
export interface Order {
  /** The record's id, from caller, command and key. */
  readonly id: string
  readonly context: Context
  readonly idempotencyKey: string
  readonly payloadHash: Buffer
  readonly instruction: Instruction
  /** The input as it came in; recorded if it is refused. */
  readonly request: unknown
  readonly reference?: string | undefined
  readonly description?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Epoch milliseconds; the booking time if absent. */
  readonly valueTime?: number | undefined
  readonly force?: boolean | undefined
}

/** The order that a command call makes. */
export function orderOf(call: Call<unknown>, instruction: Instruction, rest: Partial<Order> = {}): Order {
  return {
    id: call.id,
    context: call.context,
    idempotencyKey: call.context.idempotencyKey ?? '',
    payloadHash: call.payloadHash,
    instruction,
    request: call.input,
    reference: rest.reference,
    description: rest.description,
    metadata: rest.metadata,
    valueTime: rest.valueTime,
    force: rest.force,
  }
}

/**
 * The id of a transaction that is part of a larger call, from the caller and a key that names call and part. Its scope
 * is no command's, so no caller can use up the id with a key of its own.
 */
export function partId(caller: string, key: string): string {
  return requestId(caller, 'part of a call', key)
}

/** The id of a record that is named once and for all, whoever calls: what happened outside the ledger happened once. */
export function identityId(identity: string): string {
  return requestId('', 'identity', identity)
}

/** The command that ends holds whose time has come. */
const expiryCommand = 'ledger.hold.expire'

const expiryActor = systemActor('worker')

export function expiryOrder(unitContext: Context, { name: ledger, seq }: LedgerHead, hold: string): Order {
  const key = `${hold}/${seq + 1n}`
  const context = { ...unitContext, actor: expiryActor, reason: undefined, sourceIp: undefined }
  const request = { ledger, hold }
  return {
    // Its own id: the role's own call may have been refused before the time had come, and that stands.
    id: requestId(expiryActor.id, expiryCommand, key),
    context,
    idempotencyKey: key,
    payloadHash: payloadHash(request),
    instruction: { kind: 'expiry', hold },
    request,
  }
}

/** The record that an instruction is about. */
export function subjectOf(instruction: Instruction): string | undefined {
  if ('forward' in instruction) return instruction.forward
  if ('transaction' in instruction) return instruction.transaction
  return 'hold' in instruction ? instruction.hold : undefined
}

/** Only a forward may lie ahead of its booking time, and it must. Times in epoch milliseconds. */
export function checkValueTime({ instruction, valueTime }: Order, bookedAt: number): void {
  if (instruction.kind !== 'forward') {
    if (valueTime !== undefined && valueTime > bookedAt)
      throw mistimed('value_time_in_future', 'The value time lies ahead of the booking time', bookedAt)
  } else if (instruction.due <= bookedAt) {
    throw mistimed('value_time_not_ahead', 'The value time does not lie ahead of the booking time', bookedAt)
  }
}

function mistimed(code: string, message: string, bookedAt: number): Refusal {
  return new Refusal(code, message, { booking_time: new Date(bookedAt).toISOString() })
}

export function checkExpiry(instruction: Instruction, bookedAt: number): void {
  if (instruction.kind !== 'hold' || instruction.expiresAt === undefined || instruction.expiresAt > bookedAt)
    return
  throw new Refusal('expiry_in_past', 'The hold would have expired already', {
    booking_time: new Date(bookedAt).toISOString(),
  })
}
