import { randomFillSync } from 'node:crypto'

/** The randomness of a run, injected like the clock. */
export interface Random {
  /** `size` fresh unpredictable bytes. */
  bytes(size: number): Uint8Array
}

/** Asking the operating system costs the same for 16 bytes as for thousands, so they are drawn in advance. */
const reserve = new Uint8Array(8_192)
let used = reserve.length

/** The operating system's cryptographic generator. */
export const systemRandom: Random = {
  bytes(size) {
    if (size > reserve.length) return randomFillSync(new Uint8Array(size))
    if (used + size > reserve.length) {
      randomFillSync(reserve)
      used = 0
    }
    const drawn = reserve.slice(used, used + size)
    // What was handed out is a secret of whoever got it.
    reserve.fill(0, used, used + size)
    used += size
    return drawn
  },
}
