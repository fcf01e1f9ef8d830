import { hash } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** A fresh UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits. Sorts by creation time. */
export function uuidv7(clock: Clock, random: Random): string {
  const bytes = Buffer.from(random.bytes(16))
  bytes.writeUIntBE(clock.now(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * The id of a request: a UUIDv8 (RFC 9562 §5.8) made of the first 122 bits of
 * SHA-256(caller, command, idempotency key). The same request always has the same id,
 * so a unique index on the id is the idempotency barrier and no second index is needed.
 */
export function requestId(caller: string, command: string, key: string): string {
  // Lengths in front keep ("a", "bc") and ("ab", "c") apart whatever the strings contain.
  const text = `${caller.length}:${caller}${command.length}:${command}${key}`
  const hex = hash('sha256', text, 'hex')
  // the variant takes the two highest bits of its digit
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
