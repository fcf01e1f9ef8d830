/** A number from 0 to below `below`. */
export type Draw = (below: number) => number

/** Small numbers out of a seed: an LCG is random enough for the order of accidents. */
export function drawer(seed: number): Draw {
  let state = BigInt(seed) + 1n
  return (below) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn
    return Number(state >> 33n) % Math.max(1, below)
  }
}
