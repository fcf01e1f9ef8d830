import type { Tally } from '../posting/poster.ts'

/** What a posting process is asked to do: first to open a ledger, then to post to it. */
export type PosterJob =
  | {
      readonly open: {
        readonly url: string
        /** The caller that it posts as. */
        readonly name: string
        readonly ledger: string
        readonly scenario: string
        readonly size: number
        readonly seed: number
      }
    }
  | { readonly post: { readonly batches: number; readonly size: number } }

/** Of all that was posted since it was opened. */
export interface PosterResult {
  readonly tally: Tally
  /** Minor units. */
  readonly moved: bigint
}
