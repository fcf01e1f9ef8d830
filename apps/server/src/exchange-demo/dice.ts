/** Pseudo-random numbers in [0, 1) from a seed (mulberry32), so that a demo can be shown again. */
export type Dice = () => number

export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from `least` to `most`, each as likely. */
export function between(least: number, most: number, dice: Dice): number {
  return least + Math.floor(dice() * (most - least + 1))
}
