import { createHash } from 'node:crypto'
import type { Random } from '../random.ts'

/** The same bytes for the same seed: SHA-256 over seed and counter. */
export function seededRandom(seed: string | number): Random {
  let counter = 0
  let pool = Buffer.alloc(0)
  return {
    bytes(size) {
      while (pool.length < size) {
        const block = createHash('sha256').update(`${seed}:${counter++}`).digest()
        pool = Buffer.concat([pool, block])
      }
      const taken = pool.subarray(0, size)
      pool = pool.subarray(size)
      return Uint8Array.from(taken)
    },
  }
}
